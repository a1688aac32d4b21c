#include "transformer_model.h"

#include <algorithm>
#include <stdexcept>

namespace benchmarks {
namespace nn = torch::nn;
using torch::indexing::None;
using torch::indexing::Slice;

namespace {

torch::Tensor sinusoid_table(std::int64_t positions, std::int64_t dim) {
  const auto position = torch::arange(positions, torch::kFloat64).view({-1, 1, 1});
  const auto pair = torch::arange(0, dim, 2, torch::kFloat64);
  const auto angle =
      position / torch::pow(10000.0, pair / static_cast<double>(dim));  // (positions, 1, dim / 2)
  auto table = torch::empty({positions, 1, dim});
  table.index_put_({Slice(), Slice(), Slice(0, None, 2)}, torch::sin(angle).to(torch::kFloat32));
  table.index_put_({Slice(), Slice(), Slice(1, None, 2)}, torch::cos(angle).to(torch::kFloat32));
  return table;
}

}  // namespace

TransformerModel::TransformerModel(const Workload& work) : dropout_(work.dropout) {
  if (work.norm != "post")
    throw std::runtime_error("LibTorch's Transformer has the norm behind each part only");
  source_embedding_ = register_module("source_embedding", word_table(work.vocabulary, work.dim));
  target_embedding_ = register_module("target_embedding", word_table(work.vocabulary, work.dim));
  core_ = register_module("core", nn::Transformer(nn::TransformerOptions(work.dim, work.heads)
                                                      .num_encoder_layers(work.layers)
                                                      .num_decoder_layers(work.layers)
                                                      .dim_feedforward(work.ffn)
                                                      .dropout(work.dropout)));
  output_ = register_module("output", TiedOutput(work.dim, work.vocabulary));
  sinusoids_ = sinusoid_table(std::max(work.source, work.target) + 1, work.dim);
}

torch::Tensor TransformerModel::embed(nn::Embedding& table, const torch::Tensor& ids) {
  return torch::dropout(embed_words(table, ids) + sinusoids_.slice(0, 0, ids.size(0)), dropout_,
                        is_training());
}

torch::Tensor TransformerModel::encode(const torch::Tensor& source, const torch::Tensor& padding) {
  return core_->encoder.forward<torch::Tensor>(embed(source_embedding_, source), torch::Tensor(), padding);
}

torch::Tensor TransformerModel::decode(const torch::Tensor& previous, const torch::Tensor& memory,
                                       const torch::Tensor& padding) {
  const auto causal = nn::TransformerImpl::generate_square_subsequent_mask(previous.size(0));
  return core_->decoder.forward<torch::Tensor>(embed(target_embedding_, previous), memory, causal,
                                               torch::Tensor(), torch::Tensor(), padding);
}

torch::Tensor TransformerModel::predict(const torch::Tensor& hidden) {
  return output_(hidden, target_embedding_->weight);
}

torch::Tensor TransformerModel::logits(const Sentences& sentences) {
  const auto memory = encode(sentences.source, sentences.padding);
  return predict(decode(sentences.previous, memory, sentences.padding));
}

std::unique_ptr<TranslationModel> make_transformer_model(const Workload& work) {
  return std::make_unique<TransformerModel>(work);
}

}  // namespace benchmarks
