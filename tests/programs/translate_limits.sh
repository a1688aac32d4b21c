#!/usr/bin/env bash
# tests/programs/translate_limits.sh TRANSLATE GRADUS
#
# Little memory: at every limit of address space the programs do their work, or end with 1 and one message. They never wait
# for ever, and no signal ends them. And few threads.
program=$1
inspector=$2
. "$(dirname "$0")/common.sh"

export OMP_WAIT_POLICY=passive  # or threads eat up each other's time on a busy machine
toy_corpus 40
small=(--dim 16 --hidden 24 --ffn 24 --heads 2 --batch 16 --epochs 1)
"$program" train "${data[@]}" "${small[@]}" --threads 1 --out model 2> log || fail "training: $(cat log)"

# limited KILOBYTES NAME ARGS...: its status, which must be 0, or 1 with a message of the program NAME.
limited() {
  local limit=$1 name=$2
  shift 2
  (ulimit -v "$limit"; exec timeout -s KILL 60 "$@" > out 2> err < val.de)
  local code=$?
  [ $code = 0 ] && return 0
  [ $code = 1 ] || fail "status $code under $limit kB: $* -- $(cat err)"
  tail -1 err | grep -q "^$name: .*\(limit\|memory\)" || fail "no message under $limit kB: $* -- $(cat err)"
  return 1
}

works=0
for limit in 110000 150000 200000 225000 256000 300000 330000 360000 400000 450000 512000 1000000 4000000; do
  for threads in 1 2; do
    for model in gru transformer; do
      rm -rf new
      limited $limit translate "$program" train "${data[@]}" "${small[@]}" --model $model --max-steps 2 --threads $threads --out new
      code=$?
      works=$((works + 1 - code))
      [ $limit -lt 1000000 ] || [ $code = 0 ] || fail "training does not work with $limit kB: $(cat err)"
    done
    limited $limit translate "$program" run model --beam 3 --threads $threads
    code=$?
    [ $code = 1 ] || [ "$(wc -l < out)" = "$(wc -l < val.de)" ] || fail "run under $limit kB lost lines"
    [ $limit -lt 256000 ] || [ $code = 0 ] || fail "run does not work with $limit kB: $(cat err)"
  done
  limited $limit translate "$program" score val.de || fail "score under $limit kB: $(cat err)"
  limited $limit gradus "$inspector" inspect model/model.safetensors || fail "inspect under $limit kB: $(cat err)"
done
[ $works -ge 20 ] || fail "only $works trainings worked"

# More than a limit can hold: the bytes that were asked for are named.
limited 400000 translate "$program" train "${data[@]}" --dim 20000 --threads 1 --out big && fail "a big model fits"
grep -q "cannot have [0-9]* bytes" err || fail "the bytes are not named: $(cat err)"

# A valid file that is larger than the memory: it is named.
header='{"weight":{"dtype":"F32","shape":[4000000000000],"data_offsets":[0,16000000000000]}}    '
cp -r model huge
{ printf "\\x$(printf %02x ${#header})\\0\\0\\0\\0\\0\\0\\0"; printf %s "$header"; } > huge/model.safetensors
if truncate -s $((16000000000000 + ${#header} + 8)) huge/model.safetensors 2> /dev/null; then
  expect_error "huge/model.safetensors.*16000000000000 bytes" run huge
  (ulimit -v 2000000; "$inspector" inspect huge/model.safetensors > out 2> err)
  code=$?
  [ $code = 1 ] && grep -q "huge/model.safetensors" err || fail "inspect of a huge file: status $code, $(cat err)"
fi

# The system starts no thread: one works alone.
if command -v strace > /dev/null && strace -o /dev/null true 2> /dev/null; then
  rm -rf new
  OPENBLAS_NUM_THREADS=1 timeout -s KILL 60 strace -f -qq -o trace -e trace=clone3,clone -e inject=clone3,clone:error=EAGAIN \
    "$program" train "${data[@]}" "${small[@]}" --max-steps 2 --threads 2 --out new > out 2> err || fail "no threads: $(cat err)"
  grep -q EAGAIN trace || [ "$(nproc)" = 1 ] || fail "no thread was asked for"
fi
finish "every limit ends with the work or a message"
