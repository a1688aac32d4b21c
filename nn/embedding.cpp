#include <gradus/autograd/indexing.h>
#include <gradus/autograd/modes.h>
#include <gradus/nn/embedding.h>
#include <gradus/nn/init.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <cmath>
#include <string>
#include <vector>

namespace gradus::nn {

Embedding::Embedding(std::int64_t count, std::int64_t features, EmbeddingOptions options)
    : padding_idx(options.padding_idx) {
  if (count < 1 || features < 1) {
    throw Error("Embedding", std::to_string(count) + " rows of " + std::to_string(features) +
                                 " features; both must be at least 1");
  }
  if (padding_idx && (*padding_idx < -count || *padding_idx >= count)) {
    throw Error("Embedding", "padding_idx " + std::to_string(*padding_idx) + " lies outside the " +
                                 std::to_string(count) + " rows");
  }
  if (padding_idx && *padding_idx < 0) *padding_idx += count;
  weight = empty({count, features});
  init::normal_(weight);
  if (padding_idx) weight[*padding_idx].zero_();
  weight.requires_grad_().set_name("weight");
}

Tensor Embedding::operator()(const Tensor& indices) const { return embedding(indices, weight, padding_idx); }

Tensor sinusoid_table(std::int64_t length, std::int64_t features, DType dtype) {
  if (length < 0 || features < 1) {
    throw Error("sinusoid_table", "cannot make " + std::to_string(length) + " positions of " +
                                      std::to_string(features) + " features");
  }
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(length * features));
  for (std::int64_t position = 0; position < length; ++position) {
    for (std::int64_t feature = 0; feature < features; ++feature) {
      const auto pair = static_cast<double>(feature / 2 * 2);  // sine and cosine share a wave length
      const double angle =
          static_cast<double>(position) * std::pow(10000.0, -pair / static_cast<double>(features));
      values.push_back(feature % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  }
  return tensor(values, {length, features}).to(dtype);
}

}  // namespace gradus::nn
