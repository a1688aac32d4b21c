#!/usr/bin/env bash
# translate score as its users meet it: its ways of input, its output, and every kind of bad input.
program=$1
. "$(dirname "$0")/common.sh"

cat > hyp << 'END'
the small boat left harbour at 6:30 .
It cost 1,250.75 euros (with tax), did it not?
END
cat > ref << 'END'
The small boat left the harbour at 6:30.
It cost 1,250.75 euros (tax included), didn't it?
END
cat > ref2 << 'END'
At 6:30 the little boat left the harbour.
It was 1,250.75 euros with tax, wasn't it?
END

# expect OUTPUT ARGS...: prints just that, on nothing but standard output.
expect() {
  local output=$1
  shift
  [ "$("$program" score "$@" 2>&1 < /dev/null)" = "$output" ] || fail "$* gave: $("$program" score "$@" 2>&1 < /dev/null)"
}
version=$(sed 's/.*version:\(gradus-[0-9.]*\) .*/\1/' <<< "$("$program" score ref < hyp)")
[ "${version#gradus-}" != "$version" ] || fail "no version of gradus: $version"

# Equal texts score 100, and TER 0. 11 and 12 tokens of 13a.
expect "BLEU|nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:$version = 100.00 100.0/100.0/100.0/100.0 (BP = 1.000 ratio = 1.000 hyp_len = 23 ref_len = 23)" --hypothesis ref --reference ref
expect "chrF2|nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:$version = 100.00
chrF2++|nrefs:1|case:mixed|eff:yes|nc:6|nw:2|space:no|version:$version = 100.00
TER|nrefs:1|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:$version = 0.00" --hypothesis ref ref --metric chrf,chrf++,ter
[ "$("$program" score ref < hyp)" = "$("$program" score --hypothesis hyp --reference ref)" ] || fail "standard input"
[ "$("$program" score ref ref2 < hyp)" = "$("$program" score --hypothesis hyp --reference ref --reference ref2)" ] || fail "two references"
sed '2s/.*//' ref2 > gap
"$program" score ref gap < hyp | grep -q '^BLEU|nrefs:var|' || fail "the signature of references with a gap: $("$program" score ref gap < hyp)"
"$program" score ref ref2 < hyp | grep -q '^BLEU|nrefs:2|' || fail "the signature of two references"
"$program" score ref --tokenize none --lowercase --smooth floor --smooth-value 0.5 < hyp |
  grep -qF 'case:lc|eff:no|tok:none|smooth:floor[0.50]' || fail "the signature of options"
[ "$(sed 's/$/\r/' hyp | "$program" score ref)" = "$("$program" score ref < hyp)" ] || fail "a carriage return counts"
[ "$(printf '\xef\xbb\xbf' | cat - hyp | "$program" score ref)" = "$("$program" score ref < hyp)" ] || fail "a byte order mark counts"
[ "$(printf 'a\n\n' | "$program" score <(printf 'a\n\n') --metric ter --sentence)" = "TER = 0.00
TER = 0.00" ] || fail "an empty line is a line"

# json TEXT ARGS...: JSON in which TEXT stands.
json() {
  local text=$1
  shift
  "$program" score --json "$@" > out 2> err || fail "$*: $(cat err)"
  grep -qF -- "$text" out || fail "no $text in $(cat out)"
  [ -z "$(command -v python3)" ] || python3 -m json.tool out > /dev/null || fail "$* is no JSON: $(cat out)"
}
json '{"bleu":{"score":' --hypothesis hyp --reference ref
json '"counts":[23,21,19,17],"totals":[23,21,19,17],"precisions":[100.0,100.0,100.0,100.0],"bp":1.0,"sys_len":23,"ref_len":23}' --hypothesis ref --reference ref
json '"chrf++":{"score":100.0,' --hypothesis ref --reference ref --metric bleu,chrf,chrf++,ter
json '"edits":0,"ref_len":16.0}' --hypothesis ref --reference ref --metric ter
json '"confidence_half_width":' --hypothesis hyp --reference ref --confidence
json '|bs:50|seed:7|' --hypothesis hyp --reference ref --confidence 50 --seed 7
json '"p_value":' --hypothesis hyp --hypothesis ref2 --reference ref --confidence 50
json '{"system":"ref2","bleu":' --hypothesis hyp --hypothesis ref2 --reference ref --confidence 50
json '{"ter":{"score":37.5,' --hypothesis hyp --reference ref --metric ter --sentence
[ "$(grep -c '"ter"' out)" = 2 ] || fail "a line for a line: $(cat out)"
[ "$("$program" score ref < hyp --confidence --seed 3)" = "$("$program" score ref < hyp --confidence --seed 3)" ] || fail "the same seed"
"$program" score --hypothesis hyp --hypothesis ref2 --reference ref --confidence 50 | grep -q '(baseline)' || fail "the baseline"
[ "$("$program" score ref --sentence --metric bleu,ter < hyp | wc -l)" = 2 ] || fail "--sentence gives a line for a line"

for i in $(seq 100); do echo "a sentence ."; done > tokens
"$program" score tokens < tokens 2>&1 > /dev/null | grep -q -- '--tokenize none' || fail "no warning of tokenised text"
for quiet in "--force" "--tokenize none" "--metric ter"; do
  # shellcheck disable=SC2086
  [ -z "$("$program" score tokens $quiet < tokens 2>&1 > /dev/null)" ] || fail "a warning with $quiet"
done

input=hyp
head -1 ref > short
: > empty
printf 'good\nb\xffd\n' > invalid
printf 'good\nb\0d\n' > nul
expect_error '"standard input" has 2 lines, "short" has 1' score short
expect_error '"hyp" has 2 lines, "short" has 1' score --hypothesis hyp --reference ref --reference short
expect_error '"short" has 1 lines, "ref" has 2' score --hypothesis hyp --hypothesis short --reference ref
expect_error "empty" score --hypothesis empty --reference ref
expect_error '"invalid", line 2, byte offset 1' score invalid
expect_error '"nul", line 2, byte offset 1' score nul
expect_error "missing" score missing
expect_error "required" score --hypothesis hyp
expect_error "13a" score ref --tokenize 14
expect_error "add-k" score ref --smooth much
expect_error "floor or add-k" score ref --smooth-value 1
expect_error "smooth_value" score ref --smooth floor --smooth-value=-1
expect_error "chrf++" score ref --metric blue
expect_error "smooth_value is 2000000000.* to 1000000000$" score ref --smooth floor --smooth-value=2e9
expect_error "max-order: must be a whole number from 1 to 100, got 0" score ref --max-order 0
expect_error "chrf-beta: must be a whole number from 1 to 1000, got 0" score ref --metric chrf --chrf-beta 0
expect_error "confidence: must be a whole number from 1 to 1000000, got 0" score ref --confidence 0
printf 'a b x y\n' > four
printf 'a b c d\n' > other
"$program" score other --hypothesis four --smooth floor --smooth-value 50 | grep -q "smooth:floor\[50.00\].* = 379.92 " ||
  fail "a smoothing beyond 100"
"$program" score other --hypothesis other --max-order 2 | grep -q "smooth:exp|order:2|version" || fail "the order in the signature"
expect_error "single line" score ref --sentence --confidence
expect_error "one hypothesis" score --hypothesis hyp --hypothesis ref2 --reference ref --sentence
"$program" score --help | grep -q -- --chrf-word-order || fail "score --help"
finish "all scores come as they should"
