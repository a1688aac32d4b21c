// The Transformer as a translator, in LibTorch.
#pragma once
#include "model.h"

namespace benchmarks {

class TransformerModel : public TranslationModel {
 public:
  explicit TransformerModel(const Workload& work);
  torch::Tensor logits(const Sentences& sentences) override;

  /// The encoder's output (S, B, dim).
  torch::Tensor encode(const torch::Tensor& source, const torch::Tensor& padding);
  /// The decoder's output (T, B, dim).
  torch::Tensor decode(const torch::Tensor& previous, const torch::Tensor& memory,
                       const torch::Tensor& padding);
  /// hidden (..., dim) -> (..., vocabulary)
  torch::Tensor predict(const torch::Tensor& hidden);

 private:
  torch::Tensor embed(torch::nn::Embedding& table, const torch::Tensor& ids);

  double dropout_;
  torch::nn::Embedding source_embedding_{nullptr}, target_embedding_{nullptr};
  torch::nn::Transformer core_{nullptr};
  TiedOutput output_{nullptr};  // of the target embedding
  torch::Tensor sinusoids_;     // (positions, 1, dim)
};

}  // namespace benchmarks
