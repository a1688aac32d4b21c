// Claims about architectures.
#include "errata.h"

#include <cmath>

namespace errata {

using namespace gradus;

namespace {

Verdict by_citation(Evidence& e) {
  e.say("who wrote what cannot be computed; see the source");
  return Verdict::cited;
}

}  // namespace

std::vector<Section> model_sections() {
  return {
      {"bahdanau-model", survey_article,
       "Bahdanau's model scores a two-layer LSTM encoder's own state s_t with a channel-wise network.",
       Verdict::refuted,
       [](Evidence& e) {
         const nn::Attention attention(nn::Score::additive, 6, 8);
         const Tensor annotations = randn({1, 5, 8}), state = randn({1, 1, 6}),
                      other_state = randn({1, 1, 6});
         const double change =
             difference(attention(state, annotations).weights, attention(other_state, annotations).weights);
         e.shown("change of the weights when only the decoder's state changes", change);
         return verdict_of(change == 0);
       },
       "e_ij = v . tanh(W s_(i-1) + U h_j): s is the decoder's state, h_j a bidirectional gated RNN's "
       "(Bahdanau, Cho, Bengio 2015)"},
      {"effective-approaches", survey_article,
       "'Effective Approaches to Attention-based NMT' is by Sukhbaatar et al. 2015.", Verdict::cited,
       by_citation,
       "Luong, Pham, Manning, EMNLP 2015. Sukhbaatar et al. 2015 is 'End-To-End Memory Networks'"},
      {"scale-center", survey_article, "Bengio's team introduced 'scale-center constraints'.", Verdict::cited,
       by_citation, "no such method is in the papers that the article cites"},
      {"attention-transfer-function", survey_article,
       "The attention module is called 'attention transfer function'.", Verdict::cited, by_citation,
       "alignment model (Bahdanau, Cho, Bengio 2015, section 3.1)"},
      {"equal-lengths", survey_article,
       "All inputs of a Transformer must have one length, and input and output the same.", Verdict::refuted,
       [](Evidence& e) {
         const nn::Transformer model(
             8, {.heads = 2, .ffn = 16, .encoder_layers = 1, .decoder_layers = 1, .dropout = 0});
         const Tensor source = randn({2, 7, 8}), target = randn({2, 3, 8}),
                      padding = padding_mask(tensor({7, 4}, DType::int64), 7);
         const Tensor together =
             model(source, target, {.key_mask = padding}, {.causal = true}, {.key_mask = padding});
         const Tensor alone = model(source.slice(0, 1, 2).slice(1, 0, 4), target.slice(0, 1, 2));
         e.say("sources of 7 and 4 words, targets of 3, in one batch");
         e.figure("the short one in the batch against alone, off by", difference(together[1], alone[0]), 0,
                  1e-5);
         return verdict_of(difference(together[1], alone[0]) > 1e-4);
       },
       "padding masks make lengths equal within a batch, for either side on its own; decoding stops when the "
       "end symbol comes"},
      {"kernel-softmax-is-spatial", survey_article,
       "A softmax over kernel sizes is attention over places of an image.", Verdict::refuted,
       [](Evidence& e) {
         const nn::SelectiveKernel select(3, 4, {3, 5}, 2);
         const Tensor weights = select.weights(randn({1, 3, 6, 6}));
         e.say("its weights are " + to_string(weights.shape()) +
               ": branches and channels, no height and no width");
         e.figure("sum over the branches", sum(weights[{0, all, 0}]).item(), 1, 1e-5);
         return verdict_of(weights.rank() == 4);
       },
       "it gates branches (Li et al. 2019); attention over places is another thing (Woo et al. 2018)"},
      {"no-convolution-on-text", survey_article, "Text cannot go through a convolution.", Verdict::refuted,
       [](Evidence& e) {
         const nn::Embedding table(20, 8);
         const nn::Conv1d conv(8, 12, 3, {.padding = 1});
         const Tensor y = conv(table(randint(4, 20, {2, 7})).transpose(1, 2));
         e.say("seven embedded words give " + to_string(y.shape()));
         return verdict_of(!(y.shape() == Shape{2, 12, 7}));
       },
       "convolution over embedded words is common (Gehring et al. 2017 translate with nothing else)"},
      {"timing-of-the-query", encoder_decoder_article,
       "It makes no difference whether the query is s_(t-1), as in its formula, or s_t, as in its text.",
       Verdict::refuted,
       [](Evidence& e) {
         const nn::Attention attention(nn::Score::additive, 6, 8);
         const nn::GRUCell cell(4, 6);
         const Tensor annotations = randn({1, 5, 8}), before = randn({1, 6}),
                      after = cell(randn({1, 4}), before);
         const double change = difference(attention(before.unsqueeze(1), annotations).weights,
                                          attention(after.unsqueeze(1), annotations).weights);
         e.shown("difference of the weights", change);
         return verdict_of(change == 0);
       },
       "Bahdanau: s_(t-1), before the step. Luong: s_t, after it. Two models; the translator has both, "
       "--timing before|after"},
      {"context-as-output", softmax_article, "The next decoder state is d_(t+1) = softmax(dot(v_t, W)).",
       Verdict::refuted,
       [](Evidence& e) {
         const Tensor v = randn({8}), w = randn({8, 6});
         const Tensor claimed = softmax(matmul(v, w), 0),
                      state = nn::GRUCell(8, 6)(v.unsqueeze(0), randn({1, 6}));
         e.figure("sum of the claimed state", sum(claimed).item(), 1, 1e-5);
         e.shown("smallest element of a GRU's state", min(state).item());
         e.say("the claimed one is a distribution over words, and knows neither d_t nor the word before");
         return verdict_of(min(claimed).item() < 0);
       },
       "d_(t+1) = RNN([embedding of y_t, context], d_t), or tanh(W [context, state])"},
      {"weights-on-output-words", survey_article,
       "Attention multiplies each output word, combining distributions over words.", Verdict::refuted,
       [](Evidence& e) {
         const nn::Attention attention(nn::Score::general, 6, 6);
         const Tensor weights = attention(randn({1, 1, 6}), randn({1, 9, 6})).weights;
         const Tensor words = softmax(nn::Linear(6, 50)(randn({1, 6})), 1);
         e.figure("weights: one for each source position", static_cast<double>(weights.size(2)), 9);
         e.figure("probabilities: one for each word of the vocabulary", static_cast<double>(words.size(1)),
                  50);
         return verdict_of(weights.size(2) == words.size(1));
       },
       "attention weighs source positions; word probabilities come from the output layer"},
      {"positions-are-concatenated", softmax_article, "The positional encoding is put beside the input.",
       Verdict::refuted,
       [](Evidence& e) {
         const Tensor x = randn({1, 5, 8});
         e.say("added: " + to_string(nn::PositionalEncoding(8)(x).shape()) +
               "; beside: " + to_string(nn::PositionalEncoding(8, {.concat = true})(x).shape()));
         return verdict_of(nn::PositionalEncoding(8)(x).shape() == Shape{1, 5, 16});
       },
       "the standard model adds it, after scaling the embeddings by sqrt(d) (Vaswani et al. 2017, sections "
       "3.4 and 3.5)"},
      {"lower-cost-on-long-input", encoder_decoder_article, "Attention lowers the cost on long sequences.",
       Verdict::refuted,
       [](Evidence& e) {
         // Multiply-adds of a GRU decoder of 64 with and without attention, for n words on either side.
         const auto cost = [](double n, bool attention) {
           return n * 3 * 64 * 128 + (attention ? n * n * 2 * 64 : 0);
         };
         for (const double n : {10.0, 100.0, 1000.0})
           e.shown("n = " + std::to_string(static_cast<int>(n)) + ": with attention, times the cost without",
                   cost(n, true) / cost(n, false));
         return verdict_of(cost(1000, true) <= cost(1000, false));
       },
       "it adds a term that grows with source times target length"},
      {"short-range-only", survey_article, "Attention is limited to short ranges.", Verdict::refuted,
       [](Evidence& e) {
         // The key that fits is as far away as it can be.
         const auto weight_of_the_first = [](std::int64_t n) {
           Tensor keys = zeros({1, n, 4});
           keys[{0, 0}] = 6.0;
           const nn::Attention attention(nn::Score::scaled_dot, 4, 4);
           return attention(full({1, 1, 4}, 3), keys).weights[{0, 0, 0}].item();
         };
         e.shown("weight of the first of 10 keys for a query at the end", weight_of_the_first(10));
         e.shown("of the first of 10,000", weight_of_the_first(10000));
         return verdict_of(weight_of_the_first(10000) < 0.5);
       },
       "the path between any two positions is one step, however far apart"},
  };
}

}  // namespace errata
