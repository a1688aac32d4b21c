#!/usr/bin/env bash
# translate as its users meet it: a short training, translations, and every kind of bad input.
program=$1
. "$(dirname "$0")/common.sh"

toy_corpus 40
small=(--dim 16 --hidden 24 --batch 16 --epochs 2 --threads 1)

"$program" train "${data[@]}" "${small[@]}" --out model 2> log || fail "training: $(cat log)"
for file in config.json source.vocabulary target.vocabulary model.safetensors log.jsonl timing.jsonl scores.json \
            samples/epoch-0001.txt samples/epoch-0002.txt; do
  [ -s "model/$file" ] || fail "model/$file is missing"
done
grep -q '"step":1,"loss":.*"lr":.*"gradient_norm":' model/log.jsonl || fail "log.jsonl has no steps"
grep -q '"epoch":2,"valid_loss":.*"valid_perplexity":.*"valid_bleu":' model/log.jsonl || fail "log.jsonl has no epochs"
# The validation's BLEU is that of its samples.
best=$(sed -n 's/^ *"epoch": \([0-9]*\),$/\1/p' model/scores.json)
bleu=$("$program" score --hypothesis "model/samples/epoch-000$best.txt" --reference val.en --tokenize none --json |
  sed -n 's/.*"score":\([0-9.]*\),.*/\1/p')
grep -q "\"valid_bleu\": $bleu,\$" model/scores.json || fail "the samples' BLEU is $bleu: $(cat model/scores.json)"
[ "$(printf 'ein mann liest\n\ndie frau\n' | "$program" run model | wc -l)" = 3 ] || fail "run gives a line for a line"
[ "$(printf 'ein mann liest\n\ndie frau\n' | "$program" run model --beam 3 | wc -l)" = 3 ] || fail "run --beam gives a line for a line"
"$program" train "${data[@]}" "${small[@]}" --out again 2> log || fail "second training"
cmp -s model/log.jsonl again/log.jsonl || fail "the same seed gave another log.jsonl"
cmp -s model/model.safetensors again/model.safetensors || fail "the same seed gave other weights"

# every_way NAME OPTIONS...: a model with these options trains, is stored, is read back and translates.
ways=0
every_way() {
  ways=$((ways + 1))
  "$program" train "${data[@]}" "${small[@]}" --max-steps 3 "$@" --out "way_$ways" 2> log || fail "$*: $(cat log)"
  [ "$(printf 'ein mann liest\ndie frau singt laut\n' | "$program" run "way_$ways" | wc -l)" = 2 ] || fail "run after $*"
}
for attention in none dot scaled_dot general additive cosine location content_location; do every_way --attention $attention; done
for normalizer in sparsemax monotonic; do every_way --normalizer $normalizer --learn-temperature; done
for pattern in causal window strided local_m local_p adaptive_span; do every_way --pattern $pattern --window 2; done
for model in rnn gru lstm; do
  every_way --model $model --layers 2
  every_way --model $model --timing after --attention general
done
every_way --timing after --no-input-feeding --output direct
transformer=(--model transformer --heads 2 --ffn 24)
for positions in none sinusoidal learned shaw t5 rotary alibi; do every_way "${transformer[@]}" --positions $positions; done
every_way "${transformer[@]}" --norm post --tie none --warmup 2
every_way "${transformer[@]}" --norm-kind rms --feed-forward swiglu --key-value-heads 1 --tie all
every_way --source-tokens bpe --target-tokens unigram --max-vocabulary 40 --subword-sampling 0.1
every_way --source-tokens bpe --source-subwords "way_$ways/source.subwords"
# Cut at random most sentences have more than the 19 pieces that the model reads; always the same way none has.
every_way --source-tokens bpe --max-vocabulary 40 --subword-sampling 0.9 --attention location --attention-max-length 20
for context in last mean sum; do
  "$program" train "${data[@]}" "${small[@]}" --attention none --context $context --layers 2 --output direct --max-steps 3 \
    --out "context_$context" 2> log || fail "context $context: $(cat log)"
done

head -5 train.en > short.en
: > empty
printf 'gut\n\xff\xfe\n' > invalid.de
printf 'good\nbad\n' > invalid.en
expect_error "120" train --source train.de --target short.en --valid-source val.de --valid-target val.en --out bad
expect_error "empty" train --source empty --target empty --valid-source val.de --valid-target val.en --out bad
expect_error "UTF-8" train --source invalid.de --target invalid.en --valid-source val.de --valid-target val.en --out bad
expect_error "missing.de" train --source missing.de --target train.en --valid-source val.de --valid-target val.en --out bad
expect_error "not empty" train "${data[@]}" --out model
expect_error "hidden" train "${data[@]}" --hidden 0 --out bad
expect_error "lr" train "${data[@]}" --lr -1 --out bad
expect_error "attention" train "${data[@]}" --attention nonsense --out bad
expect_error "3 heads" train "${data[@]}" --model transformer --heads 3 --out bad
expect_error "one kind of token" train "${data[@]}" --model transformer --tie all --source-tokens characters --out bad
expect_error "warmup" train "${data[@]}" --warmup -1 --out bad
expect_error "-3 heads of keys" train "${data[@]}" --model transformer --key-value-heads -3 --out bad
expect_error "-1" train "${data[@]}" --model transformer --ffn -1 --out bad
expect_error "threads: must be a whole number from 0 to 4096, got -3" train "${data[@]}" --threads -3 --out bad
expect_error "positions" train "${data[@]}" --model transformer --positions nowhere --out bad
expect_error "required" train --source train.de
expect_error "is for bpe or unigram" train "${data[@]}" --source-subwords x.model --out bad
expect_error "--subword-sampling" train "${data[@]}" --subword-sampling 0.1 --out bad
expect_error "one vocabulary" train "${data[@]}" --joint-vocabulary --source-tokens bpe --out bad
expect_error "absent.model" train "${data[@]}" --source-tokens bpe --source-subwords absent.model --out bad
expect_error "no model of SentencePiece" train "${data[@]}" --source-tokens bpe --source-subwords train.de --out bad
expect_error "config.json" run nowhere
[ ! -e bad ] || fail "a failed training left its folder"
cp -r model cut && head -c 1000 model/model.safetensors > cut/model.safetensors
expect_error "cut/model.safetensors" run cut
cp -r model stuffed && head -c 2000000 /dev/zero | tr '\0' ' ' >> stuffed/config.json
expect_error "stuffed/config.json' has more than 1048576 bytes" run stuffed
cp -r model lost && rm lost/model.safetensors
expect_error "lost/model.safetensors" run lost
"$program" --help > /dev/null || fail "--help"
"$program" train --help | grep -q -- --label-smoothing || fail "train --help"
finish "all command lines behave"
