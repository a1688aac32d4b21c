#include <gradus/autograd/joining.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/normalize.h>
#include <gradus/nn/location_attention.h>
#include <gradus/tensor/error.h>

#include <string>

namespace gradus::nn {

LocationAttention::LocationAttention(std::int64_t words, std::int64_t hidden, std::int64_t max_length)
    : embedding(words, hidden),
      attn(2 * hidden, max_length),
      attn_combine(2 * hidden, hidden),
      gru(hidden, hidden),
      out(hidden, words) {}

LocationStep LocationAttention::operator()(const Tensor& input, const Tensor& hidden,
                                           const Tensor& encoder_outputs) const {
  const std::int64_t max_length = attn.weight.size(0);
  if (!encoder_outputs.defined() || encoder_outputs.rank() != 3 || encoder_outputs.size(1) > max_length) {
    throw Error("LocationAttention",
                "the encoder's outputs must be (batch, S, hidden) with S up to max_length = " +
                    std::to_string(max_length) + ", got " + describe(encoder_outputs));
  }
  const Tensor embedded = embedding(input);  // (batch, hidden)
  const Tensor scores = attn(cat({embedded, hidden}, 1)).slice(1, 0, encoder_outputs.size(1));
  const Tensor weights = softmax(scores, 1);  // (batch, S)
  const Tensor context = bmm(weights.unsqueeze(1), encoder_outputs).squeeze(1);
  const Tensor combined = attn_combine(cat({embedded, context}, 1));
  const Tensor next = gru(combined.unsqueeze(1), hidden.unsqueeze(0)).state[0];  // (batch, hidden)
  return {log_softmax(out(next), 1), next, weights};
}

}  // namespace gradus::nn
