#include "batch_feed.h"

#include <algorithm>

namespace translation {

using namespace gradus;

BatchFeed::BatchFeed(const Data& data, const FeedOptions& options)
    : data_(data),
      options_(options),
      epochs_([this](std::int64_t number) { return lay_out(number); }),
      steps_([this](std::int64_t first) { return make_step(first); }) {}

std::span<const Example> BatchFeed::examples(const Epoch& epoch) const {
  return options_.subword_sampling > 0 ? std::span<const Example>(epoch.sampled) : data_.train;
}

std::vector<Example> BatchFeed::sampled(std::uint64_t epoch) const {
  std::vector<Example> examples =
      sample(data_.train_text, data_.source, data_.target, options_.subword_sampling, options_.seed, epoch);
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const Example& cut = examples[i];
    if (!options_.reach.holds(std::ssize(cut.source), std::ssize(cut.target))) examples[i] = data_.train[i];
  }
  return examples;
}

BatchFeed::Epoch BatchFeed::lay_out(std::int64_t number) const {
  const auto epoch_number = static_cast<std::uint64_t>(number);
  Epoch epoch;
  if (options_.subword_sampling > 0) epoch.sampled = sampled(epoch_number);
  epoch.batches = make_batches(examples(epoch),
                               {.batch_size = options_.batch, .unit = options_.unit, .seed = options_.seed},
                               epoch_number);
  return epoch;
}

void BatchFeed::go_to(std::int64_t epoch) {
  steps_.drop();  // they are of the epoch before
  epoch_ = epochs_.take(epoch);
  number_ = epoch;
}

double BatchFeed::padding() const {
  std::int64_t used = 0, all = 0;
  for (const std::vector<std::int64_t>& batch : epoch_.batches) {
    std::int64_t longest_source = 0, longest_target = 0;
    for (const std::int64_t index : batch) {
      const Example& example = examples(epoch_)[static_cast<std::size_t>(index)];
      const std::int64_t source = std::ssize(example.source) + 1, target = std::ssize(example.target) + 1;
      used += source + target;
      longest_source = std::max(longest_source, source);
      longest_target = std::max(longest_target, target);
    }
    all += std::ssize(batch) * (longest_source + longest_target);
  }
  return all == 0 ? 0 : 1 - static_cast<double>(used) / static_cast<double>(all);
}

std::int64_t BatchFeed::step_size(std::int64_t first) const {
  return std::min(options_.accumulate, batch_count() - first);
}

std::vector<std::int64_t> BatchFeed::step_examples(std::int64_t first) const {
  std::vector<std::int64_t> all;
  for (std::int64_t i = first; i < first + step_size(first); ++i) {
    const auto& batch = epoch_.batches.at(static_cast<std::size_t>(i));
    all.insert(all.end(), batch.begin(), batch.end());
  }
  return all;
}

std::vector<Batch> BatchFeed::make_step(std::int64_t first) const {
  std::vector<Batch> step;
  for (std::int64_t i = first; i < first + step_size(first); ++i) {
    step.push_back(make_batch(examples(epoch_), epoch_.batches.at(static_cast<std::size_t>(i))));
  }
  return step;
}

std::vector<Batch> BatchFeed::step_batches(std::int64_t first) {
  std::vector<Batch> step = steps_.take(first);
  const std::int64_t next = first + step_size(first);
  if (next < batch_count()) steps_.begin(next);
  if (number_ < options_.epochs && !epochs_.has_begun(number_ + 1)) epochs_.begin(number_ + 1);
  return step;
}

}  // namespace translation
