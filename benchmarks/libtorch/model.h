// The translation models of examples/translation in LibTorch, as its users would write them: the same layers,
// names and biases. S source and T target positions, B sentences.
#pragma once
#include "workload.h"

#include <torch/torch.h>

#include <memory>

namespace benchmarks {

/// Sentences with one position per row, LibTorch's faster layout.
struct Sentences {
  torch::Tensor source;    // (S, B) int64
  torch::Tensor padding;   // (B, S) bool, true at padding
  torch::Tensor previous;  // (T, B) int64: what the decoder reads
};

/// A table whose rows have length 1 on average, and (...) -> (..., dim) through it, sqrt(dim) times as long.
torch::nn::Embedding word_table(std::int64_t vocabulary, std::int64_t dim);
torch::Tensor embed_words(torch::nn::Embedding& table, const torch::Tensor& ids);

/// A map to the vocabulary whose weight is the table of an embedding.
class TiedOutputImpl : public torch::nn::Module {
 public:
  TiedOutputImpl(std::int64_t features, std::int64_t vocabulary);
  /// hidden (..., features), table (vocabulary, features) -> (..., vocabulary)
  torch::Tensor forward(const torch::Tensor& hidden, const torch::Tensor& table);

 private:
  torch::Tensor bias_;
};
TORCH_MODULE(TiedOutput);

class TranslationModel : public torch::nn::Module {
 public:
  /// The scores (T, B, vocabulary) of the next words.
  virtual torch::Tensor logits(const Sentences& sentences) = 0;
};

std::unique_ptr<TranslationModel> make_transformer_model(const Workload& work);
std::unique_ptr<TranslationModel> make_recurrent_model(const Workload& work);
/// Either of them.
std::unique_ptr<TranslationModel> make_model(const Workload& work);

}  // namespace benchmarks
