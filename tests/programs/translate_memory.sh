#!/usr/bin/env bash
# tests/programs/translate_memory.sh TRANSLATE
#
# After its first epoch a training holds its memory: 2,000 steps later it is less than 4 MiB larger.
program=$1
. "$(dirname "$0")/common.sh"

# 1,200 pairs of 1 to 20 words of a vocabulary of 150.
for i in $(seq 1200); do
  words=
  for j in $(seq $((i * 7 % 20 + 1))); do words+="w$((i * j % 150)) "; done
  echo "$words"
done > train.de
tr w v < train.de > train.en
head -4 train.de > val.de
head -4 train.en > val.en

resident() { awk '/^VmRSS/ { print $2 }' "/proc/$pid/status"; }
steps() { grep -c '"step"' "$1/log.jsonl" 2> /dev/null; }

# An epoch has 300 steps.
for model in gru transformer; do
  "$program" train --source train.de --target train.en --valid-source val.de --valid-target val.en --model $model --dim 8 \
    --hidden 16 --ffn 16 --heads 2 --batch 4 --epochs 20 --patience 99 --checkpoint-every 150 --threads 1 --out $model 2> err &
  pid=$!
  before=
  while kill -0 $pid 2> /dev/null; do
    done=$(steps $model)
    if [ -z "$before" ] && [ "${done:-0}" -ge 310 ]; then before=$(resident) from=$done; fi
    if [ -n "$before" ] && [ "$done" -ge $((from + 2000)) ]; then break; fi
    sleep 0.05
  done
  after=$(resident)
  [ -n "$before" ] && [ -n "$after" ] || { fail "$model ended too early: $(cat err)"; continue; }
  echo "$model: $before kB after $from steps, $after kB after $done"
  [ $((after - before)) -lt 4096 ] || fail "$model grew from $before to $after kB in $((done - from)) steps"
  kill -9 $pid
  wait $pid 2> /dev/null
  pid=
done
finish "memory stays as it is"
