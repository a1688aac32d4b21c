#include "training.h"

#include "bleu.h"

#include <gradus/autograd/modes.h>

#include <utility>

namespace translation {

using namespace gradus;

namespace {

/// Negative log-likelihoods of target tokens.
struct Likelihood {
  double sum = 0;
  std::int64_t tokens = 0;
};
/// With the reference as the decoder's input. Nothing where it was stopped.
std::optional<Likelihood> likelihood(const TranslationModel& model, std::span<const Example> examples,
                                     const std::function<bool()>& stop) {
  Likelihood total;
  for (const auto& indices : make_batches(examples, {.batch_size = 64, .shuffle = false}, 0)) {
    if (stop && stop()) return {};
    const Batch batch = make_batch(examples, indices);
    const TokenLoss loss = model.loss(batch.source, batch.lengths, batch.previous, batch.target);
    total.sum += loss.nll_sum;
    total.tokens += loss.count;
  }
  return total;
}

}  // namespace

std::optional<Validation> validate(const TranslationModel& model, const Data& data,
                                   const std::function<bool()>& stop) {
  const evaluating scope;
  const std::optional<Likelihood> all = likelihood(model, data.valid, stop);
  if (!all) return {};
  std::vector<std::vector<std::int64_t>> sources;
  for (const Example& example : data.valid) sources.push_back(example.source);
  std::optional<std::vector<std::string>> translations =
      translate_sentences(model, data.target, std::move(sources), stop);
  if (!translations) return {};
  const scoring::Bleu bleu({.tokenizer = data.bleu_tokenizer});
  const double loss = all->sum / static_cast<double>(all->tokens);
  const double word_loss = all->sum / static_cast<double>(count_words(data.valid_text.target));
  return Validation{loss, std::exp(loss), std::exp(word_loss),
                    scoring::corpus_score(bleu, *translations, {data.valid_text.target}).score,
                    std::move(*translations)};
}

}  // namespace translation
