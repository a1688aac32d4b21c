# shellcheck shell=bash
# Sourced by the tests beside it, with `program` set: a working folder of their own, and what they check with.
set -u
pid=  # of a process in the background, ended with the test
work=$(mktemp -d)
trap '[ -z "$pid" ] || kill -9 "$pid" 2> /dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1

failures=0
fail() {
  echo "FAIL: $*"
  failures=$((failures + 1))
}

# expect_error TEXT ARGS...: the program, reading $input, exits with 1 and says TEXT on standard error, nothing on
# standard output.
input=/dev/null
expect_error() {
  local text=$1
  shift
  timeout 60 "$program" "$@" > out 2> err < "$input"
  local code=$?
  [ $code = 1 ] || fail "exit code $code, not 1: $*"
  [ -s out ] && fail "standard output is not empty: $*"
  grep -q -- "$text" err || fail "no '$text' in the message of: $* -- $(cat err)"
}

# toy_corpus COUNT: three COUNT short pairs in train.de and train.en, twelve of them in val.de and val.en, and `data`,
# the options that name them.
toy_corpus() {
  for i in $(seq "$1"); do
    echo "der hund sieht die katze $((i % 7))"; echo "ein mann liest"; echo "die frau $((i % 5)) singt laut"
  done > train.de
  for i in $(seq "$1"); do
    echo "the dog sees the cat $((i % 7))"; echo "a man reads"; echo "the woman $((i % 5)) sings loudly"
  done > train.en
  head -12 train.de > val.de
  head -12 train.en > val.en
  data=(--source train.de --target train.en --valid-source val.de --valid-target val.en)
}

# finish TEXT: says TEXT where nothing failed, and ends the test.
finish() {
  [ $failures = 0 ] && echo "$1"
  exit $failures
}
