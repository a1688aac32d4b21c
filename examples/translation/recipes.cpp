#include "recipes.h"

namespace translation {

namespace {

constexpr Recipe all[] = {
    {"demo", "a small GRU with attention for a few thousand short sentences, the model of `translate demo`",
     "--model gru --dim 64 --hidden 128 --dropout 0.1 --batch 64 --epochs 10"},
    {"tutorial-gru",
     "the GRU with additive attention of the tutorials (Bahdanau et al. 2015), whole words: where most "
     "learners begin",
     "--model gru --dim 256 --hidden 512 --dropout 0.5 --output direct --batch 128 --epochs 10 "
     "--label-smoothing 0 "
     "--lr 0.001"},
    {"tiny",
     "the smallest Transformer that reached the published scores on Multi30k (Wu et al. 2021), in many "
     "epochs",
     "--source-tokens bpe --target-tokens bpe --max-vocabulary 9700 --model transformer --layers 4 --dim 128 "
     "--ffn 256 "
     "--heads 4 --norm post --tie all --dropout 0.3 --batch-unit tokens --batch 4096 --lr 0.005 --beta2 0.98 "
     "--schedule inverse-sqrt --warmup 2000 --clip 25 --epochs 100 --patience 20 --ema 0.998"},
    {"flagship", "the Transformer for Multi30k in less than an hour on two cores",
     "--source-tokens bpe --target-tokens bpe --max-vocabulary 8000 --model transformer --layers 4 --dim 128 "
     "--ffn 256 --heads 4 --norm pre --positions rotary --tie all --dropout 0.2 --attention-dropout 0.1 "
     "--activation-dropout 0.1 --batch-unit tokens --batch 1000 --lr 0.003 "
     "--beta2 0.98 --schedule linear --warmup 800 --epochs 30 --patience 30 --ema 0.998"},
    {"fast", "one for a few minutes, for some five points less",
     "--source-tokens bpe --target-tokens bpe --max-vocabulary 5000 --model transformer --layers 2 --dim 192 "
     "--ffn 768 --heads 4 --norm pre --tie all --dropout 0.1 --batch-unit tokens --batch 1250 --lr 0.003 "
     "--beta2 0.98 --schedule linear --warmup 400 --epochs 6 --patience 6 --ema 0.998"},
    {"gru", "a conditional GRU with attention, in less than two hours on one core",
     "--source-tokens bpe --target-tokens bpe --joint-vocabulary --max-vocabulary 8000 --model gru --timing "
     "between --dim 192 "
     "--hidden 320 --dropout 0.2 --context-dropout 0.3 --output-dropout 0.3 --batch-unit tokens --batch 1000 "
     "--lr 0.002 "
     "--beta2 0.98 --schedule linear --warmup 500 --epochs 22 --patience 22 --ema 0.999 --l2 0.000001"},
};

}  // namespace

std::span<const Recipe> recipes() { return all; }

}  // namespace translation
