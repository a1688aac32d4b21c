#!/usr/bin/env bash
# Options from files: recipes, the config.json of another run, what the command line says against them, and mistakes.
program=$1
. "$(dirname "$0")/common.sh"

toy_corpus 20
for recipe in demo tutorial-gru tiny flagship fast gru; do
  "$program" config $recipe > $recipe.json || fail "config $recipe"
  "$program" train --config $recipe.json "${data[@]}" --max-vocabulary 40 --max-steps 2 --threads 1 --out "of_$recipe" 2> log ||
    fail "training by $recipe: $(cat log)"
done
expect_error "flagship" config nonsense
[ "$("$program" config | wc -l)" = 6 ] || fail "config does not list the recipes"

"$program" train --config demo.json --resume --epochs 1 --threads 1 --out of_demo --max-vocabulary 40 2> log ||
  fail "resume by a recipe: $(cat log)"
grep -q '"epochs": 1,' of_demo/config.json || fail "the command line does not change the epochs"

# A training by the config.json of another one is the same training.
small=(--dim 16 --hidden 24 --batch 16 --epochs 2 --attention general --no-input-feeding)
"$program" train "${data[@]}" "${small[@]}" --threads 1 --out model 2> log || fail "training: $(cat log)"
"$program" train --config model/config.json --threads 1 --out again 2> log || fail "training by config.json: $(cat log)"
for file in config.json model.safetensors log.jsonl; do cmp -s model/$file again/$file || fail "another $file"; done
"$program" train --config model/config.json --seed 2 --epochs 1 --threads 1 --out other 2> log || fail "seed 2: $(cat log)"
grep -q '"seed": 2' other/config.json || fail "the command line does not go before the file"
grep -q '"hidden": 24' other/config.json || fail "the file is not read where the command line says other things"
"$program" train --config model/config.json --epochs 3 --resume --threads 1 --out model 2> log || fail "resume: $(cat log)"
# A file does not change how long a run goes on that is there already.
echo '{"epochs": 1}' > short.json
"$program" train --config short.json --resume --threads 1 --out model 2> log || fail "resume by a short file: $(cat log)"
grep -q '"epochs": 3,' model/config.json || fail "--config has changed the epochs of a run"

# bad TEXT JSON: a training by a file with that in it says TEXT.
bad() {
  echo "$2" > bad.json
  expect_error "$1" train --config bad.json "${data[@]}" --out bad
}
bad "bad.json' is no config: there is no option 'epoch'; the nearest is 'epochs'" '{"epoch": 3}'
bad "there is no option 'nonsense'" '{"training": {"nonsense": 3}}'
bad "'layers' is 2.5, and should be a whole number" '{"layers": 2.5}'
bad "'model' is 7, and should be a text" '{"model": 7}'
bad "sentences or tokens, got 'words'" '{"batch_unit": "words"}'
bad "no tokenizer 'mine'" '{"bleu_tokenizer": "mine"}'
bad "'model' stands in it twice" '{"model": "gru", "training": {"model": "lstm"}}'
bad '"lr" stands in it twice' '{"lr": 0.5, "lr": 0.001}'
bad "another format: 99" '{"format": 99}'
bad "no JSON object" '[1]'
bad "it is no JSON" '{'
printf '{"dim": 16}\0 and more' > nul.json
expect_error "it is no JSON: byte 12 is NUL" train --config nul.json --out bad
expect_error "'/' cannot be read: Is a directory" train --config / --out bad
expect_error "missing.json' cannot be opened" train --config missing.json "${data[@]}" --out bad
expect_error "'' cannot be opened" train --config "" "${data[@]}" --out bad
[ -e bad ] && fail "a refused config leaves a folder"
echo '{"dim": 32}' > wide.json
expect_error "--dim is 32 now, and 16 in the run" train --config wide.json --resume --out model

# The mean of checkpoints, and who may ask for it.
"$program" average model --last 2 --out mean.safetensors > out || fail "average --last"
[ "$(grep -c 'checkpoints/step-' out)" = 2 ] || fail "average names its checkpoints: $(cat out)"
"$program" average model --best 2 --out best.safetensors > out || fail "average --best"
grep -q 'epoch .*BLEU' out || fail "average --best says no BLEU: $(cat out)"
"$program" average model --last 1 --out model/last.safetensors > out || fail "average --last 1"
[ "$(echo 'ein mann liest' | "$program" run model/last.safetensors | wc -l)" = 1 ] || fail "run with other weights"
expect_error "config.json' cannot be opened" run mean.safetensors
expect_error "is there already" average model --last 1 --out model/config.json
expect_error "asks for 9" average model --last 9 --out other.safetensors
expect_error "last" average model --out other.safetensors
expect_error "cannot be opened" average missing --last 1 --out other.safetensors

finish "options from files are taken, gone against and refused"
