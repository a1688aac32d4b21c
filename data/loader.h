// Shuffled batches of tensors, for any model:
//
//   DataLoader batches{{x, y}, {.batch_size = 32, .seed = 1}};
//   for (int epoch = 0; epoch < 10; ++epoch) {
//     for (auto [inputs, labels] : batches) { ... }
//   }
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace gradus {

struct DataLoaderOptions {
  std::int64_t batch_size = 32;
  bool shuffle = true;
  bool drop_last = false;  // leaves out a last batch that is not full
  std::uint64_t seed = 0;  // the order depends on the seed and the number of the epoch alone
};

namespace detail {
/// Checks that all tensors have the same first size, and gives it.
std::int64_t check_examples(std::span<const Tensor> tensors, const DataLoaderOptions& options);
std::vector<std::vector<std::int64_t>> example_batches(std::int64_t count, const DataLoaderOptions& options,
                                                       std::uint64_t epoch);
/// Rows of a tensor, (rows.size(), ...).
Tensor take_rows(const Tensor& source, std::span<const std::int64_t> rows);
}  // namespace detail

/// Goes through N tensors that hold one example per row. Every loop over it is one epoch in an order of its own.
template <std::size_t N>
class DataLoader {
 public:
  DataLoader(const Tensor (&tensors)[N], const DataLoaderOptions& options = {}) : options_(options) {
    for (std::size_t i = 0; i < N; ++i) tensors_[i] = tensors[i];
    count_ = detail::check_examples(tensors_, options);
  }

  class Iterator {
   public:
    Iterator(const DataLoader& loader, std::uint64_t epoch)
        : loader_(&loader), batches_(detail::example_batches(loader.count_, loader.options_, epoch)) {}
    std::array<Tensor, N> operator*() const {
      std::array<Tensor, N> batch;
      for (std::size_t i = 0; i < N; ++i) batch[i] = detail::take_rows(loader_->tensors_[i], batches_[next_]);
      return batch;
    }
    Iterator& operator++() {
      ++next_;
      return *this;
    }
    struct End {};
    bool operator==(End) const { return next_ == batches_.size(); }

   private:
    const DataLoader* loader_;
    std::vector<std::vector<std::int64_t>> batches_;
    std::size_t next_ = 0;
  };

  Iterator begin() { return Iterator(*this, epoch_++); }
  typename Iterator::End end() const { return {}; }

  /// Number of examples.
  std::int64_t size() const { return count_; }
  /// The number of the epoch that the next loop goes through; set it to go on with a run.
  std::uint64_t epoch() const { return epoch_; }
  void set_epoch(std::uint64_t epoch) { epoch_ = epoch; }

 private:
  std::array<Tensor, N> tensors_;
  DataLoaderOptions options_;
  std::int64_t count_ = 0;
  std::uint64_t epoch_ = 0;
};

/// Sequences of different lengths side by side.
struct PaddedSequences {
  Tensor ids;      // (batch, longest) int64, filled up with the padding id
  Tensor lengths;  // (batch,) int64
};
PaddedSequences pad_sequences(std::span<const std::vector<std::int64_t>> sequences, std::int64_t padding = 0);

/// The mask of padded positions, (batch, time) of bool: true from each row's length on.
Tensor padding_mask(const Tensor& lengths, std::int64_t time);

}  // namespace gradus
