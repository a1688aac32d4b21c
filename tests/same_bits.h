// Tensors that are the same to the last bit: what tests of files, threads and caches ask for.
#pragma once
#include <gradus/tensor/safetensors.h>
#include <gradus/tensor/tensor_class.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace gradus::test {

/// Equal in dtype, shape and every bit of the elements.
inline bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || !(a.shape() == b.shape())) return false;
  const Tensor left = a.contiguous(), right = b.contiguous();
  const std::size_t bytes = static_cast<std::size_t>(a.numel()) * size_of(a.dtype());
  return bytes == 0 || std::memcmp(left.raw_data(), right.raw_data(), bytes) == 0;
}

inline bool same_bits(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Tensor& x, const Tensor& y) { return same_bits(x, y); });
}

/// The same names in the same order, with the same tensors.
inline bool same_bits(const NamedTensors& a, const NamedTensors& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && same_bits(x.second, y.second);
  });
}

}  // namespace gradus::test
