#include "search_steps.h"

#include <gradus/autograd/indexing.h>
#include <gradus/autograd/modes.h>
#include <gradus/autograd/reduce.h>
#include <gradus/nn/model.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/packed_weights.h>

#include <algorithm>
#include <numeric>

namespace translation {

using namespace gradus;

std::vector<Translation> greedy_search(const Predictor& predictor, SentenceIds sources, Unknown unknown) {
  const evaluating scope;
  std::vector<Translation> results(sources.size());
  if (sources.empty()) return results;
  const SourceBatch batch = make_source_batch(sources);
  const PackedWeights packed(parameters(predictor.view()));
  const std::unique_ptr<Decoding> decoding = predictor.start(batch.source, batch.lengths);
  std::vector<std::size_t> places(sources.size());  // the sentence of every row
  std::iota(places.begin(), places.end(), 0);
  std::vector<bool> ended(sources.size(), false);
  std::size_t ended_rows = 0;
  Tensor previous = full({batch.source.size(0)}, Vocabulary::begin, DType::int64);
  for (std::int64_t written = 1;; ++written) {
    const StepOutput step = decoding->step(previous);
    leave_out_specials(step.logits, unknown);
    previous = argmax(step.logits, 1);
    const std::span<const std::int64_t> words = previous.span<std::int64_t>();
    std::vector<std::int64_t> open_rows;
    for (std::size_t row = 0; row < places.size(); ++row) {
      const std::size_t place = places[row];
      if (ended[place]) continue;
      Translation& result = results[place];
      if (step.weights.defined()) {
        result.weights.push_back(weights_over(step.weights, static_cast<std::int64_t>(row), sources[place]));
      }
      const bool end = words[row] == Vocabulary::end;
      if (!end) result.ids.push_back(words[row]);
      if (end || written == longest_translation(std::ssize(sources[place]))) {
        ended[place] = true;
        ++ended_rows;
      } else {
        open_rows.push_back(static_cast<std::int64_t>(row));
      }
    }
    if (open_rows.empty()) break;
    if (ended_rows == 0 || !worth_leaving(ended_rows, places.size())) continue;
    const Tensor rows = tensor(open_rows);
    decoding->select(rows, 1);
    previous = index_select(previous, 0, rows);
    std::erase_if(places, [&](std::size_t place) { return ended[place]; });
    ended_rows = 0;
  }
  return results;
}

std::vector<std::vector<std::size_t>> batches_by_length(SentenceIds sentences, std::size_t size) {
  std::vector<std::size_t> order(sentences.size());
  std::iota(order.begin(), order.end(), 0);
  std::erase_if(order, [&](std::size_t place) { return sentences[place].empty(); });
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return sentences[a].size() < sentences[b].size(); });
  std::vector<std::vector<std::size_t>> batches;
  for (const std::size_t place : order) {
    if (batches.empty() || batches.back().size() == size) batches.emplace_back();
    batches.back().push_back(place);
  }
  return batches;
}

std::optional<std::vector<std::string>> translate_sentences(const Predictor& predictor,
                                                            const Language& target,
                                                            std::vector<std::vector<std::int64_t>> sources,
                                                            const std::function<bool()>& stop) {
  constexpr std::size_t batch_size = 64;
  const auto most = static_cast<std::size_t>(predictor.most_words());
  for (std::vector<std::int64_t>& source : sources) source.resize(std::min(source.size(), most));
  std::vector<std::string> results(sources.size());
  for (const std::vector<std::size_t>& places : batches_by_length(sources, batch_size)) {
    if (stop && stop()) return {};
    std::vector<std::vector<std::int64_t>> batch;
    for (const std::size_t place : places) batch.push_back(sources[place]);
    const std::vector<Translation> translations = greedy_search(predictor, batch);
    for (std::size_t i = 0; i < places.size(); ++i) results[places[i]] = target.decode(translations[i].ids);
  }
  return results;
}

std::vector<std::string> translate_lines(const Predictor& predictor, const Language& source,
                                         const Language& target, std::span<const std::string> lines) {
  std::vector<std::vector<std::int64_t>> encoded;
  for (const std::string& line : lines) encoded.push_back(source.encode(line));
  return *translate_sentences(predictor, target, std::move(encoded));
}

}  // namespace translation
