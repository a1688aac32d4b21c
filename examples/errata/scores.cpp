// Claims about scores, softmax and heads.
#include "errata.h"

#include <cmath>
#include <set>

namespace errata {

using namespace gradus;

namespace {

/// Mean entropy, in bits, of softmax(factor q.k) over 32 random keys of d features.
double mean_entropy(std::int64_t d, double factor) {
  const Tensor q = randn({200, 1, d}), k = randn({200, 32, d});
  const Tensor w = softmax(bmm(q, k.transpose(1, 2)) * factor, 2);
  return mean(sum(w * log2(w + 1e-30), {2})).item() * -1;
}

}  // namespace

std::vector<Section> score_sections() {
  return {
      {"softmax-of-vectors", softmax_article,
       "P(i) = e^(h_i) / sum e^(h_j) turns the states themselves into weights.", Verdict::refuted,
       [](Evidence& e) {
         const Tensor states = randn({3, 4}, DType::float64);  // three states of four features
         const Tensor taken_literally = exp(states) / sum(exp(states), {0}, true);
         e.say("taken literally, " + to_string(taken_literally.shape()) +
               " numbers for three states: one weight for each feature");
         const Tensor query = randn({4}, DType::float64), weights = softmax(matmul(states, query), 0);
         e.figure("sum of softmax(score(q, h_i))", sum(weights).item(), 1);
         return verdict_of(taken_literally.rank() == 1);
       },
       "softmax needs one score for each state: e_i = score(q, h_i)"},
      {"scaling-makes-equal", survey_article,
       "The scaled product tends to give all inputs equal attention, and the additive form mends that.",
       Verdict::refuted,
       [](Evidence& e) {
         const double small = mean_entropy(4, 1), large = mean_entropy(256, 1),
                      scaled_small = mean_entropy(4, 0.5), scaled = mean_entropy(256, 1.0 / 16);
         e.shown("bits of 5 possible, unscaled, d = 4", small);
         e.shown("unscaled, d = 256", large);
         e.shown("scaled, d = 4", scaled_small);
         e.shown("scaled, d = 256", scaled);
         e.say(
             "without the scale the weights collapse onto one key as d grows; with it they stay as they were "
             "at small d");
         return verdict_of(scaled > 4.9 || large > scaled);
       },
       "the scale keeps softmax from saturating at large d (Vaswani et al. 2017, section 3.2.1)"},
      {"additive-does-not-squash", survey_article, "Additive attention does not squash its scores.",
       Verdict::refuted,
       [](Evidence& e) {
         const Tensor v = rand({16}, DType::float64), bound = sum(abs(v));
         const Tensor huge = additive_scores(randn({1, 1, 16}, DType::float64) * 1000,
                                             randn({1, 8, 16}, DType::float64) * 1000, v);
         e.shown("largest score with inputs of size 1000", max(abs(huge)).item());
         e.shown("sum |v|, which no score can pass", bound.item());
         return verdict_of(max(abs(huge)).item() > bound.item() + 1e-9);
       },
       "v . tanh(W q + U k): the tanh squashes, a score lies within sum |v|"},
      {"softmax-after-all-heads", survey_article, "Softmax is taken once, after all heads are combined.",
       Verdict::refuted,
       [](Evidence& e) {
         const nn::MultiHeadAttention attention(8, 2);
         const Tensor x = randn({1, 5, 8});
         const Tensor weights = attention(x, x, x, {.need_weights = true}).weights;  // (1, heads, 5, 5)
         e.figure("sum of a row of the first head", sum(weights[{0, 0, 2}]).item(), 1, 1e-5);
         e.figure("of the second", sum(weights[{0, 1, 2}]).item(), 1, 1e-5);
         e.shown("largest difference between the heads", difference(weights[{0, 0}], weights[{0, 1}]));
         return verdict_of(difference(weights[{0, 0}], weights[{0, 1}]) == 0);
       },
       "each head has a softmax of its own"},
      {"multi-head-is-a-score", encoder_decoder_article,
       "Multi-head attention is a scoring function, score(s, h) = Concat(head_1, ...) W.", Verdict::refuted,
       [](Evidence& e) {
         const nn::MultiHeadAttention attention(8, 2);
         const Tensor s = randn({1, 1, 8}), h = randn({1, 1, 8});
         const Tensor result = attention(s, h, h).output;
         e.say("for one state and one key it gives " + to_string(result.shape()) +
               ", a vector; a score is one number");
         return verdict_of(result.numel() == 1);
       },
       "every head has weights and a context; the contexts are put side by side and projected"},
      {"heads-are-added", survey_article, "The heads' results are added.", Verdict::refuted,
       [](Evidence& e) {
         const nn::MultiHeadAttention attention(6, 3);
         const NamedTensors state =
             state_dict(attention);  // in_proj_weight, in_proj_bias, out_proj.weight, out_proj.bias
         const Tensor x = randn({1, 4, 6}), all = linear(x[0], state[0].second);
         std::vector<Tensor> contexts;
         for (std::int64_t head = 0; head < 3; ++head) {
           const auto part = [&](std::int64_t which) {
             return all.slice(1, which * 6 + head * 2, which * 6 + head * 2 + 2);
           };
           contexts.push_back(matmul(softmax(matmul(part(0), part(1).t()) / std::sqrt(2.0), 1), part(2)));
         }
         const Tensor expected = attention(x, x, x).output[0];
         const Tensor beside = linear(cat(contexts, 1), state[2].second, state[3].second);
         e.figure("side by side and projected, off by", difference(beside, expected), 0, 1e-5);
         e.say("their plain sum has 2 features, the output 6");
         return verdict_of((contexts[0] + contexts[1] + contexts[2]).shape() == expected.shape());
       },
       "side by side, then projected; that equals a sum only after each head has gone through its own part "
       "of the projection"},
      {"one-head-is-the-product", focus_article,
       "One head whose projections change nothing is scaled dot-product attention.", Verdict::confirmed,
       [](Evidence& e) {
         const nn::MultiHeadAttention attention(4, 1);
         const Tensor one = eye(4);
         load_state_dict(attention, {{"in_proj_weight", cat({one, one, one}, 0)},
                                     {"in_proj_bias", zeros({12})},
                                     {"out_proj.weight", one},
                                     {"out_proj.bias", zeros({4})}});
         const Tensor x = randn({1, 5, 4});
         const Tensor expected = matmul(softmax(matmul(x[0], x[0].t()) / 2, 1), x[0]);
         e.figure("largest difference", difference(attention(x, x, x).output[0], expected), 0, 1e-5);
         return verdict_of(difference(attention(x, x, x).output[0], expected) < 1e-5);
       },
       "holds"},
      {"keys-are-unique-words", survey_article,
       "There are as many keys as there are different words; the key is the whole input but the current "
       "word.",
       Verdict::refuted,
       [](Evidence& e) {
         const Tensor ids = tensor({{5, 7, 5}}, DType::int64);  // one word twice
         const nn::Embedding table(10, 4);
         const Tensor states = nn::GRU(4, 6)(table(ids)).output;
         const Tensor keys = nn::Attention(nn::Score::general, 6, 6).project_keys(states);
         const auto words = ids.to_vector<std::int64_t>();
         const auto different = static_cast<std::int64_t>(std::set(words.begin(), words.end()).size());
         e.figure("different words", static_cast<double>(different), 2);
         e.figure("keys", static_cast<double>(keys.size(1)), 3);
         e.shown("difference between the two keys of the same word", difference(keys[{0, 0}], keys[{0, 2}]));
         return verdict_of(keys.size(1) == different);
       },
       "one key for each position; a word that comes twice has two"},
      {"self-attention-sees-a-part", survey_article, "Self-attention means to focus on a part of the input.",
       Verdict::refuted,
       [](Evidence& e) {
         const nn::MultiHeadAttention attention(8, 2);
         const Tensor x = randn({1, 6, 8});
         const Tensor weights = attention(x, x, x, {.need_weights = true}).weights;
         e.shown("smallest weight of any position", min(weights).item());
         return verdict_of(min(weights).item() == 0);
       },
       "queries, keys and values come from the same sequence; every position looks at every one"},
      {"attention-knows-order", tutorial_article, "Attention captures order, ordinary networks ignore it.",
       Verdict::refuted,
       [](Evidence& e) {
         const Tensor x = randn({1, 6, 8}), order = tensor({3, 0, 5, 1, 4, 2}, DType::int64),
                      moved = index_select(x, 1, order);
         const nn::MultiHeadAttention attention(8, 2);
         const double attention_change = difference(index_select(attention(x, x, x).output, 1, order),
                                                    attention(moved, moved, moved).output);
         const nn::GRU gru(8, 8);
         const double gru_change = difference(gru(x).state, gru(moved).state);
         e.shown("attention: what a new order of the words changes, but for the order", attention_change);
         e.shown("GRU: change of its last state", gru_change);
         return verdict_of(attention_change > 1e-3 && gru_change < 1e-6);
       },
       "the other way round: attention without positions only permutes its output, a recurrence sees order"},
  };
}

}  // namespace errata
