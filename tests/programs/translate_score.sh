#!/usr/bin/env bash
# translate score as its users meet it: its ways of input, its output, and every kind of bad input.
set -u
translate=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
fail() {
  echo "FAIL: $*"
  failures=$((failures + 1))
}

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
  [ "$("$translate" score "$@" 2>&1 < /dev/null)" = "$output" ] || fail "$* gave: $("$translate" score "$@" 2>&1 < /dev/null)"
}
version=$(sed 's/.*version:\(gradus-[0-9.]*\) .*/\1/' <<< "$("$translate" score ref < hyp)")
[ "${version#gradus-}" != "$version" ] || fail "no version of gradus: $version"

# Equal texts score 100, and TER 0. 11 and 12 tokens of 13a.
expect "BLEU|nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:$version = 100.00 100.0/100.0/100.0/100.0 (BP = 1.000 ratio = 1.000 hyp_len = 23 ref_len = 23)" --hypothesis ref --reference ref
expect "chrF2|nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:$version = 100.00
chrF2++|nrefs:1|case:mixed|eff:yes|nc:6|nw:2|space:no|version:$version = 100.00
TER|nrefs:1|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:$version = 0.00" --hypothesis ref ref --metric chrf,chrf++,ter
[ "$("$translate" score ref < hyp)" = "$("$translate" score --hypothesis hyp --reference ref)" ] || fail "standard input"
[ "$("$translate" score ref ref2 < hyp)" = "$("$translate" score --hypothesis hyp --reference ref --reference ref2)" ] || fail "two references"
"$translate" score ref ref2 < hyp | grep -q '^BLEU|nrefs:2|' || fail "the signature of two references"
"$translate" score ref --tokenize none --lowercase --smooth floor --smooth-value 0.5 < hyp |
  grep -qF 'case:lc|eff:no|tok:none|smooth:floor[0.50]' || fail "the signature of options"
[ "$(sed 's/$/\r/' hyp | "$translate" score ref)" = "$("$translate" score ref < hyp)" ] || fail "a carriage return counts"
[ "$(printf '\xef\xbb\xbf' | cat - hyp | "$translate" score ref)" = "$("$translate" score ref < hyp)" ] || fail "a byte order mark counts"
[ "$(printf 'a\n\n' | "$translate" score <(printf 'a\n\n') --metric ter --sentence)" = "TER = 0.00
TER = 0.00" ] || fail "an empty line is a line"

# json TEXT ARGS...: JSON in which TEXT stands.
json() {
  local text=$1
  shift
  "$translate" score --json "$@" > out 2> err || fail "$*: $(cat err)"
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
[ "$("$translate" score ref < hyp --confidence --seed 3)" = "$("$translate" score ref < hyp --confidence --seed 3)" ] || fail "the same seed"
"$translate" score --hypothesis hyp --hypothesis ref2 --reference ref --confidence 50 | grep -q '(baseline)' || fail "the baseline"
[ "$("$translate" score ref --sentence --metric bleu,ter < hyp | wc -l)" = 2 ] || fail "--sentence gives a line for a line"

for i in $(seq 100); do echo "a sentence ."; done > tokens
"$translate" score tokens < tokens 2>&1 > /dev/null | grep -q -- '--tokenize none' || fail "no warning of tokenised text"
for quiet in "--force" "--tokenize none" "--metric ter"; do
  # shellcheck disable=SC2086
  [ -z "$("$translate" score tokens $quiet < tokens 2>&1 > /dev/null)" ] || fail "a warning with $quiet"
done

# expect_error TEXT ARGS...: exits with 1, prints nothing but a message with TEXT.
expect_error() {
  local text=$1
  shift
  "$translate" score "$@" > out 2> err < hyp
  local code=$?
  [ $code = 1 ] || fail "exit code $code, not 1: $*"
  [ ! -s out ] || fail "output of: $* -- $(cat out)"
  grep -qF -- "$text" err || fail "no '$text' in the message of: $* -- $(cat err)"
}
head -1 ref > short
: > empty
printf 'good\nb\xffd\n' > invalid
printf 'good\nb\0d\n' > nul
expect_error '"standard input" has 2 lines, "short" has 1' short
expect_error '"hyp" has 2 lines, "short" has 1' --hypothesis hyp --reference ref --reference short
expect_error '"short" has 1 lines, "ref" has 2' --hypothesis hyp --hypothesis short --reference ref
expect_error "empty" --hypothesis empty --reference ref
expect_error '"invalid", line 2, byte offset 1' invalid
expect_error '"nul", line 2, byte offset 1' nul
expect_error "missing" missing
expect_error "required" --hypothesis hyp
expect_error "13a" ref --tokenize 14
expect_error "add-k" ref --smooth much
expect_error "floor or add-k" ref --smooth-value 1
expect_error "smooth_value" ref --smooth floor --smooth-value=-1
expect_error "chrf++" ref --metric blue
expect_error "max_order is 0" ref --max-order 0
expect_error "beta is 0" ref --metric chrf --chrf-beta 0
expect_error "number of resamples is 0" ref --confidence 0
expect_error "single line" ref --sentence --confidence
expect_error "one hypothesis" --hypothesis hyp --hypothesis ref2 --reference ref --sentence
"$translate" score --help | grep -q -- --chrf-word-order || fail "score --help"
[ $failures = 0 ] && echo "all scores come as they should"
exit $failures
