// The attention decoder of a well-known tutorial, kept for what can be learnt from it.
#pragma once
#include <gradus/nn/embedding.h>
#include <gradus/nn/gru.h>
#include <gradus/nn/linear.h>

#include <cstdint>

namespace gradus::nn {

struct LocationStep {
  Tensor log_probabilities;  // (batch, words)
  Tensor hidden;             // (batch, hidden)
  Tensor weights;            // (batch, S)
};

/// One step of the decoder that "注意力模型" and many tutorials print, with its names: embedding, attn,
/// attn_combine, gru, out.
///
/// What is wrong with it: the weights are softmax(attn([embedding, hidden])), a function of the decoder
/// alone. They never look at the encoder's outputs, so two sources of the same length get the same weights,
/// whatever they say: it is Luong's location-based attention, not the additive one that the text describes.
/// Padding is not masked. And where the listing maps to `hidden` weights, it runs only if every source has
/// just that length; here it maps to a largest length, of which the first S are taken. Use Attention
/// (additive or general) instead.
struct LocationAttention {
  Embedding embedding;
  Linear attn;          // (embedding, hidden) -> max_length
  Linear attn_combine;  // (embedding, context) -> hidden
  GRU gru;
  Linear out;  // hidden -> words

  /// max_length = hidden is the listing as printed.
  LocationAttention(std::int64_t words, std::int64_t hidden, std::int64_t max_length);
  /// input (batch,) int64, hidden (batch, hidden), encoder_outputs (batch, S, hidden) with S up to
  /// max_length.
  LocationStep operator()(const Tensor& input, const Tensor& hidden, const Tensor& encoder_outputs) const;
  GRADUS_FIELDS(LocationAttention, embedding, attn, attn_combine, gru, out)
};

}  // namespace gradus::nn
