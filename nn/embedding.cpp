#include <gradus/autograd/indexing.h>
#include <gradus/autograd/modes.h>
#include <gradus/nn/embedding.h>
#include <gradus/nn/init.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <string>

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

}  // namespace gradus::nn
