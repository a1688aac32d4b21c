#include "model.h"

#include <cmath>

namespace benchmarks {

torch::nn::Embedding word_table(std::int64_t vocabulary, std::int64_t dim) {
  torch::nn::Embedding table(torch::nn::EmbeddingOptions(vocabulary, dim).padding_idx(0));
  const torch::NoGradGuard scope;
  table->weight.mul_(1 / std::sqrt(static_cast<double>(dim)));
  return table;
}

torch::Tensor embed_words(torch::nn::Embedding& table, const torch::Tensor& ids) {
  return table(ids) * std::sqrt(static_cast<double>(table->weight.size(1)));
}

TiedOutputImpl::TiedOutputImpl(std::int64_t features, std::int64_t vocabulary) {
  const double bound = 1 / std::sqrt(static_cast<double>(features));
  bias_ = register_parameter("bias", torch::empty({vocabulary}).uniform_(-bound, bound));
}

torch::Tensor TiedOutputImpl::forward(const torch::Tensor& hidden, const torch::Tensor& table) {
  return torch::linear(hidden, table, bias_);
}

std::unique_ptr<TranslationModel> make_model(const Workload& work) {
  return work.is_transformer() ? make_transformer_model(work) : make_recurrent_model(work);
}

}  // namespace benchmarks
