#include "forced_decoding.h"

#include "search.h"

#include <gradus/autograd/modes.h>
#include <gradus/autograd/reduce.h>
#include <gradus/nn/model.h>
#include <gradus/tensor/packed_weights.h>

#include <numeric>

namespace translation {

using namespace gradus;

std::int64_t most_target_words() { return longest_translation(longest_sentence); }

std::vector<std::vector<double>> forced_log_probabilities(const Predictor& predictor,
                                                          std::span<const Example> examples) {
  std::vector<std::vector<double>> results(examples.size());
  if (examples.empty()) return results;
  const evaluating scope;
  std::vector<std::int64_t> indices(examples.size());
  std::iota(indices.begin(), indices.end(), 0);
  const Batch batch = make_batch(examples, indices);
  const PackedWeights packed(parameters(predictor.view()));
  const std::unique_ptr<Decoding> decoding = predictor.start(batch.source, batch.lengths);
  for (std::int64_t t = 0; t < batch.target.size(1); ++t) {
    const Tensor logits = decoding->step(batch.previous.select(1, t).contiguous()).logits;  // (B, words)
    const Tensor totals = logsumexp(logits, {1});                                           // (B,)
    const std::vector<std::int64_t> targets = batch.target.select(1, t).to_vector<std::int64_t>();
    const std::span<const float> logit = logits.span<float>(), total = totals.span<float>();
    const auto words = static_cast<std::size_t>(logits.size(1));
    for (std::size_t row = 0; row < results.size(); ++row) {
      if (static_cast<std::size_t>(t) > examples[row].target.size()) continue;  // padding
      const float chosen = logit[row * words + static_cast<std::size_t>(targets[row])];
      results[row].push_back(static_cast<double>(chosen) - static_cast<double>(total[row]));
    }
  }
  return results;
}

}  // namespace translation
