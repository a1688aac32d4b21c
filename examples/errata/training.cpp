// Claims about training and use.
#include "errata.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace errata {

using namespace gradus;

namespace {

/// A tiny copy task: predicts each target word from a code of 8 features. `leak`: the code is made of the
/// target itself, as when the target goes into the encoder. Gives the loss with the code that inference has,
/// which never sees the target.
struct LeakResult {
  double training, inference;
};
LeakResult train_with_leak(bool leak) {
  struct Model {
    nn::Embedding read{12, 8};
    nn::Linear out{8, 12};
  } model;
  const Tensor source = randint(0, 12, {64}),
               target = randint(0, 12, {64});  // unrelated: nothing can be learnt but by the leak
  optim::Adam adam{parameters(model), {.lr = 0.05}};
  const auto loss_of = [&](const Tensor& seen) { return cross_entropy(model.out(model.read(seen)), target); };
  double training = 0;
  for (int step = 0; step < 150; ++step) {
    adam.zero_grad();
    const Tensor loss = loss_of(leak ? target : source);
    loss.backward();
    adam.step();
    training = loss.item();
  }
  return {training, loss_of(source).item()};
}

/// Sentences of 8 words out of 20, and whether word 3 is among them; a fifth of the answers are wrong.
struct Noisy {
  Tensor words, answers;  // (n, 8), (n,)
};
Noisy noisy_sentences(std::int64_t n) {
  const Tensor words = randint(0, 20, {n, 8}), has_it = gt(sum(eq(words, 3).to(DType::float32), {1}), 0);
  const Tensor wrong = lt(rand({n}), 0.2);
  return {words, ne(has_it, wrong).to(DType::int64)};
}

/// The losses on sentences that are learnt from and on others, every 25 steps.
struct Curves {
  std::vector<double> training, held_out;
  double lowest() const { return *std::min_element(held_out.begin(), held_out.end()); }
  double rise() const { return held_out.back() - lowest(); }
};
Curves learn_from(std::int64_t sentences, bool with_attention) {
  struct Model {
    nn::Embedding read{20, 16};
    nn::Attention attention{nn::Score::additive, 16, 16};
    nn::Linear out{16, 2};
  } model;
  const Noisy known = noisy_sentences(sentences), other = noisy_sentences(500);
  const Tensor query = ones({1, 1, 16});
  const auto loss_of = [&](const Noisy& text) {
    const Tensor states = model.read(text.words);  // (n, 8, 16)
    const Tensor pooled =
        with_attention ? model.attention(query.expand({states.size(0), 1, 16}), states).context.squeeze(1)
                       : mean(states, {1});
    return cross_entropy(model.out(pooled), text.answers);
  };
  optim::Adam adam{parameters(model), {.lr = 0.02}};
  Curves curves;
  for (int step = 0; step <= 150; ++step) {
    adam.zero_grad();
    const Tensor loss = loss_of(known);
    if (step % 25 == 0) {
      const no_grad scope;
      curves.training.push_back(loss.item());
      curves.held_out.push_back(loss_of(other).item());
    }
    loss.backward();
    adam.step();
  }
  return curves;
}

void show(Evidence& e, const std::string& what, const std::vector<double>& losses) {
  std::string line = what + ":";
  char number[16];
  for (const double loss : losses) {
    std::snprintf(number, sizeof number, "  %.2f", loss);
    line += number;
  }
  e.say(line);
}

}  // namespace

std::vector<Section> training_sections() {
  return {
      {"overfits-small-data", focus_article, "Attention overfits easily where there is little data.",
       Verdict::confirmed,
       [](Evidence& e) {
         const Curves few = learn_from(40, true), many = learn_from(600, true), mean = learn_from(40, false);
         e.say("losses every 25 steps");
         show(e, "40 sentences       ", few.training);
         show(e, "  on others        ", few.held_out);
         show(e, "600 sentences      ", many.training);
         show(e, "  on others        ", many.held_out);
         show(e, "40, without weights", mean.training);
         show(e, "  on others        ", mean.held_out);
         return verdict_of(few.rise() > 0.5 && many.rise() < few.rise() / 4);
       },
       "it is the data: the mean of the states in attention's place does so, too. Stop where the loss on "
       "other text is lowest; more text, dropout and label smoothing put that off"},
      {"target-into-the-encoder", survey_article,
       "In training the target goes into the encoder together with the source.", Verdict::refuted,
       [](Evidence& e) {
         const LeakResult leaking = train_with_leak(true);
         e.shown("loss in training, the target in the encoder", leaking.training);
         e.shown("loss in use, where there is none", leaking.inference);
         e.shown("loss of guessing", std::log(12.0));
         return verdict_of(leaking.inference < leaking.training + 0.5);
       },
       "the target goes into the decoder, shifted by one; in the encoder it gives the answer away"},
      {"target-at-inference", survey_article, "In use, source and target both go into the encoder.",
       Verdict::refuted,
       [](Evidence& e) {
         const nn::TransformerDecoder decoder(8, {.heads = 2, .ffn = 16, .decoder_layers = 1, .dropout = 0});
         const Tensor memory = randn({1, 5, 8});
         nn::DecoderCache cache = decoder.start(memory);
         Tensor word = randn({1, 1, 8});
         for (int step = 0; step < 4; ++step) word = decoder.step(word, cache).output;
         e.figure("words written from the source alone, each from the one before",
                  static_cast<double>(cache.length()), 4);
         return verdict_of(cache.length() != 4);
       },
       "there is no target in use: each word is written from the source and the words before"},
      {"future-words", survey_article, "A decoder with self-attention needs no mask.", Verdict::refuted,
       [](Evidence& e) {
         const nn::MultiHeadAttention attention(8, 2);
         const Tensor x = randn({1, 5, 8});
         Tensor other = x.clone();
         other[{0, 4}] = 9.0;  // the last word changes
         const double open =
             difference(attention(x, x, x).output[{0, 0}], attention(other, other, other).output[{0, 0}]);
         const double masked = difference(attention(x, x, x, {.causal = true}).output[{0, 0}],
                                          attention(other, other, other, {.causal = true}).output[{0, 0}]);
         e.shown("without a mask the first output changes by", open);
         e.shown("with the causal mask", masked);
         return verdict_of(open == 0);
       },
       "none of the articles names the causal mask; without it a position sees the word it is to predict"},
      {"average-embeddings", survey_article,
       "Models of an ensemble may be combined by averaging their embedding matrices.", Verdict::refuted,
       [](Evidence& e) {
         // Two models that compute the same: the second has its features in another order.
         const Tensor table = randn({12, 8}), out = randn({12, 8}), order = flip(arange(0, 8), {0});
         const Tensor table2 = index_select(table, 1, order), out2 = index_select(out, 1, order);
         const auto logits = [](const Tensor& t, const Tensor& o) { return matmul(t, o.t()); };
         const Tensor right = logits(table, out);
         e.figure("the two models differ by", difference(right, logits(table2, out2)), 0, 1e-4);
         const double averaged = difference(right, logits((table + table2) / 2, (out + out2) / 2));
         e.shown("averaged tables differ from both by", averaged);
         e.figure("averaged outputs by", difference(right, (right + logits(table2, out2)) / 2), 0, 1e-4);
         return verdict_of(averaged < 1e-3);
       },
       "feature spaces of models trained apart are not aligned: average probabilities or their logarithms at "
       "each step"},
      {"distance-makes-gradients-vanish", survey_article,
       "The distance between query and key vectors makes the weights vanish exponentially.", Verdict::refuted,
       [](Evidence& e) {
         // How much the first input moves the last state, of a GRU and of attention, over a distance of 60
         // steps.
         const auto influence = [](std::int64_t n, bool attention) {
           Tensor x = randn({1, n, 8}, DType::float64).requires_grad_();
           if (attention) {
             const nn::MultiHeadAttention layer = clone(nn::MultiHeadAttention(8, 2), DType::float64);
             sum(layer(x.slice(1, n - 1), x, x).output).backward();
           } else {
             const nn::GRU gru = clone(nn::GRU(8, 8), DType::float64);
             sum(gru(x).state).backward();
           }
           return norm(x.grad()[{0, 0}]).item();
         };
         const double gru_near = influence(3, false), gru_far = influence(60, false),
                      near = influence(3, true), far = influence(60, true);
         e.shown("GRU: gradient of the first input over 3 steps", gru_near);
         e.shown("over 60", gru_far);
         e.shown("attention: over 3", near);
         e.shown("over 60", far);
         return verdict_of(far / near < gru_far / gru_near);
       },
       "distance in time makes gradients vanish in recurrences; attention shortens the path. Softmax "
       "saturates where scores are far apart"},
      {"impractical-in-real-time", survey_article, "Attention is impractical in real time.", Verdict::refuted,
       [](Evidence& e) {
         // Products of the 50th step of a decoder, in multiply-adds, with keys and values kept and without.
         const double d = 256, t = 50, projections = 4 * d * d, attention = 2 * t * d;
         e.shown("attention's share of a step with kept keys", attention / (attention + projections));
         e.shown("what keeping them saves: the whole prefix again would cost this many times as much", t);
         return verdict_of(attention > projections);
       },
       "measure it: with kept keys and values a step's attention is a small part of its cost"},
      {"improved-by-attention", encoder_decoder_article, "Attention significantly improved the Transformer.",
       Verdict::refuted,
       [](Evidence& e) {
         const nn::Transformer model(
             8, {.heads = 2, .ffn = 16, .encoder_layers = 1, .decoder_layers = 1, .dropout = 0});
         {
           const no_grad scope;
           for (const auto& [name, parameter] : named_parameters(model)) {
             if (name.find("out_proj") != std::string::npos)
               Tensor(parameter).zero_();  // attention taken out
           }
         }
         const Tensor target = randn({1, 3, 8});
         const double change = difference(model(randn({1, 5, 8}), target), model(randn({1, 5, 8}), target));
         e.figure("without attention another source changes the output by", change, 0);
         return verdict_of(change > 0);
       },
       "a Transformer without attention never sees its source; the ablation that means something is a "
       "recurrent model with and without it"},
      {"mle-or-cross-entropy", encoder_decoder_article,
       "Cross entropy and maximum likelihood are two losses to choose from.", Verdict::refuted,
       [](Evidence& e) {
         const Tensor logits = randn({6, 9}, DType::float64), labels = randint(0, 9, {6});
         const double entropy = cross_entropy(logits, labels).item();
         const double likelihood = -mean(gather(log_softmax(logits, 1), 1, labels.unsqueeze(1))).item();
         e.figure("cross entropy less negative log-likelihood", entropy - likelihood, 0, 1e-12);
         return verdict_of(std::abs(entropy - likelihood) > 1e-9);
       },
       "the same number"},
  };
}

}  // namespace errata
