#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/modes.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/nn/masks.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <string>

namespace gradus::nn {
namespace {

void check(const char* mask, std::int64_t queries, std::int64_t keys, std::int64_t first) {
  if (queries < 0 || keys < 0 || first < 0) {
    throw Error(mask, "sizes and positions cannot be negative: " + std::to_string(queries) +
                          " queries from position " + std::to_string(first) + " on, " + std::to_string(keys) +
                          " keys");
  }
}

void check_positive(const char* mask, const char* what, std::int64_t value) {
  if (value < 1) throw Error(mask, std::string(what) + " must be at least 1, got " + std::to_string(value));
}

/// (Q, 1): the positions of the queries.
Tensor positions(std::int64_t queries, std::int64_t first) {
  return arange(first, first + queries).unsqueeze(1);
}

}  // namespace

Tensor causal_mask(std::int64_t queries, std::int64_t keys, std::int64_t first) {
  check("causal_mask", queries, keys, first);
  return gt(arange(0, keys), positions(queries, first));
}

Tensor window_mask(std::int64_t queries, std::int64_t keys, std::int64_t width, std::int64_t first) {
  check("window_mask", queries, keys, first);
  if (width < 0) throw Error("window_mask", "the width cannot be negative, got " + std::to_string(width));
  return gt(abs(arange(0, keys) - positions(queries, first)), width);
}

Tensor strided_mask(std::int64_t queries, std::int64_t keys, std::int64_t stride, std::int64_t first) {
  check("strided_mask", queries, keys, first);
  check_positive("strided_mask", "the stride", stride);
  const Tensor distance = abs(arange(0, keys) - positions(queries, first));
  const Tensor multiples =
      floor(distance.to(DType::float64) / static_cast<double>(stride)).to(DType::int64) * stride;
  return logical_and(ge(distance, stride), ne(distance, multiples));
}

Tensor block_mask(std::int64_t queries, std::int64_t keys, std::int64_t size, std::int64_t first) {
  check("block_mask", queries, keys, first);
  check_positive("block_mask", "the block size", size);
  const auto block = [size](const Tensor& position) {
    return floor(position.to(DType::float64) / static_cast<double>(size));
  };
  return ne(block(arange(0, keys)), block(positions(queries, first)));
}

Tensor combine_masks(const Tensor& a, const Tensor& b) {
  if (!a.defined()) return b;
  return b.defined() ? logical_or(a, b) : a;
}

}  // namespace gradus::nn
