#include "training.h"

#include "bleu.h"

#include <gradus/autograd/modes.h>

#include <algorithm>
#include <iterator>
#include <numeric>

namespace translation {

using namespace gradus;

namespace {

/// Mean negative log-likelihood of a target token. Nothing where it was stopped.
std::optional<double> mean_loss(const TranslationModel& model, std::span<const Example> examples,
                                const std::function<bool()>& stop) {
  double sum = 0;
  std::int64_t tokens = 0;
  for (const auto& indices : make_batches(examples, {.batch_size = 64, .shuffle = false}, 0)) {
    if (stop && stop()) return {};
    const Batch batch = make_batch(examples, indices);
    const TokenLoss loss = model.loss(batch.source, batch.lengths, batch.previous, batch.target, 0);
    sum += loss.nll_sum;
    tokens += loss.count;
  }
  return sum / static_cast<double>(tokens);
}

/// BLEU of greedy translations. Nothing where it was stopped.
std::optional<double> bleu_of_translations(const TranslationModel& model, const Data& data,
                                           std::span<const Example> examples,
                                           const std::function<bool()>& stop) {
  constexpr std::size_t batch_size = 64;
  std::vector<std::size_t> order(examples.size());  // by length, so that little padding is computed
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return examples[a].source.size() < examples[b].source.size();
  });
  std::vector<std::string> hypotheses, references;
  for (std::size_t from = 0; from < order.size(); from += batch_size) {
    if (stop && stop()) return {};
    std::vector<std::string> lines;
    for (std::size_t i = from; i < std::min(from + batch_size, order.size()); ++i) {
      lines.push_back(data.valid.source[order[i]]);
      references.push_back(data.valid.target[order[i]]);
    }
    std::vector<std::string> translations = translate_lines(model, data.source, data.target, lines);
    std::move(translations.begin(), translations.end(), std::back_inserter(hypotheses));
  }
  const scoring::Bleu bleu({.tokenizer = data.bleu_tokenizer});
  return scoring::corpus_score(bleu, hypotheses, {references}).score;
}

}  // namespace

std::optional<Validation> validate(const TranslationModel& model, const Data& data,
                                   const std::function<bool()>& stop) {
  const evaluating scope;
  const std::vector<Example> examples = encode(data.valid, data.source, data.target);
  const std::optional<double> loss = mean_loss(model, examples, stop);
  if (!loss) return {};
  const std::optional<double> bleu = bleu_of_translations(model, data, examples, stop);
  if (!bleu) return {};
  return Validation{*loss, std::exp(*loss), *bleu};
}

}  // namespace translation
