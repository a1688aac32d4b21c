#include <gradus/data/bucketing.h>
#include <gradus/data/random_bits.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <numeric>
#include <string>
#include <utility>

namespace gradus {
namespace {

enum class Purpose : std::uint64_t { order_of_examples, order_of_batches };

RandomBits random_bits(std::uint64_t seed, std::uint64_t epoch, Purpose purpose) {
  return RandomBits(seed, epoch, static_cast<std::uint64_t>(purpose));
}

// Fisher and Yates.
template <class T>
void shuffle_in_place(std::vector<T>& items, RandomBits random) {
  for (std::size_t left = items.size(); left > 1; --left) {
    std::swap(items[left - 1], items[static_cast<std::size_t>(random.below(left))]);
  }
}

std::vector<std::int64_t> indices(std::size_t count) {
  std::vector<std::int64_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), std::int64_t{0});
  return numbers;
}

struct Lengths {
  std::span<const std::int64_t> source, target;

  std::int64_t source_of(std::int64_t example) const { return source[static_cast<std::size_t>(example)]; }
  std::int64_t target_of(std::int64_t example) const { return target[static_cast<std::size_t>(example)]; }
  std::int64_t longer_of(std::int64_t example) const {
    return std::max(source_of(example), target_of(example));
  }
};

void check(const Lengths& lengths, const BucketOptions& options) {
  const auto fail = [](const std::string& message) { throw Error("bucketed_batches", message); };
  if (lengths.source.size() != lengths.target.size()) {
    fail("there are " + std::to_string(lengths.source.size()) + " source and " +
         std::to_string(lengths.target.size()) + " target lengths; each example needs both");
  }
  if (options.batch_size < 1) {
    fail("batch_size is " + std::to_string(options.batch_size) + "; a batch has to hold 1 or more");
  }
  for (std::size_t i = 0; i < lengths.source.size(); ++i) {
    const std::int64_t shorter = std::min(lengths.source[i], lengths.target[i]);
    if (shorter < 0) fail("example " + std::to_string(i) + " has the length " + std::to_string(shorter));
  }
}

// By target length; among equal ones the source lengths rise and fall in turn, so that neighbours are alike
// on both sides also where the target length steps up. Equal pairs stay in the order they have.
void sort_by_length(std::span<std::int64_t> examples, const Lengths& lengths) {
  const auto key = [&lengths](std::int64_t example) {
    const std::int64_t target = lengths.target_of(example), source = lengths.source_of(example);
    return std::pair(target, target % 2 == 0 ? source : -source);
  };
  std::stable_sort(examples.begin(), examples.end(),
                   [&key](std::int64_t a, std::int64_t b) { return key(a) < key(b); });
}

// The number of examples whose batches are drawn from one sorted window. More gives less padding, fewer gives
// batches that are mixed anew in each epoch.
std::size_t window_size(const Lengths& lengths, const BucketOptions& options) {
  constexpr std::int64_t batches_in_window = 100;
  const auto count = static_cast<std::int64_t>(lengths.source.size());
  double mean_length = 1;
  if (options.unit == BatchUnit::tokens && count > 0) {
    double total = 0;
    for (std::int64_t i = 0; i < count; ++i) total += static_cast<double>(lengths.longer_of(i));
    mean_length = std::max(1.0, total / static_cast<double>(count));
  }
  // Bounded before it becomes an integer again: a batch size may be as large as an integer can be.
  const double in_batch =
      std::min(static_cast<double>(options.batch_size) / mean_length, static_cast<double>(count));
  return static_cast<std::size_t>(std::max<std::int64_t>(1, static_cast<std::int64_t>(in_batch)) *
                                  batches_in_window);
}

// Cuts examples that stand in order of length into batches, each as large as it may be.
void cut(std::span<const std::int64_t> examples, const Lengths& lengths, const BucketOptions& options,
         Batches& batches) {
  std::int64_t longest = 0;
  bool open = false;
  for (const std::int64_t example : examples) {
    const bool by_sentences = options.unit == BatchUnit::sentences;
    const std::int64_t padded =
        by_sentences ? 1 : std::max({longest, lengths.longer_of(example), std::int64_t{1}});
    // Dividing the size instead of multiplying the sentences cannot overflow.
    const std::int64_t room = options.batch_size / padded;
    if (!open || static_cast<std::int64_t>(batches.back().size()) >= room) {
      batches.emplace_back();
      longest = 0;
    }
    open = true;
    batches.back().push_back(example);
    longest = std::max(longest, lengths.longer_of(example));
  }
}

}  // namespace

std::vector<std::int64_t> shuffled_indices(std::int64_t count, std::uint64_t seed, std::uint64_t epoch) {
  if (count < 0)
    throw Error("shuffled_indices", "the count is " + std::to_string(count) + "; it has to be 0 or more");
  std::vector<std::int64_t> order = indices(static_cast<std::size_t>(count));
  shuffle_in_place(order, random_bits(seed, epoch, Purpose::order_of_examples));
  return order;
}

Batches bucketed_batches(std::span<const std::int64_t> source_lengths,
                         std::span<const std::int64_t> target_lengths, const BucketOptions& options,
                         std::uint64_t epoch) {
  const Lengths lengths{source_lengths, target_lengths};
  check(lengths, options);
  const std::size_t count = source_lengths.size();
  std::vector<std::int64_t> order = indices(count);
  if (options.shuffle) order = shuffled_indices(static_cast<std::int64_t>(count), options.seed, epoch);
  const std::size_t window =
      options.shuffle ? window_size(lengths, options) : std::max<std::size_t>(1, count);

  Batches batches;
  for (std::size_t start = 0; start < count; start += window) {
    const std::span<std::int64_t> examples = std::span(order).subspan(start, std::min(window, count - start));
    sort_by_length(examples, lengths);
    cut(examples, lengths, options, batches);
  }
  if (options.shuffle) shuffle_in_place(batches, random_bits(options.seed, epoch, Purpose::order_of_batches));
  return batches;
}

}  // namespace gradus
