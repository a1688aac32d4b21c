// The worked examples of the articles, computed again.
#include "errata.h"

#include <cmath>

namespace errata {

using namespace gradus;

namespace {

const Tensor& query() {
  static const Tensor q = tensor(std::vector<double>{1, 2});
  return q;
}
const Tensor& keys() {
  static const Tensor k = tensor(std::vector<double>{2, 1, 1, 0}, {2, 2});
  return k;
}
const Tensor& values() {
  static const Tensor v = tensor(std::vector<double>{1, 1, 2, 0}, {2, 2});
  return v;
}
Tensor scores(double a, double b) { return tensor(std::vector<double>{a, b}); }
bool close(double a, double b, double tolerance) { return std::abs(a - b) <= tolerance; }

}  // namespace

std::vector<Section> number_sections() {
  return {
      {"dot-products", focus_article, "With q = [1, 2], k1 = [2, 1] and k2 = [1, 0] the scores are 4 and 1.",
       Verdict::confirmed,
       [](Evidence& e) {
         const Tensor s = matmul(keys(), query());
         e.figures("K q", s, {4, 1});
         return verdict_of(close(s[0].item(), 4, 1e-12) && close(s[1].item(), 1, 1e-12));
       },
       "holds"},
      {"softmax-of-4-and-1", focus_article, "softmax(4, 1) is 0.982 and 0.018.", Verdict::refuted,
       [](Evidence& e) {
         const Tensor w = softmax(scores(4, 1), 0);
         e.figures("softmax(4, 1)", w, {0.952574, 0.047426});
         e.figure("1 / (1 + e^-4), as if the second score were 0",
                  sigmoid(tensor(std::vector<double>{4}))[0].item(), 0.982014);
         return verdict_of(close(w[0].item(), 0.982, 5e-4));
       },
       "0.952574 and 0.047426"},
      {"general-score-same-matrix", focus_article,
       "The article's own W = [[1, 1], [0, 1]] as a bilinear score explains its 0.982.", Verdict::confirmed,
       [](Evidence& e) {
         const Tensor w = tensor(std::vector<double>{1, 1, 0, 1}, {2, 2});
         const Tensor s = matmul(keys(), matmul(query(), w));  // q^T W k
         e.figures("q^T W k", s, {5, 1});
         const Tensor weights = softmax(s, 0);
         e.figures("weights", weights, {0.982014, 0.017986});
         return verdict_of(close(weights[0].item(), 0.982, 5e-4));
       },
       "the printed weights belong to the general score, not to the dot product"},
      {"mlp-score", focus_article, "MLP(q, k1) = [3, 3] and MLP(q, k2) = [1, 2] for one linear map of q.",
       Verdict::refuted,
       [](Evidence& e) {
         const Tensor w = tensor(std::vector<double>{1, 1, 0, 1}, {2, 2});
         const Tensor row = matmul(query(), w), column = matmul(w, query());
         e.figures("q W", row, {1, 3});
         e.figures("W q", column, {3, 2});
         e.say("k is not used, so both keys get the same; and a score is one number, not two");
         return verdict_of(row[0].item() == 3 && row[1].item() == 3);
       },
       "e_i = v . tanh(W q + U k_i), one number for each key"},
      {"additive-score-mended", focus_article,
       "Mended with e_i = sum tanh(W q + W k_i), the example gives nearly equal weights.", Verdict::confirmed,
       [](Evidence& e) {
         const Tensor w = tensor(std::vector<double>{1, 1, 0, 1}, {2, 2});
         const Tensor q = matmul(w, query()).reshape({1, 1, 2}), k = matmul(keys(), w.t()).unsqueeze(0);
         const Tensor s = additive_scores(q, k, tensor(std::vector<double>{1, 1})).flatten();
         e.figures("scores", s, {1.995042, 1.963357});
         const Tensor weights = softmax(s, 0);
         e.figures("weights", weights, {0.507921, 0.492079});
         e.figures("context", matmul(weights, values()), {1.492079, 0.507921});
         return verdict_of(weights[0].item() - weights[1].item() < 0.02);
       },
       "holds: tanh is bounded, so two units cannot tell the keys far apart"},
      {"softmax-of-3-and-1", focus_article, "exp(3) / (exp(3) + exp(1)) is 0.952.", Verdict::refuted,
       [](Evidence& e) {
         const Tensor w = softmax(scores(3, 1), 0);
         e.figures("softmax(3, 1)", w, {0.880797, 0.119203});
         e.figure("1 / (1 + e^-3), the same slip again", sigmoid(tensor(std::vector<double>{3}))[0].item(),
                  0.952574);
         return verdict_of(close(w[0].item(), 0.952, 5e-4));
       },
       "0.880797 and 0.119203"},
      {"context-by-hand", focus_article, "0.8 [1, 1] + 0.2 [2, 0] = [1.2, 0.8].", Verdict::confirmed,
       [](Evidence& e) {
         const Tensor c = matmul(scores(0.8, 0.2), values());
         e.figures("context", c, {1.2, 0.8});
         return verdict_of(close(c[0].item(), 1.2, 1e-9) && close(c[1].item(), 0.8, 1e-9));
       },
       "holds"},
      {"dot-attention-listing", focus_article,
       "The TensorFlow listing of dot attention is right, though it prints nothing.", Verdict::confirmed,
       [](Evidence& e) {
         const Tensor weights = softmax(matmul(keys(), query()), 0), context = matmul(weights, values());
         e.figures("context", context, {1.047426, 0.952574});
         const Tensor scaled = softmax(matmul(keys(), query()) / std::sqrt(2.0), 0);
         e.figures("weights of the scaled form", scaled, {0.892958, 0.107042});
         e.figures("its context", matmul(scaled, values()), {1.107042, 0.892958});
         const nn::Attention attention = clone(nn::Attention(nn::Score::dot, 2, 2), DType::float64);
         const Tensor same =
             attention.attend(query().reshape({1, 1, 2}), keys().unsqueeze(0), values().unsqueeze(0))
                 .context.flatten();
         return verdict_of(max(abs(same - context)).item() < 1e-12);
       },
       "holds; unscaled, unmasked, one query"},
      {"positional-table", softmax_article,
       "sin and cos of pos / 10000^(2i/d): the first four rows for d = 4.", Verdict::confirmed,
       [](Evidence& e) {
         const Tensor table = nn::sinusoid_table(4, 4, DType::float64);
         e.figures("position 0", table[0], {0, 1, 0, 1});
         e.figures("position 1", table[1], {0.841471, 0.540302, 0.010000, 0.999950});
         e.figures("position 2", table[2], {0.909297, -0.416147, 0.019999, 0.999800});
         e.figures("position 3", table[3], {0.141120, -0.989992, 0.029996, 0.999550}, 2e-6);
         return verdict_of(e.figures_hold());
       },
       "holds: the formula is that of Vaswani et al. 2017"},
      {"seven-states-for-three-words", softmax_article,
       "'I love programming' has encoder states h1 to h7 and decoder states d1 to d7.", Verdict::refuted,
       [](Evidence& e) {
         const Tokenizer words{Tokenizer::words};
         const auto count = static_cast<std::int64_t>(words.tokenize("I love programming").size());
         const nn::GRUOutput states = nn::GRU(4, 6)(randn({1, count + 1, 4}));
         e.figure("words", static_cast<double>(count), 3);
         e.figure("encoder states, the end symbol included", static_cast<double>(states.output.size(1)), 4);
         e.say(
             "seven need a split into subwords that the article does not make; and the two sides need not be "
             "of one length");
         return verdict_of(states.output.size(1) == 7);
       },
       "one state for each token: three words and the end"},
      {"shape-of-the-context", softmax_article,
       "For a batch of 5, 10 steps and 128 features the context has the shape (5,).", Verdict::refuted,
       [](Evidence& e) {
         const nn::Attention attention(nn::Score::additive, 128, 128);
         const nn::AttentionOutput out = attention(randn({5, 1, 128}), randn({5, 10, 128}));
         const Tensor context = out.context.squeeze(1), weights = out.weights.squeeze(1);
         e.say("context " + to_string(context.shape()) + ", weights " + to_string(weights.shape()));
         if (!(context.shape() == Shape{5, 128}) || !(weights.shape() == Shape{5, 10}))
           e.figure("shapes differ", 0, 1);
         return verdict_of(context.shape() == Shape{5});
       },
       "context (5, 128), weights (5, 10)"},
      {"double-exponential", survey_article, "a_i = exp(e_i) / sum exp(exp(e_j)).", Verdict::refuted,
       [](Evidence& e) {
         const auto formula = [](const Tensor& s) { return exp(s) / sum(exp(exp(s))); };
         const Tensor far = formula(scores(4, 1)), equal = formula(scores(0, 0));
         e.shown("weights of the scores (4, 1), first", far[0].item());
         e.shown("second", far[1].item());
         e.figure("of equal scores", equal[0].item(), 0.183940);
         e.figure("their sum", sum(equal).item(), 0.367879);
         e.shown("float32 at a score of 4.5", formula(scores(4.5, 0).to(DType::float32))[0].item());
         return verdict_of(close(sum(equal).item(), 1, 1e-6));
       },
       "exp(e_i) / sum exp(e_j), with the largest score subtracted first"},
  };
}

}  // namespace errata
