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

/// Greedy translations of the validation text, line by line. Nothing where it was stopped.
std::optional<std::vector<std::string>> translate(const TranslationModel& model, const Data& data,
                                                  const std::function<bool()>& stop) {
  constexpr std::size_t batch_size = 64;
  const auto most = static_cast<std::size_t>(model.most_words());
  std::vector<std::size_t> order(data.valid.size());  // by length, so that little padding is computed
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return data.valid[a].source.size() < data.valid[b].source.size();
  });
  std::vector<std::string> translations(order.size());
  for (std::size_t from = 0; from < order.size(); from += batch_size) {
    if (stop && stop()) return {};
    std::vector<std::vector<std::int64_t>> sources;
    for (std::size_t i = from; i < std::min(from + batch_size, order.size()); ++i) {
      sources.push_back(data.valid[order[i]].source);
      if (sources.back().size() > most) sources.back().resize(most);
    }
    const std::vector<Translation> found = greedy_search(model, sources);
    for (std::size_t i = 0; i < found.size(); ++i)
      translations[order[from + i]] = data.target.decode(found[i].ids);
  }
  return translations;
}

}  // namespace

std::optional<Validation> validate(const TranslationModel& model, const Data& data,
                                   const std::function<bool()>& stop) {
  const evaluating scope;
  const std::optional<Likelihood> all = likelihood(model, data.valid, stop);
  if (!all) return {};
  std::optional<std::vector<std::string>> translations = translate(model, data, stop);
  if (!translations) return {};
  const scoring::Bleu bleu({.tokenizer = data.bleu_tokenizer});
  const double loss = all->sum / static_cast<double>(all->tokens);
  const double word_loss = all->sum / static_cast<double>(count_words(data.valid_text.target));
  return Validation{loss, std::exp(loss), std::exp(word_loss),
                    scoring::corpus_score(bleu, *translations, {data.valid_text.target}).score,
                    std::move(*translations)};
}

}  // namespace translation
