#include <doctest/doctest.h>
#include <gradus/data/bucketing.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <numeric>

using namespace gradus;
using doctest::Contains;
using Indices = std::vector<std::int64_t>;

namespace {

Indices counted(std::int64_t count) {
  Indices numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

Indices all_examples(const Batches& batches) {
  Indices all;
  for (const Indices& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

Indices sorted(Indices numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::int64_t longest(const Indices& lengths, const Indices& batch) {
  std::int64_t length = 0;
  for (const std::int64_t example : batch)
    length = std::max(length, lengths[static_cast<std::size_t>(example)]);
  return length;
}

// Lengths 3 to 40, mixed; the target's follow the source's loosely.
struct Lengths {
  Indices source, target;
  explicit Lengths(std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      source.push_back(3 + (i * 7919) % 37);
      target.push_back(std::max<std::int64_t>(3, source.back() + (i * 104729) % 7 - 3));
    }
  }
};

}  // namespace

// The expected orders were computed by a Python program written from the published SplitMix64.
TEST_CASE("shuffling: the order depends on seed and epoch alone, on every platform") {
  CHECK(shuffled_indices(10, 0, 0) == Indices{5, 2, 3, 9, 0, 8, 7, 4, 1, 6});
  CHECK(shuffled_indices(10, 0, 1) == Indices{1, 8, 7, 6, 9, 5, 0, 2, 4, 3});
  CHECK(shuffled_indices(10, 7, 3) == Indices{0, 4, 1, 3, 8, 9, 6, 2, 5, 7});
  const Indices many = shuffled_indices(1000, (std::uint64_t{1} << 63) + 5, 9);
  CHECK(Indices(many.begin(), many.begin() + 6) == Indices{400, 827, 428, 922, 124, 353});
  CHECK(sorted(many) == counted(1000));
}

TEST_CASE("shuffling: seed and epoch are not mistaken for each other") {
  CHECK(shuffled_indices(100, 1, 2) != shuffled_indices(100, 2, 1));
  CHECK(shuffled_indices(100, 1, 2) != shuffled_indices(100, 1, 3));
  CHECK(shuffled_indices(100, 3, 0) != shuffled_indices(100, 2, 1));
}

TEST_CASE("shuffling: nothing, one, and a count that cannot be") {
  CHECK(shuffled_indices(0, 1, 1).empty());
  CHECK(shuffled_indices(1, 1, 1) == Indices{0});
  CHECK_THROWS_WITH_AS(shuffled_indices(-1, 1, 1), Contains("count is -1"), Error);
}

TEST_CASE("shuffling: every order of three is equally likely") {
  std::vector<int> seen(6);
  for (std::uint64_t epoch = 0; epoch < 6000; ++epoch) {
    const Indices order = shuffled_indices(3, 11, epoch);
    ++seen[static_cast<std::size_t>(2 * order[0] + (order[1] > order[2] ? 1 : 0))];
  }
  for (const int times : seen) CHECK(std::abs(times - 1000) < 150);  // five standard deviations
}

TEST_CASE("bucketing: by sentences, every example is in one batch and batches are full") {
  const Lengths lengths(1003);
  const Batches batches = bucketed_batches(lengths.source, lengths.target, {.batch_size = 10, .seed = 4}, 2);
  CHECK(sorted(all_examples(batches)) == counted(1003));
  CHECK(batches.size() == 101);  // one of them with the 3 that are left over
  CHECK(std::count_if(batches.begin(), batches.end(), [](const Indices& b) { return b.size() == 10; }) ==
        100);
}

TEST_CASE("bucketing: by tokens, padded batches stay within the budget and use it") {
  const Lengths lengths(2000);
  const BucketOptions options{.batch_size = 400, .unit = BatchUnit::tokens, .seed = 4};
  const Batches batches = bucketed_batches(lengths.source, lengths.target, options, 0);
  CHECK(sorted(all_examples(batches)) == counted(2000));
  std::int64_t padded = 0;
  for (const Indices& batch : batches) {
    const std::int64_t length = std::max(longest(lengths.source, batch), longest(lengths.target, batch));
    CHECK(length * static_cast<std::int64_t>(batch.size()) <= 400);
    padded += length * static_cast<std::int64_t>(batch.size());
  }
  CHECK(padded > 360 * static_cast<std::int64_t>(batches.size()));
}

TEST_CASE("bucketing: sentences of a batch are of similar length") {
  const Lengths lengths(5000);
  std::int64_t padded = 0, real = 0;
  for (const Indices& batch : bucketed_batches(lengths.source, lengths.target, {.batch_size = 32}, 0)) {
    padded += longest(lengths.source, batch) * static_cast<std::int64_t>(batch.size());
    padded += longest(lengths.target, batch) * static_cast<std::int64_t>(batch.size());
  }
  for (const std::int64_t length : lengths.source) real += length;
  for (const std::int64_t length : lengths.target) real += length;
  CHECK(static_cast<double>(padded) < 1.1 * static_cast<double>(real));  // unsorted batches: about 1.8
}

TEST_CASE("bucketing: the same seed and epoch give the same batches, another epoch others") {
  const Lengths lengths(1000);
  const BucketOptions options{.batch_size = 16, .seed = 5};
  const auto batches = [&](std::uint64_t epoch) {
    return bucketed_batches(lengths.source, lengths.target, options, epoch);
  };
  CHECK(batches(3) == batches(3));
  CHECK(batches(3) != batches(4));
  Batches third = batches(3), fourth = batches(4);  // other batches, not the same ones in another order
  std::sort(third.begin(), third.end());
  std::sort(fourth.begin(), fourth.end());
  CHECK(third != fourth);
}

TEST_CASE("bucketing: without shuffling batches run from short to long, whatever the epoch") {
  const Indices source{5, 1, 3, 2, 4}, target{5, 1, 3, 2, 4};
  const BucketOptions options{.batch_size = 2, .shuffle = false};
  CHECK(bucketed_batches(source, target, options, 0) == Batches{{1, 3}, {2, 4}, {0}});
  CHECK(bucketed_batches(source, target, options, 7) == Batches{{1, 3}, {2, 4}, {0}});
}

TEST_CASE("bucketing: a sentence beyond the budget is a batch of its own") {
  const Indices source{2, 50, 2, 3}, target{2, 2, 2, 40};
  const BucketOptions options{.batch_size = 10, .unit = BatchUnit::tokens, .shuffle = false};
  CHECK(bucketed_batches(source, target, options, 0) == Batches{{0, 2}, {1}, {3}});
}

TEST_CASE("bucketing: empty sentences, no sentences and huge budgets") {
  const Indices none, zeros(5, 0), three{1, 2, 3};
  CHECK(bucketed_batches(none, none, {}, 0).empty());
  const BucketOptions two_tokens{.batch_size = 2, .unit = BatchUnit::tokens};
  CHECK(bucketed_batches(zeros, zeros, two_tokens, 0).size() == 3);
  for (const BatchUnit unit : {BatchUnit::sentences, BatchUnit::tokens}) {
    const BucketOptions huge{.batch_size = std::numeric_limits<std::int64_t>::max(), .unit = unit};
    CHECK(bucketed_batches(three, three, huge, 0).size() == 1);
  }
}

TEST_CASE("bucketing: what cannot be is refused with its values") {
  const Indices one{1}, two{1, 2}, negative{-3};
  CHECK_THROWS_WITH_AS(bucketed_batches(one, two, {}, 0), Contains("1 source and 2 target"), Error);
  CHECK_THROWS_WITH_AS(bucketed_batches(one, one, {.batch_size = 0}, 0), Contains("batch_size is 0"), Error);
  CHECK_THROWS_WITH_AS(bucketed_batches(one, negative, {}, 0), Contains("example 0 has the length -3"),
                       Error);
}
