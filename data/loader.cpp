#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/indexing.h>
#include <gradus/autograd/modes.h>
#include <gradus/data/bucketing.h>
#include <gradus/data/loader.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <algorithm>

namespace gradus {
namespace detail {

std::int64_t check_examples(std::span<const Tensor> tensors, const DataLoaderOptions& options) {
  if (options.batch_size < 1) {
    throw Error("DataLoader", "the batch size must be positive, not " + std::to_string(options.batch_size));
  }
  for (const Tensor& tensor : tensors) {
    if (!tensor.defined() || tensor.rank() == 0 || tensor.shape()[0] != tensors[0].shape()[0]) {
      throw Error("DataLoader", "all tensors must have one row per example, got " + describe(tensor) + " beside " +
                                    describe(tensors[0]));
    }
  }
  return tensors[0].shape()[0];
}

std::vector<std::vector<std::int64_t>> example_batches(std::int64_t count, const DataLoaderOptions& options,
                                                       std::uint64_t epoch) {
  std::vector<std::int64_t> order;
  if (options.shuffle) {
    order = shuffled_indices(count, options.seed, epoch);
  } else {
    for (std::int64_t i = 0; i < count; ++i) order.push_back(i);
  }
  std::vector<std::vector<std::int64_t>> batches;
  for (std::int64_t first = 0; first < count; first += options.batch_size) {
    const std::int64_t last = std::min(first + options.batch_size, count);
    if (options.drop_last && last - first < options.batch_size) break;
    batches.emplace_back(order.begin() + first, order.begin() + last);
  }
  return batches;
}

Tensor take_rows(const Tensor& source, std::span<const std::int64_t> rows) {
  const no_grad scope;
  return index_select(source, 0, tensor(rows, {static_cast<std::int64_t>(rows.size())}));
}

}  // namespace detail

PaddedSequences pad_sequences(std::span<const std::vector<std::int64_t>> sequences, std::int64_t padding) {
  const auto batch = static_cast<std::int64_t>(sequences.size());
  std::size_t longest = 0;
  for (const auto& sequence : sequences) longest = std::max(longest, sequence.size());
  PaddedSequences result{full({batch, static_cast<std::int64_t>(longest)}, padding, DType::int64),
                         empty({batch}, DType::int64)};
  for (std::size_t row = 0; row < sequences.size(); ++row) {
    std::copy(sequences[row].begin(), sequences[row].end(), result.ids.data<std::int64_t>() + row * longest);
    result.lengths.data<std::int64_t>()[row] = static_cast<std::int64_t>(sequences[row].size());
  }
  return result;
}

Tensor padding_mask(const Tensor& lengths, std::int64_t time) {
  if (!lengths.defined() || lengths.rank() != 1 || lengths.dtype() != DType::int64) {
    throw Error("padding_mask", "the lengths must be (batch,) of int64, got " + describe(lengths));
  }
  return ge(arange(0, time).unsqueeze(0), lengths.unsqueeze(1));
}

}  // namespace gradus
