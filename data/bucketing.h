// The order in which examples are visited: shuffles, and batches of sentences of similar length.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace gradus {

/// The numbers 0 to `count - 1` in an order that depends on `seed` and `epoch` alone: the same on every
/// platform, so that a run can be resumed or repeated anywhere. Throws Error for a negative count.
std::vector<std::int64_t> shuffled_indices(std::int64_t count, std::uint64_t seed, std::uint64_t epoch);

/// What the size of a batch of sentence pairs is counted in. `tokens` are padded ones, those that cost time
/// and memory: the number of sentences times the length of the longest, source or target.
enum class BatchUnit { sentences, tokens };

struct BucketOptions {
  std::int64_t batch_size = 64;  // at most this many units in a batch
  BatchUnit unit = BatchUnit::sentences;
  std::uint64_t seed = 0;
  bool shuffle = true;  // false: batches run from short to long sentences, the same in every epoch
};

/// The examples of each batch, as indices into the corpus.
using Batches = std::vector<std::vector<std::int64_t>>;

/// Batches of sentence pairs of similar length, so that little padding is computed. Every example is in
/// exactly one.
///
/// With `shuffle` the examples are shuffled and cut into windows of about 100 batches; each window is sorted
/// by length and cut into batches; the batches of all windows are shuffled. The result depends on the
/// lengths, the options and `epoch` alone, on every platform. A pair longer than a budget in tokens is a
/// batch of its own.
/// Throws Error when the two numbers of lengths differ, a length is negative or the batch size is below 1.
Batches bucketed_batches(std::span<const std::int64_t> source_lengths,
                         std::span<const std::int64_t> target_lengths, const BucketOptions& options,
                         std::uint64_t epoch);

}  // namespace gradus
