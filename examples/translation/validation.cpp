#include "training.h"

#include "bleu.h"

#include <gradus/autograd/modes.h>

#include <algorithm>
#include <numeric>

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
    const TokenLoss loss = model.loss(batch.source, batch.lengths, batch.previous, batch.target, 0);
    total.sum += loss.nll_sum;
    total.tokens += loss.count;
  }
  return total;
}

/// Pieces of text between white space, and an end for every line.
std::int64_t count_words(std::span<const std::string> lines) {
  std::int64_t words = 0;
  for (const std::string& line : lines) words += std::ssize(Tokenizer{Tokenizer::words}.tokenize(line)) + 1;
  return words;
}

/// BLEU of greedy translations. Nothing where it was stopped.
std::optional<double> bleu_of_translations(const TranslationModel& model, const Data& data,
                                           const std::function<bool()>& stop) {
  constexpr std::size_t batch_size = 64;
  const auto most = static_cast<std::size_t>(model.most_words());
  std::vector<std::size_t> order(data.valid.size());  // by length, so that little padding is computed
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return data.valid[a].source.size() < data.valid[b].source.size();
  });
  std::vector<std::string> hypotheses, references;
  for (std::size_t from = 0; from < order.size(); from += batch_size) {
    if (stop && stop()) return {};
    std::vector<std::vector<std::int64_t>> sources;
    for (std::size_t i = from; i < std::min(from + batch_size, order.size()); ++i) {
      sources.push_back(data.valid[order[i]].source);
      if (sources.back().size() > most) sources.back().resize(most);
      references.push_back(data.valid_text.target[order[i]]);
    }
    for (const Translation& translation : greedy_search(model, sources))
      hypotheses.push_back(data.target.decode(translation.ids));
  }
  const scoring::Bleu bleu({.tokenizer = data.bleu_tokenizer});
  return scoring::corpus_score(bleu, hypotheses, {references}).score;
}

}  // namespace

std::optional<Validation> validate(const TranslationModel& model, const Data& data,
                                   const std::function<bool()>& stop) {
  const evaluating scope;
  const std::optional<Likelihood> all = likelihood(model, data.valid, stop);
  if (!all) return {};
  const std::optional<double> bleu = bleu_of_translations(model, data, stop);
  if (!bleu) return {};
  const double loss = all->sum / static_cast<double>(all->tokens);
  const double word_loss = all->sum / static_cast<double>(count_words(data.valid_text.target));
  return Validation{loss, std::exp(loss), std::exp(word_loss), *bleu};
}

}  // namespace translation
