// A table of vectors, looked up by number.
#pragma once
#include <gradus/nn/fields.h>

#include <cstdint>
#include <optional>

namespace gradus::nn {

struct EmbeddingOptions {
  std::optional<std::int64_t> padding_idx = std::nullopt;  // this row starts at zero and gets no gradient
};

/// Rows of a table: indices (...) of int64 -> (..., features). The rows start normally distributed with
/// deviation 1.
struct Embedding {
  Tensor weight;  // (count, features)
  std::optional<std::int64_t> padding_idx;

  Embedding(std::int64_t count, std::int64_t features, EmbeddingOptions options = {});
  Tensor operator()(const Tensor& indices) const;
  GRADUS_FIELDS(Embedding, weight, padding_idx)
};

}  // namespace gradus::nn
