#!/usr/bin/env bash
# tests/programs/translate_streams.sh TRANSLATE
#
# Standard streams that are closed, full or not read, and paths of every kind.
program=$1
. "$(dirname "$0")/common.sh"

toy_corpus 20
small=(--dim 8 --hidden 8 --batch 32 --epochs 1 --threads 1)
train() { timeout -s KILL 60 "$program" train "${data[@]}" "${small[@]}" --out "$@"; }
train model 2> err || fail "training: $(cat err)"

# --- streams -----------------------------------------------------------------------------------------------

# unwritable NAME FULL CLOSED ARGS...: with a standard output that is full or closed it ends with 1 and says so.
unwritable() {
  local name=$1 full=$2 closed=$3
  shift 3
  timeout -s KILL 60 "$program" "$@" > /dev/full 2> err < val.de
  [ $? = 1 ] && grep -q "standard output$full" err || fail "$name on a full disk: $(cat err)"
  timeout -s KILL 60 "$program" "$@" >&- 2> err < val.de
  [ $? = 1 ] && grep -q "standard output$closed" err || fail "$name with a closed standard output: $(cat err)"
}
unwritable help "" "" --help
unwritable "help of train" "" "" train --help
reasons=(": No space" ": Bad file")
unwritable run "${reasons[@]}" run model --threads 1
unwritable score "${reasons[@]}" score val.de
unwritable replay "${reasons[@]}" replay model --step 1 --threads 1
unwritable demo "${reasons[@]}" demo --threads 1

for command in "run model" "score val.de"; do
  timeout -s KILL 60 "$program" $command <&- > out 2> err
  [ $? = 1 ] && grep -q "standard input cannot be read\|cannot read .standard input." err || fail "$command with a closed standard input: $(cat err)"
  timeout -s KILL 60 "$program" $command < . > out 2> err
  [ $? = 1 ] && grep -q "standard input cannot be read\|cannot read .standard input." err || fail "$command of a folder: $(cat err)"
done

# A training needs none of the three; no file may come to lie where one was.
train closed <&- >&- 2>&- || fail "a training with closed streams: status $?"
train silent 2>&- || fail "a training with closed standard error: status $?"
for folder in closed silent; do
  cmp -s model/model.safetensors $folder/model.safetensors && cmp -s model/log.jsonl $folder/log.jsonl ||
    fail "$folder: closed streams changed a training"
  [ ! -s $folder/lock ] || fail "$folder: something was written into the lock"
  grep -v '^{.*}$' $folder/timing.jsonl && fail "$folder: something was written into timing.jsonl"
done

# Who reads no more ends the program as it ends others, without a word.
for i in $(seq 3000); do echo "ein mann liest"; done > many.de
"$program" run model --threads 1 < many.de 2> err | head -1 > out
status=${PIPESTATUS[0]}
[ "$status" = 141 ] || [ "$status" = 0 ] || fail "status $status when nobody reads on"
[ ! -s err ] && [ "$(wc -l < out)" = 1 ] || fail "when nobody reads on: $(cat err)"

# --- paths -------------------------------------------------------------------------------------------------

mkdir real && ln -s real link
works() {
  train "$1" 2> err && [ -s "$1/model.safetensors" ] || fail "training in '$1': $(cat err)"
  [ "$(echo "ein mann liest" | "$program" run "$1" | wc -l)" = 1 ] || fail "run of '$1'"
  cmp -s model/model.safetensors "$1/model.safetensors" || fail "another model in '$1'"
}
for path in "a b" "it's \"quoted\"" "grün/模型" $'two\nlines' ./-dash slash/ real/../dots link; do works "$path"; done
[ -s real/model.safetensors ] || fail "a link to a folder was not followed"
train "$PWD/a b" --resume 2> err || fail "going on in a folder with a space: $(cat err)"

long=$(printf 'n%.0s' $(seq 300))
expect_error "nnn.*File name too long" train "${data[@]}" "${small[@]}" --out "$long"
expect_error "File name too long" run "$long"
expect_error "File name too long" train --source "$long" --target train.en --valid-source val.de --valid-target val.en --out bad
expect_error "'train.de' is not a folder" train "${data[@]}" "${small[@]}" --out train.de
expect_error "Not a directory" train "${data[@]}" "${small[@]}" --out train.de/below
expect_error "Is a directory" train --source real --target train.en --valid-source val.de --valid-target val.en --out bad
expect_error "config.json" run real/..
# Control characters are escaped.
bell=$'ring\a\e[2J\nnext'
for command in "run" "score" "train --resume --out" "replay --step 1"; do
  "$program" $command "$bell" < /dev/null > out 2> err && fail "$command of a path that is not there"
  LC_ALL=C grep -q $'[\a\e]' err && fail "$command prints control characters: $(od -c err | head -5)"
  grep -q 'ring\\x07\\x1b\[2J\\nnext' err || fail "$command does not show the path: $(cat err)"
done
cp -r model rude && sed -i 's/"words"/"\\u001b[2J"/' rude/config.json
"$program" run rude < /dev/null > out 2> err && fail "a config.json with another kind of token"
LC_ALL=C grep -q $'\e' err && fail "what config.json says goes to the terminal: $(od -c err | head -5)"
if [ "$(id -u)" != 0 ]; then
  mkdir locked && chmod 500 locked
  expect_error "locked.*Permission denied" train "${data[@]}" "${small[@]}" --out locked/new
  expect_error "locked.*Permission denied" train "${data[@]}" "${small[@]}" --out locked
elif command -v setpriv > /dev/null; then  # as nobody; the folder of the test must let it in
  mkdir locked && chmod 555 locked && chmod 755 .
  for out in locked locked/new; do
    setpriv --reuid=65534 --regid=65534 --clear-groups "$program" train "${data[@]}" "${small[@]}" --out $out > out 2> err
    [ $? = 1 ] && grep -q "locked.*Permission denied" err || fail "a folder without the right to write: $(cat err)"
  done
fi
finish "streams and paths behave"
