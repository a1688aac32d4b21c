#!/usr/bin/env bash
# tests/programs/translate_attention.sh TRANSLATE
#
# What the model looks at: in the terminal, and as a page that is whole, safe, alone in the world, and drawn by a browser
# where there is one.
program=$1
. "$(dirname "$0")/common.sh"

# As the page quotes a token: apart from the direction of writing around it.
quoted() { printf '“\u2068%s\u2069”' "$1"; }

# In French and Chinese, with accents.
for i in $(seq 40); do
  echo "der hund sieht die katze $((i % 7))"; echo "ein mann liest"; echo "die frau $((i % 5)) singt laut"
done > train.de
for i in $(seq 40); do echo "狗看见猫 $((i % 7))"; echo "un été déjà"; echo "女人 $((i % 5)) 大声唱歌"; done > train.zh
head -12 train.de > val.de
head -12 train.zh > val.zh
data=(--source train.de --target train.zh --valid-source val.de --valid-target val.zh)
small=(--dim 16 --hidden 24 --batch 16 --epochs 2 --threads 1)
transformer=(--model transformer --layers 2 --heads 2 --ffn 24 --source-tokens bpe --max-vocabulary 40 --target-tokens characters)
"$program" train "${data[@]}" "${small[@]}" "${transformer[@]}" --out transformer 2> log || fail "training: $(cat log)"
"$program" train "${data[@]}" "${small[@]}" --out gru 2> log || fail "training: $(cat log)"
"$program" train "${data[@]}" "${small[@]}" --attention none --out none 2> log || fail "training: $(cat log)"

# attention ARGS...: succeeds, with its output in `out`.
attention() {
  timeout 60 "$program" attention "$@" --threads 1 > out 2> err || fail "attention $*: $(cat err)"
}

# The translation is that of `run`; every word has a row and every source word a column.
for model in transformer gru; do
  for beam in 1 3; do
    attention $model "ein mann liest" --beam $beam
    [ "$(head -1 out)" = "$(echo 'ein mann liest' | "$program" run $model --beam $beam)" ] ||
      fail "$model, beam $beam: another translation than run's: $(cat out)"
    grep -q "^Where it looked (percent" out || fail "$model: no picture: $(cat out)"
  done
done
attention gru "ein mann schläft" --target "un été déjà"
[ "$(head -1 out)" = "un été déjà" ] || fail "another translation than the one given: $(cat out)"
[ "$(wc -l < out)" = 16 ] || fail "not two rows for each of three words and the end: $(cat out)"
grep -q "^ *ein *mann *schläft\* *(end) *$" out || fail "not a column for each word: $(cat out)"
for word in un été déjà "(end)"; do grep -q "^$word  *[░▒▓█ ]*[0-9]" out || fail "no row for '$word': $(cat out)"; done
grep -q "not in the vocabulary" out || fail "an unknown word is not told: $(cat out)"
attention transformer "ein mann" --target "狗看见 été"
grep -q "the mean of 2 layers with 2 heads" out || fail "what is shown is not told: $(cat out)"

# alone FILE: a page that is whole and asks for nothing outside of it.
alone() {
  [ "$(head -c 15 "$1")" = "<!doctype html>" ] && [ "$(tail -1 "$1")" = "</html>" ] || fail "$1 is not whole"
  grep -q -i -E 'https?:|src=|@import|url\(|<link' "$1" && fail "$1 asks for something outside"
  iconv -f UTF-8 -t UTF-8 "$1" > /dev/null || fail "$1 is no UTF-8"
  grep -q "charset=\"utf-8\"" "$1" || fail "$1 does not say that it is UTF-8"
}
hostile="</script><script>document.title='out'</script> \"' & <!-- <b>hund</b>"
attention transformer "der hund" --html page.html --target "狗看见 été"
attention gru "der hund" --html recurrent.html
attention transformer "$hostile" --html hostile.html --target "$hostile 狗"
for page in page.html recurrent.html hostile.html; do
  alone $page
  [ "$(grep -c '<script' $page)" = 3 ] && [ "$(grep -c '</script>' $page)" = 3 ] || fail "$page: a sentence opened a script"
done
grep -q '<h1 dir="auto">狗看见 été</h1>' page.html || fail "page.html: the translation is not there"
[ "$(stat -c %s page.html)" -lt 60000 ] || fail "page.html is large: $(stat -c %s page.html)"

# What cannot be shown, or written.
expect_error "the model has no attention" attention none "ein mann"
expect_error "the sentence has no words" attention gru "  "
expect_error "no UTF-8 text" attention gru "$(printf 'ein \xff')"
expect_error "a control character, its byte 4" attention gru "$(printf 'ein \033[31m')"
expect_error "the sentence has 501 tokens, and may have 500" attention gru "$(seq -s ' ' 501)"
expect_error "the translation has 1013 tokens, and may have 1012" attention gru "ein mann" --target "$(seq -s ' ' 1013)"
expect_error "config.json" attention nowhere "ein mann"
expect_error "excludes" attention gru "ein mann" --target "un" --beam 3
expect_error "nowhere/page.html" attention gru "ein mann" --html nowhere/page.html
mkdir folder
expect_error "folder" attention gru "ein mann" --html folder
expect_error "/dev/full" attention gru "ein mann" --html /dev/full/page.html
cp page.html before.html
(trap '' XFSZ && ulimit -f 4 && failures=0 && expect_error "page.html" attention transformer "der hund" --html page.html
  exit "$failures") || fail "a page larger than files may be"
cmp -s page.html before.html || fail "a page was half written"
[ -z "$(find . -name '*.tmp*')" ] || fail "a temporary file is left behind"

# A browser's view of a page, as it stands after the script has run, in `dom`. `#` and more say what is chosen.
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
[ -n "$browser" ] || finish "attention is shown, but for the pages, which no browser was there to draw"
seen() {
  timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$work/browser" \
    --virtual-time-budget=5000 --enable-logging=stderr --dump-dom "file://$work/$1" > dom 2> browser.log || fail "$1: $(tail -3 browser.log)"
  grep -q "CONSOLE" browser.log && fail "$1: $(grep CONSOLE browser.log)"
  grep -q "data-problem" dom && fail "$1: $(grep -o 'data-problem="[^"]*"' dom)"
}
# shows PAGE TEXT...: all of it is in the page that was drawn.
shows() {
  local page=$1 text
  seen "$page"
  shift
  for text in "$@"; do grep -q -- "$text" dom || fail "$page: no '$text'"; done
}
# Of 8 pieces and the end at most, by 7 characters and the end; 2 layers of 2 heads with their means, and the whole mean.
columns=$(grep -o '"source":\[[^]]*\]' page.html | grep -o '"kind"' | wc -l)
shows page.html "data-view=\"Cross-attention\"" "data-cells=\"$((8 * columns))\"" 'data-pictures="7"' 'Step 1 of 8' \
  'Mean of all layers and heads' '>狗</button>' '>é</button>' '>␣</span>'
shows page.html#encoder.2.1.row.2 'data-view="Encoder self-attention"' "data-cells=\"$((columns * columns))\"" 'Layer 2, head 1' \
  "Step 2 of $columns"
shows page.html#decoder.1.0.column.1 'data-view="Decoder self-attention"' 'data-cells="64"' 'Layer 1, mean of its heads' \
  "$(quoted '(begin)') is looked at by $(quoted 狗) 100.0"
shows page.html#erasure.0.0.row.2 'data-view="Without a word"' "data-cells=\"$((8 * columns))\"" 'data-pictures="0"' '>needs<'
shows recurrent.html 'data-view="Attention"' 'data-pictures="0"'
shows hostile.html '&lt;b&gt;'
grep -q "<title>&lt;/script&gt;" dom || fail "hostile.html: a sentence has changed the title: $(grep '<title' dom)"

# What its buttons and keys do: they are pressed by a script at the end of the page.
sed 's|</body>|<script>\
const press = (id, key) => byId(id).dispatchEvent(new KeyboardEvent("keydown", { key }));\
byId("views").querySelectorAll("input")[2].click();\
press("grid", "ArrowUp"); press("grid", "ArrowRight"); press("grid", "ArrowRight");\
byId("step").value = 3; byId("step").dispatchEvent(new Event("input"));\
press("matrix", "ArrowDown"); press("matrix", "ArrowDown"); press("matrix", "ArrowRight");\
byId("fit").click();\
document.body.dataset.readout = byId("readout").textContent;\
byId("keys").querySelectorAll("button")[1].click();\
document.body.dataset.address = location.hash;\
</script></body>|' page.html > pressed.html
shows pressed.html 'data-view="Decoder self-attention"' 'Layer 2, head 2' 'data-address="#decoder.2.2.column.2"' \
  "$(quoted 狗) is looked at by" 'data-readout="Writing “'
finish "attention is shown, in the terminal and as pages"
