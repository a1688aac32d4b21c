// The Transformer as a translator (Vaswani et al. 2017).
#pragma once
#include "model.h"

#include <gradus/nn/embedding.h>
#include <gradus/nn/positions.h>

namespace translation {

class TransformerModel : public TranslationModel {
 public:
  explicit TransformerModel(const ModelOptions& options);

  Tensor features(const Tensor& source, const Tensor& lengths, const Tensor& previous,
                  double teacher_forcing) const override;
  Reach reach() const override;
  const nn::Linear& output_layer() const override { return parts_.output; }
  std::unique_ptr<Decoding> start(const Tensor& source, const Tensor& lengths) const override;
  gradus::ModelView view() const override { return parts_; }

  /// The encoder's output (B, S, dim) and what of it is padding (B, S).
  struct Memory {
    Tensor values, mask;
  };
  Memory encode(const Tensor& source, const Tensor& lengths) const;
  /// The scores of the word after `previous` (rows,); `source_mask` is that of the encoder's output.
  StepOutput step(const Tensor& previous, nn::DecoderCache& cache, const Tensor& source_mask) const;

 private:
  struct Parts {
    nn::Embedding source_embedding, target_embedding;
    std::optional<nn::PositionalEncoding> positions;
    nn::Transformer core;
    nn::Linear output;
  };
  static Parts make_parts(const ModelOptions& options);
  Tensor embed(const nn::Embedding& table, const Tensor& ids, std::int64_t first = 0) const;

  ModelOptions options_;
  Parts parts_;
};

}  // namespace translation
