#!/usr/bin/env bash
# tests/performance/compare.sh FIXED_STEPS [--update]
#
# Counts the instructions of each kind of step under callgrind and compares them with instructions.txt beside
# this script; --update writes that file anew. Counts do not depend on the load of the machine. They do on
# compiler, flags and BLAS: with others than the file names the comparison is skipped (exit status 77), as it
# is without valgrind.
set -euo pipefail
program=$1
figures=$(dirname "$(realpath "$0")")/instructions.txt
slack=3  # per cent

if ! command -v valgrind >/dev/null; then
  echo "skipped: valgrind is not installed"
  exit 77
fi

# The kernels that valgrind can run, whatever the processor, and one thread.
export GRADUS_ISA=avx2 OPENBLAS_CORETYPE=Haswell OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
if ! setting=$("$program"); then
  echo "skipped: this processor has no AVX2"
  exit 77
fi

# count KIND: the instructions of its measured steps.
count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no \
    --toggle-collect=measured_steps "$program" "$1" 2>&1 | sed -n 's/.*Collected : //p'
}

if [ "${2:-}" = --update ]; then
  {
    echo "# Instructions of three steps of each kind, as compare.sh --update counted them with"
    echo "# $setting"
    for kind in gru_step transformer_step small_recorded small_unrecorded; do
      echo "$kind $(count "$kind")"
    done
  } >"$figures.new"
  mv "$figures.new" "$figures"
  cat "$figures"
  exit 0
fi

made_with=$(sed -n '2s/^# //p' "$figures")
if [ "$setting" != "$made_with" ]; then
  echo "skipped: the figures are those of $made_with, this is $setting"
  exit 77
fi

differs=0
while read -r kind expected; do
  counted=$(count "$kind") || counted=
  if [ -z "$counted" ]; then
    echo "$kind: the program did not end well under valgrind"
    exit 1
  fi
  change=$(awk -v new="$counted" -v old="$expected" 'BEGIN { printf "%+.2f", 100 * (new - old) / old }')
  echo "$kind: $counted instructions, $change % beside $expected"
  if awk -v c="$change" -v slack=$slack 'BEGIN { exit !(c > slack || c < -slack) }'; then differs=1; fi
done < <(grep -v '^#' "$figures")

if [ $differs -ne 0 ]; then
  cat <<END

A count has changed by more than $slack %. Where that was not meant, find what the step does now that it did
not before (callgrind_annotate, or a Profile). Where it was meant, faster or slower, write the new figures
and give the reason in the message of the commit that changes them:
  tests/performance/compare.sh $program --update
END
  exit 1
fi
