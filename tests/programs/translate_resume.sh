#!/usr/bin/env bash
# tests/programs/translate_resume.sh TRANSLATE
#
# A training that is stopped, killed, signalled and damaged, beside the same one left alone: both end with the same bytes.
program=$1
. "$(dirname "$0")/common.sh"

toy_corpus 80
small=(--dim 16 --hidden 24 --batch 6 --warmup 10 --patience 50)  # 40 steps an epoch
begin=("${data[@]}" "${small[@]}" --epochs 4)
course=(--threads 1 --checkpoint-every 9)

latest() { ls "$1"/checkpoints/*.safetensors | tail -1; }

# same FOLDER: it holds what the uninterrupted run holds.
same() {
  cmp -s whole/model.safetensors "$1/model.safetensors" || fail "$1: other final weights"
  cmp -s whole/log.jsonl "$1/log.jsonl" || fail "$1: another log.jsonl"
  cmp -s "$(latest whole)" "$(latest "$1")" || fail "$1: another last checkpoint"
}

# go_on FOLDER: goes on to the end, undisturbed.
go_on() { "$program" train --out "$1" --resume "${course[@]}" 2> log || fail "$1 does not go on: $(cat log)"; }

# start FOLDER LINES [EPOCHS]: a training in the background, and a wait until its log has that many lines.
start() {
  local folder=$1 lines=$2
  "$program" train "${data[@]}" "${small[@]}" --epochs "${3:-4}" --out "$folder" --resume "${course[@]}" 2> err &
  pid=$!
  until [ "$(wc -l 2> /dev/null < "$folder/log.jsonl")" -ge "$lines" ] 2> /dev/null || ! kill -0 $pid 2> /dev/null; do sleep 0.005; done
}

"$program" train "${begin[@]}" --out whole "${course[@]}" 2> log || fail "training: $(cat log)"
[ "$(grep -c '"step"' whole/log.jsonl)" = 160 ] || fail "log.jsonl does not have every step"
[ -z "$(grep -o '"step":[0-9]*' whole/log.jsonl | sort | uniq -d)" ] || fail "log.jsonl has a step twice"
[ "$(ls whole/checkpoints | wc -l)" -le 4 ] || fail "more checkpoints than three and the best: $(ls whole/checkpoints)"

# Stopped in the middle of an epoch, at its end, and again.
for steps in 17 40 73; do
  "$program" train "${begin[@]}" --out stopped --resume "${course[@]}" --max-steps $steps 2> log || fail "--max-steps: $(cat log)"
  [ "$(grep -c '"step"' stopped/log.jsonl)" = $steps ] || fail "--max-steps $steps"
done
go_on stopped
same stopped
go_on stopped  # there is nothing left to do
same stopped

# The same with everything that has a state of its own: subwords that are drawn, a mean of the weights, a schedule with an end.
state=("${begin[@]}" --source-tokens bpe --target-tokens bpe --joint-vocabulary --max-vocabulary 60 --subword-sampling 0.2
  --schedule linear --ema 0.98 --beta2 0.98)
"$program" train "${state[@]}" --out whole_state "${course[@]}" 2> log || fail "training: $(cat log)"
"$program" train "${state[@]}" --out stopped_state "${course[@]}" --max-steps 57 2> log || fail "--max-steps: $(cat log)"
"$program" train --out stopped_state --resume --epochs 5 2> err && fail "--epochs may change under --schedule linear"
grep -q -- "--epochs is 5 now, and 4" err || fail "--epochs under --schedule linear: $(cat err)"
go_on stopped_state
cmp -s whole_state/model.safetensors stopped_state/model.safetensors || fail "subwords and means: other final weights"
cmp -s "$(latest whole_state)" "$(latest stopped_state)" || fail "subwords and means: another last checkpoint"
cmp -s whole_state/log.jsonl stopped_state/log.jsonl || fail "subwords and means: another log.jsonl"
"$program" replay whole_state --step 100 --threads 1 2> err | grep -q "^loss.*the same bit for bit" || fail "replay: $(cat err)"
[ "$(printf 'die katze sieht den hund\n\nganz neu 漢\n' | "$program" run whole_state | wc -l)" = 3 ] || fail "run on subwords"

# Killed. The lock goes with the process; so do the temporaries of its files.
for lines in 1 12 41 90 130; do
  start killed $lines
  kill -9 $pid
  wait $pid 2> /dev/null
  touch killed/checkpoints/step-1.safetensors.tmp123
done
go_on killed
same killed
[ -z "$(find killed -name '*.tmp*')" ] || fail "temporaries are left: $(find killed -name '*.tmp*')"

# Asked to end.
for way in "TERM 143 30" "INT 130 75"; do
  read -r signal status lines <<< "$way"
  start asked "$lines"
  kill -s "$signal" $pid
  wait $pid
  code=$?
  [ $code = "$status" ] || fail "status $code after SIG$signal: $(cat err)"
  grep -q -- "--resume" err || fail "after SIG$signal nothing is said of going on: $(cat err)"
done
go_on asked
same asked

# Two in one folder.
start busy 5 100
for way in "" --resume; do
  "$program" train "${begin[@]}" --out busy $way 2> log && fail "a second training in one folder ran $way"
  grep -q "in use" log || fail "a second training $way: $(cat log)"
done
kill -TERM $pid
wait $pid
pid=

# A step again: from a checkpoint, from the seed, after the end of an epoch.
for step in 1 41 160; do
  "$program" replay whole --step $step --threads 1 > out 2> err || fail "replay of step $step: $(cat out err)"
  grep -q "^step $step, epoch $(((step + 39) / 40)), made again" out || fail "replay names another epoch: $(cat out)"
  grep -q "^loss.*the same bit for bit" out || fail "replay of step $step: $(cat out)"
  grep -q "^gradient norm.*the same bit for bit" out || fail "replay of step $step: $(cat out)"
done
[ "$(grep -c '^  ' out)" -ge 10 ] || fail "replay shows no norms of parameters: $(cat out)"

expect_error "not empty" train "${begin[@]}" --out whole
expect_error "--seed is 9 now, and 1" train --out whole --resume --seed 9
expect_error '--model is "lstm" now, and "gru"' train --out whole --resume --model lstm
expect_error "'--source'\|--source is required" train --out nowhere --resume
expect_error "no step 161" replay whole --step 161
sed 's/hund/wolf/' train.de > wolf.de
expect_error "wolf.de' is not the text" train --out whole --resume --source wolf.de
mkdir other && touch other/thesis.tex
expect_error "not empty" train "${begin[@]}" --out other --resume
[ "$(ls other)" = thesis.tex ] || fail "something was written into a folder of others: $(ls other)"

# A single flipped bit, anywhere in the file.
cp -r whole flipped
file=$(latest whole)
for other in flipped/checkpoints/*; do [ "$(basename "$other")" = "$(basename "$file")" ] || rm "$other"; done
target=flipped/checkpoints/$(basename "$file")
size=$(stat -c %s "$file")
noticed=0
for i in $(seq 100); do
  # Sixty places in the header, the others over the whole file.
  if [ "$i" -le 60 ]; then at=$((i * 41)); else at=$((size * (i - 60) / 41)); fi
  byte=$(od -An -tu1 -j $at -N1 "$file" | tr -d ' ')
  cp "$file" "$target"
  printf "\\$(printf %03o $((byte ^ (1 << (i % 8)))))" | dd of="$target" bs=1 seek=$at conv=notrunc 2> /dev/null
  "$program" train --out flipped --resume "${course[@]}" > out 2> err
  code=$?
  if [ $code = 1 ] && grep -q "$(basename "$file")" err; then noticed=$((noticed + 1)); else echo "bit $((i % 8)) of byte $at: $code $(cat err)"; fi
done
[ $noticed = 100 ] || fail "$noticed of 100 flipped bits were noticed"

# No checkpoint is left of what was learnt: it is not learnt again over the model that is there.
cp -r whole bare
rm bare/checkpoints/*
expect_error "learnt for 4 epochs, and its checkpoints are gone" train --out bare --resume
cmp -s whole/model.safetensors bare/model.safetensors || fail "a run without checkpoints has another model"
cmp -s whole/log.jsonl bare/log.jsonl || fail "a run without checkpoints has another log"

# Words with other numbers.
cp -r whole renumbered
sed -i 's/^katze$/hundx/; s/^hund$/katze/; s/^hundx$/hund/' renumbered/source.vocabulary
cmp -s whole/source.vocabulary renumbered/source.vocabulary && fail "the words have the same numbers"
expect_error "another vocabulary" train --out renumbered --resume --epochs 5

# A damaged latest one: the one before is gone on from, to the same end.
"$program" train "${begin[@]}" --out damaged "${course[@]}" --max-steps 50 2> log || fail "training: $(cat log)"
printf x | dd of="$(latest damaged)" bs=1 seek=5000 conv=notrunc 2> /dev/null
go_on damaged
grep -q "is damaged" log || fail "nothing is said of a damaged checkpoint: $(cat log)"
same damaged

# A full disk: a limit on the size of files stands for it.
cp -r damaged full && rm -r full/checkpoints full/log.jsonl
"$program" train --out full --resume "${course[@]}" --max-steps 20 2> log || fail "training: $(cat log)"
before=$(sha256sum full/checkpoints/*)
( trap '' XFSZ; ulimit -f 30; "$program" train --out full --resume "${course[@]}" --max-steps 40 > out 2> err )
code=$?
[ $code = 1 ] && grep -q "full/.*safetensors.*it takes [0-9]* bytes" err || fail "a full disk: status $code, $(cat err)"
[ "$before" = "$(sha256sum full/checkpoints/*)" ] || fail "a full disk changed a checkpoint"
go_on full
same full

# A loss that is no finite number.
"$program" train "${begin[@]}" --out bad "${course[@]}" --lr 1e36 2> err
code=$?
[ $code = 1 ] || fail "status $code of a training that diverges"
grep -q "step [0-9]* (epoch 1, batch [0-9]*): the loss is .*the lines [0-9, ]* of '.*train.de'" err || fail "a bad step: $(cat err)"
[ -s "$(latest bad)" ] || fail "nothing is kept after a bad step"
"$program" train --out bad --resume --skip-bad-steps "${course[@]}" --max-steps 60 2> err || fail "--skip-bad-steps: $(cat err)"
grep -q "[0-9]* bad steps were left out" err || fail "bad steps are not counted: $(cat err)"
grep -q '"skipped":2' bad/log.jsonl || fail "bad steps are not in log.jsonl"

# A weight that is none, at the end of an epoch of one step.
"$program" train "${data[@]}" --dim 16 --hidden 24 --batch 1000 --lr 1e38 --epochs 4 --out worse "${course[@]}" 2> err
code=$?
[ $code = 1 ] && grep -q "after step 1 the weight .* is not finite" err || fail "status $code of broken weights: $(cat err)"
for file in model.safetensors scores.json samples/epoch-0001.txt; do [ ! -e worse/$file ] || fail "worse/$file of broken weights"; done
[ -z "$(ls worse/checkpoints 2> /dev/null)" ] || fail "a checkpoint of broken weights"

finish "every way ends with the same bytes"
