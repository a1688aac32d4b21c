#include "search.h"

#include <gradus/autograd/modes.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/create.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace translation {

using namespace gradus;

std::vector<Translation> greedy_search(const TranslationModel& model, std::span<const std::vector<std::int64_t>> sources) {
  const evaluating scope;
  std::vector<Translation> results(sources.size());
  if (sources.empty()) return results;
  const SourceBatch batch = make_source_batch(sources);
  const std::unique_ptr<Decoding> decoding = model.start(batch.source, batch.lengths);
  const auto rows = static_cast<std::int64_t>(sources.size());
  std::vector<bool> ended(sources.size(), false);
  Tensor previous = full({rows}, Vocabulary::begin, DType::int64);
  const std::int64_t longest = 2 * batch.source.size(1) + 10;
  for (std::int64_t t = 0; t < longest && std::find(ended.begin(), ended.end(), false) != ended.end(); ++t) {
    const StepOutput step = decoding->step(previous);
    step.logits.slice(1, Vocabulary::pad, Vocabulary::begin + 1).fill_(-std::numeric_limits<double>::infinity());
    previous = argmax(step.logits, 1);
    const std::span<const std::int64_t> words = previous.span<std::int64_t>();
    for (std::size_t row = 0; row < sources.size(); ++row) {
      if (ended[row]) continue;
      if (step.weights.defined()) {
        results[row].weights.push_back(step.weights[static_cast<std::int64_t>(row)]
                                           .slice(0, 0, static_cast<std::int64_t>(sources[row].size()) + 1)
                                           .to_vector<float>());
      }
      if (words[row] == Vocabulary::end) ended[row] = true;
      else results[row].ids.push_back(words[row]);
    }
  }
  return results;
}

std::vector<std::string> translate_lines(const TranslationModel& model, const Language& source, const Language& target,
                                         std::span<const std::string> lines) {
  constexpr std::size_t batch_size = 64;
  std::vector<std::vector<std::int64_t>> encoded;
  for (const std::string& line : lines) encoded.push_back(source.encode(line));
  // Sentences of similar length together, so that little padding is computed.
  std::vector<std::size_t> order(lines.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return encoded[a].size() < encoded[b].size(); });
  std::vector<std::string> results(lines.size());
  std::vector<std::size_t> places;
  std::vector<std::vector<std::int64_t>> batch;
  const auto flush = [&] {
    const std::vector<Translation> translations = greedy_search(model, batch);
    for (std::size_t i = 0; i < places.size(); ++i) results[places[i]] = target.decode(translations[i].ids);
    places.clear();
    batch.clear();
  };
  for (const std::size_t place : order) {
    if (encoded[place].empty()) continue;
    places.push_back(place);
    batch.push_back(encoded[place]);
    if (batch.size() == batch_size) flush();
  }
  flush();
  return results;
}

}  // namespace translation
