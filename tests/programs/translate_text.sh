#!/usr/bin/env bash
# tests/programs/translate_text.sh TRANSLATE
#
# Every kind of text, in training and in translation: what is refused, what is read how, and a line for a line.
program=$1
. "$(dirname "$0")/common.sh"

toy_corpus 20
small=(--dim 8 --hidden 8 --batch 32 --epochs 1 --max-steps 1 --threads 1)

# trained FOLDER: it holds what was learnt from the plain text.
trained() {
  cmp -s plain/model.safetensors "$1/model.safetensors" && cmp -s plain/source.vocabulary "$1/source.vocabulary" ||
    fail "$1: another model than of the plain text"
}
# train FOLDER SOURCE TARGET
train() {
  "$program" train --source "$2" --target "$3" --valid-source val.de --valid-target val.en "${small[@]}" --out "$1" > out 2> err
}
refused() {
  local text=$1
  shift
  expect_error "$text" train --source "$1" --target "$2" --valid-source val.de --valid-target val.en "${small[@]}" --out bad
}

train plain train.de train.en || fail "plain: $(cat err)"

# Read as the plain text is.
sed 's/$/\r/' train.de > crlf.de
train crlf crlf.de train.en && trained crlf || fail "CRLF: $(cat err)"
{ printf '\xef\xbb\xbf'; cat train.de; } > mark.de
train mark mark.de train.en && trained mark || fail "byte order mark: $(cat err)"
printf %s "$(cat train.en)" > open.en
train open train.de open.en && trained open || fail "no end of the last line: $(cat err)"
{ cat train.de; printf '\n \t \xe3\x80\x80\nein mann liest\n'; seq 10000 | tr '\n' ' '; echo; } > gaps.de
{ cat train.en; printf 'a\nb\n\nc\n'; } > gaps.en
train gaps gaps.de gaps.en && trained gaps || fail "gaps: $(cat err)"
grep -q "kept 60 of 64 pairs; dropped 3 empty, 0 too short, 1 too long" err || fail "the pairs left out: $(cat err)"
# White space of every kind but "\n" separates words and ends no line.
sed 's/ / \xe2\x80\xa8\xc2\x85\v\f\xc2\xa0\xe2\x80\xa9/; s/sieht/\rsieht/' train.de > white.de
train white white.de train.en && trained white || fail "white space: $(cat err)"
# A long line of a validation text is left out as well.
{ cat val.de; seq 10000 | tr '\n' ' '; echo; } > long.de
{ cat val.en; echo a; } > long.en
"$program" train --source train.de --target train.en --valid-source long.de --valid-target long.en "${small[@]}" \
  --model transformer --heads 2 --ffn 8 --positions learned --out learned > out 2> err || fail "long validation: $(cat err)"
grep -q "validation text: kept 12 of 13" err || fail "a long validation line is not counted: $(cat err)"
# So is a line that was left out before the others became pieces.
{ cat val.de; echo; } > blank.de
{ cat val.en; echo a; } > blank.en
pieces=(--source-tokens bpe --target-tokens bpe --max-vocabulary 40)
"$program" train --source train.de --target train.en --valid-source blank.de --valid-target blank.en "${small[@]}" "${pieces[@]}" \
  --out pieces > out 2> err || fail "pieces: $(cat err)"
grep -q "validation text: kept 12 of 13 pairs; dropped 1 empty" err || fail "an empty validation line is not counted: $(cat err)"
# --max-length counts pieces, and may be more than a validation text has.
{ cat train.de; seq 600 | tr '\n' ' '; echo; } > longer.de
{ cat train.en; seq 600 | tr '\n' ' '; echo; } > longer.en
for most in 0 100000; do
  "$program" train --source longer.de --target longer.en --valid-source val.de --valid-target val.en "${small[@]}" "${pieces[@]}" \
    --max-length $most --out longer$most > out 2> err || fail "--max-length $most: $(cat err)"
  grep -q "training text: kept 61 of 61" err || fail "--max-length $most leaves lines out: $(cat err)"
done
"$program" train "${data[@]}" "${small[@]}" --attention location --out location > out 2> err || fail "location: $(cat err)"

# Refused, with the place.
printf 'gut\n\xff\xfe\n' > invalid.de
printf 'gut\ng\0t\n' > nul.de
printf 'gut\nb\xc3\n' > half.de
{ echo gut; head -c 1100000 /dev/zero | tr '\0' x; echo; } > endless.de
printf 'good\nbad\n' > two.en
: > empty
printf '\xef\xbb\xbf' > only_mark
printf ' \n\n' > blank
refused 'invalid.de", line 2, byte offset 0.*UTF-8' invalid.de two.en
refused 'nul.de", line 2, byte offset 1.*0x00' nul.de two.en
refused 'half.de", line 2, byte offset 1.*UTF-8' half.de two.en
refused 'endless.de", line 2 is longer than 1048576 bytes' endless.de two.en
refused 'train.de" has 60 lines, ".*two.en" has 2' train.de two.en
refused 'empty" is empty' empty two.en
refused 'only_mark" is empty' only_mark two.en
refused 'no sentence pair is left' blank two.en
[ ! -e bad ] || fail "a refused text left its folder"

# A line for a line, whatever stands in it, and nothing but UTF-8.
many() {
  printf '\xef\xbb\xbfein mann liest\r\n\n \t \n\xff\xfe liest \xc3\ng\0t\n'
  printf 'a\xe2\x80\xa8b\xc2\x85c\vd\fe\rf\n\r\n'
  seq 10000 | tr '\n' ' '
  printf '\nein mann liest'
}
for model in plain learned location; do
  many | timeout -s KILL 200 "$program" run $model --threads 1 > out 2> err || fail "run $model: $(cat err)"
  [ "$(grep -c '' out)" = 9 ] || fail "run $model: $(grep -c '' out) lines for 9"
  [ "$(tail -c 1 out | od -An -tx1 | tr -d ' ')" = 0a ] || fail "run $model: the last line has no end"
  iconv -f UTF-8 -t UTF-8 out > /dev/null || fail "run $model: the translation is not UTF-8"
  for line in 2 3 7; do [ -z "$(sed -n ${line}p out)" ] || fail "run $model: line $line was empty"; done
  [ "$(sed -n 1p out)" = "$(sed -n 9p out)" ] || fail "run $model: mark, CR or the missing end changed the line"
  grep -q "^1 of 9 lines had more than [0-9]* tokens" err || fail "run $model: the cut is not told: $(cat err)"
  grep -q "^2 of 9 lines held bytes" err || fail "run $model: the repaired lines are not told: $(cat err)"
done
head -c 1100000 /dev/zero | tr '\0' x > endless
"$program" run plain < endless > out 2> err && fail "run of an endless line"
grep -q "line 1 of standard input is longer than 1048576 bytes" err || fail "run of an endless line: $(cat err)"
[ -z "$("$program" run plain < /dev/null 2>&1)" ] || fail "run of nothing"
sed 's/$/\r/' val.en | "$program" score val.en --tokenize none | grep -q "= 100.00 " || fail "score of CRLF"
finish "every text is read or refused"
