#!/usr/bin/env bash
# tests/programs/translate_run.sh TRANSLATE
#
# translate run with its searches, alone and as an ensemble, and translate logprob.
program=$1
. "$(dirname "$0")/common.sh"

toy_corpus 20
small=(--dim 16 --hidden 16 --batch 8 --epochs 12 --lr 0.01 --threads 1)
train() { timeout -s KILL 120 "$program" train "${data[@]}" "${small[@]}" --out "$@" 2> err || fail "training $*: $(cat err)"; }
train gru --seed 1
train transformer --model transformer --heads 2 --ffn 32 --seed 2
train blind --attention none
train pieces --source-tokens characters --target-tokens characters

# Lines of several lengths, one empty, one with words that were never seen.
{ cat val.de; echo; echo "ein roboter liest die katze 3"; echo "die frau 2"; } > in.de
lines=$(wc -l < in.de)
run() { timeout -s KILL 60 "$program" run "$@" --threads 1 < in.de 2> err || fail "run $*: $(cat err)"; }

# same TEXT ARGS... -- ARGS...: both give the same lines.
same() {
  local text=$1 first=()
  shift
  while [ "$1" != -- ]; do first+=("$1"); shift; done
  shift
  run "${first[@]}" > a
  run "$@" > b
  [ "$(wc -l < a)" -ge "$lines" ] && cmp -s a b || fail "$text: $(diff a b | head -4)"
}

# --- what changes nothing ----------------------------------------------------------------------------------

same "the defaults" gru -- gru --beam 1 --batch 64
same "the defaults of a beam" gru --beam 4 -- gru --beam 4 --length-penalty 1 --coverage 0
same "a model beside itself" gru --beam 3 -- gru gru --beam 3
for options in "" "--beam 4" "--sample --seed 3"; do
  for model in gru transformer "gru transformer"; do
    # shellcheck disable=SC2086
    same "a batch of 1 or 5, run $model $options" $model $options --batch 1 -- $model $options --batch 5
  done
done
same "drawn from one word" gru -- gru --sample --top-k 1
run gru --beam 3 > best
run gru --beam 3 --nbest 3 > list
sed -n 's/ ||| [-0-9.]*$//p' list | awk -F ' \\|\\|\\| ' '!seen[$1]++ { print $2 }' | sed 's/^[0-9]* ||| *//' > first
cmp -s best first || fail "the first of each n-best list is not the best: $(diff best first | head -4)"
timeout 60 "$program" run gru --sample --seed 3 --threads 2 < in.de > two
run gru --sample --seed 3 > one
cmp -s one two || fail "another number of threads, other draws"

# --- n-best lists ------------------------------------------------------------------------------------------

grep -qvE '^[0-9]+ \|\|\| .* ?\|\|\| -?[0-9]+\.[0-9]{4}$' list && fail "a line of an n-best list: $(head -3 list)"
grep -qx "12 |||  ||| 0.0000" list || fail "the empty line in the n-best list: $(grep '^12 ' list)"
awk -F ' \\|\\|\\| ' '{ if ($1 != last) { if ($1 != last + 1 && NR > 1) exit 1; n = 0 } else if ($3 > score) exit 1
  last = $1; score = $3; if (++n > 3) exit 1 }' list || fail "indices or scores out of order: $(head -8 list)"
[ "$(grep -c '^0 ' list)" = 3 ] || fail "not three translations of the first line"
run gru --sample --nbest 5 --temperature 2 > draws
[ "$(grep -c '^0 ' draws)" = 5 ] || fail "not five draws of the first line"
[ "$(grep '^0 ' draws | sort -u | wc -l)" -gt 1 ] || fail "all draws are the same"
run gru --sample --nbest 5 --temperature 2 --seed 9 > other
cmp -s draws other && fail "another seed, the same draws"
# Whoever types gets an answer to each line before the next one is finished; the line's number counts on.
coproc timeout 60 "$program" run gru --nbest 1 --threads 1
printf 'ein mann liest\nein' >&"${COPROC[1]}"
read -r -t 30 first <&"${COPROC[0]}" || fail "no answer to a line that is there"
printf ' mann liest\n' >&"${COPROC[1]}"
read -r -t 30 second <&"${COPROC[0]}" || fail "no answer to the second line"
kill "$COPROC_PID" 2> /dev/null
[ "${first%% *} ${second%% *}" = "0 1" ] || fail "lines that come later: $first $second"
# What comes before a line that cannot be read is translated.
{ echo "ein mann liest"; head -c 1100000 /dev/zero | tr '\0' x; } > long
timeout 60 "$program" run gru < long > out 2> err && fail "run of an endless line"
[ "$(wc -l < out)" = 1 ] || fail "the line before an endless one is lost: $(cat err)"

# A file goes to a file with a bar on the terminal, batch by batch, and the bar is gone at the end.
grep . in.de > full.de
on_terminal() { script -qec "timeout 60 '$program' run gru $*" /dev/null > shown < /dev/null || fail "run on a terminal: $(cat shown)"; }
on_terminal "--batch 2 < full.de > out"
grep -q "translating .*100 %.*$(wc -l < full.de) lines" shown || fail "no bar for a file: $(cat shown)"
tail -c 4 shown | cmp -s - <(printf '\r\033[K') || fail "the bar stays: $(cat shown)"
on_terminal "< full.de"
grep -q translating shown && fail "a bar between translations: $(cat shown)"

# --- unknown words -----------------------------------------------------------------------------------------

train rare --min-frequency 15  # the numbers of train.en, nine times each at most, become <unk>
run rare > without
run rare --replace-unknown > with
grep -q "<unk>" without with && fail "<unk> was written"
grep -q "[0-6]" without && fail "a number that the model does not know"
echo "der hund sieht die katze 5" | timeout 60 "$program" run rare --replace-unknown --beam 3 > out || fail "replacing in a beam"
grep -q "<unk>" out && fail "<unk> was written by a beam"

# --- forced decoding ---------------------------------------------------------------------------------------

"$program" logprob gru --source val.de --target val.en > scores 2> err || fail "logprob: $(cat err)"
awk -F '\t' 'NF != 2 || $1 > 0 { exit 1 }' scores && [ "$(wc -l < scores)" = 12 ] || fail "logprob: $(head -3 scores)"
"$program" logprob gru --source val.de --target val.en --per-token --batch 1 > tokens 2> err2
awk -F '\t' '{ sum = 0; for (i = 3; i <= NF; ++i) { split($i, part, " "); sum += part[2] }
  if (NF != $2 + 2 || sum - $1 > 0.001 || $1 - sum > 0.001 || part[1] != "</s>") exit 1 }' tokens || fail "logprob --per-token: $(head -2 tokens)"
cmp -s err err2 || fail "the perplexity depends on --batch: $(cat err err2)"
# exp(-sum / tokens), of what was printed.
awk -F '\t' -v said="$(sed -n 's/^perplexity \([0-9.]*\) per token.*/\1/p' err)" \
  '{ sum += $1; n += $2 } END { p = exp(-sum / n); exit !(said - p < 0.001 && p - said < 0.001) }' scores || fail "perplexity: $(cat err)"
# Pieces of words: more tokens than words.
"$program" logprob pieces --source val.de --target val.en 2> err > out || fail "logprob of characters: $(cat err)"
grep -q "per word ($(($(wc -w < val.en) + 12)) words" err || fail "words: $(cat err)"
[ "$("$program" logprob gru transformer --source val.de --target val.en 2> err | wc -l)" = 12 ] || fail "logprob of an ensemble: $(cat err)"
: > empty
expect_error "empty" logprob gru --source empty --target val.en
expect_error "12\|60" logprob gru --source val.de --target train.en
expect_error "source is required" logprob gru --target val.en
# What a search can write of 500 words, and a word more.
echo "der hund" > short.de
seq -s ' ' 1012 > longest.en
[ "$("$program" logprob gru --source short.de --target longest.en 2> err | cut -f 2)" = 1013 ] || fail "1012 words: $(cat err)"
seq -s ' ' 1013 > long.en
expect_error "line 1 of 'long.en' has 1013 tokens; the model can write 1012" logprob gru --source short.de --target long.en
timeout 60 "$program" logprob gru --source val.de --target val.en > /dev/full 2> err
[ $? = 1 ] && grep -q "standard output: No space" err || fail "logprob on a full disk: $(cat err)"
for i in $(seq 200); do cat val.de; done > many.de
timeout 60 "$program" run gru --beam 2 --nbest 2 < many.de > /dev/full 2> err
[ $? = 1 ] && grep -q "standard output" err && ! grep -q Success err || fail "run on a full disk: $(cat err)"

# --- what does not go together, and says why ---------------------------------------------------------------

expect_error "beam looks for the best translation, and --sample draws one" run gru --beam 2 --sample
expect_error "length-penalty looks for the best" run gru --length-penalty 1 --sample
expect_error "nothing is drawn without --sample" run gru --temperature 2
expect_error "nothing is drawn without --sample" run gru --beam 2 --seed 2
expect_error "nbest 3 asks for more translations than --beam 2 follows" run gru --beam 2 --nbest 3
expect_error "length-penalty compares the translations of a beam" run gru --length-penalty 0.6
expect_error "one of the models has no attention" run gru blind --beam 2 --coverage 0.2
expect_error "the model has no attention" run blind --beam 2 --coverage 0.2
expect_error "the model has no attention" run blind --replace-unknown
expect_error "tokens of this model are characters, not words" run pieces --replace-unknown
expect_error "vocabularies of 'gru' and 'pieces' are not the same: the tokens are words in the one" run gru pieces
expect_error "vocabularies of 'gru' and 'rare' are not the same: there are" run gru rare
for bad in "--beam 0" "--beam 1001" "--batch 0" "--nbest 0" "--sample --top-k 0" "--sample --top-p 0" "--sample --top-p 1.1" \
  "--sample --temperature 0" "--sample --temperature nan" "--sample --temperature inf" "--sample --seed -1" \
  "--beam 2 --length-penalty -1" "--beam 2 --length-penalty nan" "--beam 2 --coverage -1" "--beam x"; do
  # shellcheck disable=SC2086
  expect_error "$(echo "$bad" | grep -o -- '--[a-z-]* [^ ]*$' | cut -d' ' -f1)" run gru $bad
done
finish "translations of every kind"
