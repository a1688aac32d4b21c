// Masks: which query may look at which key. All are bool and true where a key is left out.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <cstdint>

namespace gradus::nn {

/// (Q, S): a query looks at the keys up to its own position. The first query stands at position `first`, as
/// in a decoder that goes on after earlier steps.
Tensor causal_mask(std::int64_t queries, std::int64_t keys, std::int64_t first = 0);

/// (Q, S): a query looks at the keys at most `width` positions before or behind its own.
Tensor window_mask(std::int64_t queries, std::int64_t keys, std::int64_t width, std::int64_t first = 0);

/// (Q, S): a query looks at the keys less than `stride` positions away and at every stride-th beyond (Child
/// et al. 2019, "Generating Long Sequences with Sparse Transformers", section 4.3, in both directions).
Tensor strided_mask(std::int64_t queries, std::int64_t keys, std::int64_t stride, std::int64_t first = 0);

/// (Q, S): positions fall into blocks of `size`; a query looks at the keys of its own block.
Tensor block_mask(std::int64_t queries, std::int64_t keys, std::int64_t size, std::int64_t first = 0);

/// Left out by either; the shapes broadcast. An undefined mask leaves nothing out.
Tensor combine_masks(const Tensor& a, const Tensor& b);

}  // namespace gradus::nn
