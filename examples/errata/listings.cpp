// The articles' code, translated line for line.
#include "errata.h"

namespace errata {

using namespace gradus;

namespace {

/// Runs code that may be refused; says with what words.
template <class Code>
bool runs(Evidence& e, const char* what, Code code) {
  try {
    code();
    e.say(std::string(what) + ": runs");
    return true;
  } catch (const Error& error) {
    e.say(std::string(what) + ": " + error.what());
    return false;
  }
}

}  // namespace

std::vector<Section> listing_sections() {
  return {
      {"additive-module", softmax_article,
       "The article's additive Attention module runs for a batch of 5, 10 steps and 128 features.",
       Verdict::refuted,
       [](Evidence& e) {
         const Tensor memory = randn({5, 10, 128}), query = randn({5, 1, 128});
         const bool first = runs(e, "the batch size read from axis 1", [&] {
           const std::int64_t batch = memory.size(1);        // takes 10 for the batch
           const Tensor flat = memory.reshape({batch, -1});  // (10, 640)
           return query.expand({5, memory.size(1), 128}) + flat.unsqueeze(0).expand({5, 10, 128});
         });
         const bool second = runs(e, "behind it, weights without an axis of their own", [&] {
           return memory * softmax(randn({5, 10}), 1);
         });
         const Tensor weights = softmax(randn({5, 10}), 1);
         const Tensor context = sum(memory * weights.unsqueeze(2), {1});
         e.say("with the axis, the context is " + to_string(context.shape()));
         if (!(context.shape() == Shape{5, 128})) e.figure("shape of the context", 0, 1);
         return verdict_of(first && second);
       },
       "read the batch from axis 0, and give the weights an axis for the features: weights.unsqueeze(2)"},
      {"attention-decoder", tutorial_article,
       "The AttnDecoder's weights say how much it looks at each of the encoder's outputs.", Verdict::refuted,
       [](Evidence& e) {
         const nn::LocationAttention decoder(11, 8, 8);
         const Tensor input = tensor({3}, DType::int64), hidden = randn({1, 8}), source = randn({1, 8, 8}),
                      other = randn({1, 8, 8});
         const double change =
             difference(decoder(input, hidden, source).weights, decoder(input, hidden, other).weights);
         e.figure("change of its weights when the source is another one", change, 0);
         const nn::Attention additive(nn::Score::additive, 8, 8);
         const double additive_change = difference(additive(hidden.unsqueeze(1), source).weights,
                                                   additive(hidden.unsqueeze(1), other).weights);
         e.shown("change of additive attention's", additive_change);
         return verdict_of(change > 0);
       },
       "score(s, h) must see h: nn::Attention, additive. The listing stays as nn::LocationAttention, to look "
       "at"},
      {"attention-decoder-any-length", tutorial_article, "The AttnDecoder takes sources of any length.",
       Verdict::refuted,
       [](Evidence& e) {
         const nn::LocationAttention as_printed(11, 8, 8);  // maps to hidden = 8 weights
         const Tensor input = tensor({3}, DType::int64);
         const bool short_one = runs(e, "8 words, as many as it has hidden features", [&] {
           return as_printed(input, zeros({1, 8}), randn({1, 8, 8}));
         });
         const bool long_one = runs(e, "9 words", [&] {
           return as_printed(input, zeros({1, 8}), randn({1, 9, 8}));
         });
         return verdict_of(short_one && long_one);
       },
       "its linear layer has to map to a largest length; content-based attention has no such limit"},
      {"context-is-a-dot-product", tutorial_article, "The context is a dot product of weights and states.",
       Verdict::refuted,
       [](Evidence& e) {
         const Tensor weights = softmax(randn({5}), 0), states = randn({5, 4});
         e.say("weights (5,) with states (5, 4) give " + to_string(matmul(weights, states).shape()) +
               "; a dot product gives one number");
         return verdict_of(matmul(weights, states).numel() == 1);
       },
       "a row of weights times the matrix of states: a weighted sum"},
      {"sum-as-context", tutorial_article, "Without attention the context is the sum of all states.",
       Verdict::refuted,
       [](Evidence& e) {
         const nn::GRU gru(4, 6);
         const auto size = [&](std::int64_t n) { return norm(sum(gru(ones({1, n, 4})).output, {1})).item(); };
         e.shown("length of the sum over 5 words", size(5));
         e.shown("over 50", size(50));
         return verdict_of(size(50) < 2 * size(5));
       },
       "the usual choice is the last state; a sum grows with the length of the sentence"},
  };
}

}  // namespace errata
