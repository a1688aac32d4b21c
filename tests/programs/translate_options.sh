#!/usr/bin/env bash
# tests/programs/translate_options.sh TRANSLATE
#
# The options of a training: with each, a training that was stopped and gone on with ends as the one that was not, on
# one thread and on two, and replay makes its steps again; what makes no sense is refused.
program=$1
. "$(dirname "$0")/common.sh"

toy_corpus 30
small=("${data[@]}" --dim 12 --hidden 16 --heads 2 --ffn 16 --batch 5 --warmup 8)  # 18 batches an epoch
begin=("${small[@]}" --epochs 2)
latest() { ls "$1"/checkpoints/*.safetensors | tail -1; }

tried=0
# try STEPS ARGS...: of a training that takes so many steps in two epochs.
try() {
  local steps=$1 part
  shift
  tried=$((tried + 1))
  local whole=whole$tried stopped=stopped$tried
  "$program" train "${begin[@]}" "$@" --out $whole --threads 1 2> log || { fail "training with $*: $(cat log)"; return; }
  [ "$(grep -c '"step"' $whole/log.jsonl)" = "$steps" ] || fail "$*: not $steps steps"
  for part in 3 $((steps / 2 + 2)); do
    "$program" train "${begin[@]}" "$@" --out $stopped --resume --threads 2 --checkpoint-every 5 --max-steps $part 2> log ||
      fail "--max-steps $part with $*: $(cat log)"
  done
  "$program" train --out $stopped --resume --threads 2 2> log || fail "resuming with $*: $(cat log)"
  cmp -s $whole/model.safetensors $stopped/model.safetensors || fail "$*: other final weights"
  cmp -s $whole/log.jsonl $stopped/log.jsonl || fail "$*: another log.jsonl"
  cmp -s "$(latest $whole)" "$(latest $stopped)" || fail "$*: another last checkpoint"
  for part in 2 $((steps - 1)); do
    "$program" replay $stopped --step $part --threads 1 2> err | grep -q "^loss.*the same bit for bit" ||
      fail "replay of step $part with $*: $(cat err)"
  done
  [ "$(head -3 val.de | "$program" run $whole | wc -l)" = 3 ] || fail "run with $*"
}

try 36 --model gru --timing between --embedding-dropout 0.3 --context-dropout 0.5 --output-dropout 0.5 --l2 1e-5
try 36 --model lstm --layers 2 --timing after --recurrent-dropout 0.2 --word-dropout 0.1 --best-by loss --r-drop 1
try 36 --model transformer --attention-dropout 0.2 --activation-dropout 0.1 --output-dropout 0.1 --weight-decay 0.01 \
  --confidence-penalty 0.1 --label-smoothing 0
try 10 --model gru --accumulate 4  # four steps of 4 batches and one of 2 in each epoch
try 12 --model transformer --accumulate 3 --r-drop 5 --schedule linear --ema 0.9
try 36 --model gru --teacher-forcing 0.3 --teacher-forcing-decay linear --teacher-forcing-constant 0.02 \
  --source-tokens bpe --target-tokens bpe --tie all --max-vocabulary 50 --subword-sampling 0.2
grep -q '^{"step":1,.*"teacher_forcing":1.0}' whole$tried/log.jsonl || fail "the first step's teacher forcing"
grep -q '^{"step":11,.*"teacher_forcing":0.8}' whole$tried/log.jsonl || fail "the eleventh step's teacher forcing"
grep -q '^{"step":36,.*"teacher_forcing":0.3' whole$tried/log.jsonl || fail "the last step's teacher forcing"
grep -q teacher_forcing whole1/log.jsonl && fail "teacher forcing is logged where it is not used"
grep -q '"valid_word_perplexity":[0-9]' whole1/log.jsonl || fail "log.jsonl has no perplexity per word"

# What an accumulated step learnt from: its sentences are those of all its batches.
sentences=$("$program" replay whole4 --step 1 --threads 1 | grep ^sentences | tr -cd , | wc -c)
[ "$sentences" = 19 ] || fail "replay names $((sentences + 1)) sentences of 4 batches of 5"

# Each epoch is judged by one measure, and the end as well.
"$program" train "${small[@]}" --out by_loss --best-by loss --lr 0.5 --epochs 9 --patience 1 2> log || fail "--best-by: $(cat log)"
best=$(sed -n 's/^best by loss: epoch \([0-9]*\) .*/\1/p' log)
last=$(grep -c '"epoch"' by_loss/log.jsonl)
lowest=$(grep '"epoch"' by_loss/log.jsonl | sed 's/.*"epoch":\([0-9]*\),"valid_loss":\([0-9.]*\),.*/\2 \1/' | sort -g | head -1)
[ "${lowest#* }" = "$best" ] || fail "the best epoch is $best, and the lowest loss $lowest"
[ "$last" = 9 ] || [ "$last" = $((best + 1)) ] || fail "with a patience of 1 it stopped after epoch $last, the best being $best"

expect_error "embedding dropout is -0.5" train "${begin[@]}" --out new --embedding-dropout -0.5
expect_error "context dropout is 1.0" train "${begin[@]}" --out new --context-dropout 1
expect_error "attention dropout.*of the kind gru" train "${begin[@]}" --out new --attention-dropout 0.1
expect_error "recurrent dropout.*of the kind transformer" train "${begin[@]}" --out new --model transformer --recurrent-dropout 0.1
expect_error "--accumulate must be positive" train "${begin[@]}" --out new --accumulate 0
expect_error "--r-drop must be a number from 0 on" train "${begin[@]}" --out new --r-drop -1
expect_error "--r-drop and --confidence-penalty" train "${begin[@]}" --out new --r-drop 1 --confidence-penalty 0.1
expect_error "different dropout" train "${begin[@]}" --out new --dropout 0.3 --embedding-dropout 0 --output-dropout 0 --r-drop 1
expect_error "--clip must be a positive number .*, got inf" train "${begin[@]}" --out new --clip inf
expect_error "--max-ratio must be 0 (no limit) or a number from 1 on, got 0.5" train "${begin[@]}" --out new --max-ratio 0.5
expect_error "--max-vocabulary must not be negative" train "${begin[@]}" --out new --source-tokens bpe --max-vocabulary -5
expect_error "--min-delta must be a number from 0 on" train "${begin[@]}" --out new --min-delta -0.1
expect_error "two ways" train "${begin[@]}" --out new --weight-decay 0.1 --l2 0.1
expect_error "word by word" train "${begin[@]}" --out new --model transformer --teacher-forcing 0.5
expect_error "must lie in \[0, 1\], got 1.5" train "${begin[@]}" --out new --teacher-forcing 1.5
expect_error "needs a --teacher-forcing-constant" train "${begin[@]}" --out new --teacher-forcing 0.5 --teacher-forcing-decay linear
expect_error "must be below 1" train "${begin[@]}" --out new --teacher-forcing-decay linear --teacher-forcing-constant 0.1
expect_error "--r-drop is 2.0 now, and 5.0" train --out whole5 --resume --r-drop 2
expect_error "validation text has 6 tokens and an end, and the model tells apart 6 positions" \
  train "${begin[@]}" --out new --attention location --attention-max-length 6 --max-length 5
expect_error "training text has 6 tokens.* smaller --max-length" train "${begin[@]}" --out new --attention location --attention-max-length 6
expect_error "--out is empty" train "${begin[@]}" --out ""
latin=$(printf 'tr\xe4in.de')
cp train.de "$latin"
expect_error "--source: config.json is UTF-8" train --out new --source "$latin" "${data[@]:2}"
[ -e new ] && fail "a training that was refused left a folder"
"$program" train "${data[@]}" --out told --model gru --dim 12 --hidden 16 --heads 2 --epochs 1 --max-steps 1 2> log || fail "--heads: $(cat log)"
grep -q -- "--heads is for --model transformer, and changes nothing of a gru" log || fail "--heads of a gru: $(cat log)"
grep -q -- "--hidden is for" log && fail "--hidden of a gru: $(cat log)"
# Numbers are decimal, and as they are written.
"$program" train "${small[@]}" --epochs 01 --max-steps 010 --seed 010 --out decimal 2> log || fail "leading zeros: $(cat log)"
grep -q '"seed": 10$' decimal/config.json || fail "--seed 010 is another seed: $(grep seed decimal/config.json)"
"$program" replay decimal --step 00000010 2> err | grep -q "^loss.*the same bit for bit" || fail "--step 00000010: $(cat err)"
expect_error "seed: must be a whole number from 0 to 18446744073709551615, got -1" train --out bad --seed -1
expect_error "epochs: must be a whole number from .* to 9223372036854775807, got 9223372036854775808" train --out bad --epochs 9223372036854775808
expect_error "step: must be a whole number, got 1e3" replay decimal --step 1e3
expect_error "beam: must be a whole number from 1 to 1000, got 0x5" run decimal --beam 0x5

finish "$tried ways to train are gone on with and repeated"
