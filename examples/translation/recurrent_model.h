// A recurrent encoder that reads a sentence in both directions, attention, and a recurrent decoder that
// writes (Bahdanau, Cho, Bengio 2015; Luong, Pham, Manning 2015).
#pragma once
#include "model.h"
#include "recurrent_parts.h"

#include <gradus/nn/embedding.h>
#include <gradus/nn/linear.h>

#include <vector>

namespace translation {

class RecurrentModel : public TranslationModel {
 public:
  explicit RecurrentModel(const ModelOptions& options);

  Tensor features(const Tensor& source, const Tensor& lengths, const Tensor& previous,
                  double teacher_forcing) const override;
  const nn::Linear& output_layer() const override { return parts_.output; }
  std::int64_t most_words() const override;
  Reach reach() const override;
  bool has_attention() const override { return options_.attention.has_value(); }
  std::unique_ptr<Decoding> start(const Tensor& source, const Tensor& lengths) const override;
  gradus::ModelView view() const override { return parts_; }

  /// What the encoder leaves behind for the decoder. B sentences, S source positions, H hidden.
  struct Memory {
    Tensor values;      // (B, S, 2H): what attention averages
    Tensor keys;        // (B, S, ...): what it compares with, projected once
    Tensor mask;        // (B, S) bool, true at padding
    Tensor whole;       // (B, 2H): the context of every step where there is no attention
    Tensor fed_weight;  // (gates, fed): what the first decoder layer makes of what comes beside the embedding
    gradus::CachedVector<Tensor> state_masks;  // (B, H) of variational dropout, or undefined: those of the
                                               // decoder's layers, and of the cell in between
  };
  /// Where the decoder stands between two steps.
  struct State {
    gradus::CachedVector<CellState> layers;
    Tensor weights;      // (B, 1, S) of the attention in the step before; undefined at the first
    Tensor attentional;  // (B, H) with Timing::after: tanh(W [context, state])
    std::int64_t position = 0;
  };
  Memory encode(const Tensor& source, const Tensor& lengths, State& start) const;
  StepOutput step(const Tensor& previous, State& state, const Memory& memory) const;

 private:
  struct Parts {
    nn::Embedding source_embedding, target_embedding;
    RecurrentEncoder encoder;
    nn::Linear bridge;  // (2H) of the encoder's last states -> first states of all decoder layers
    std::vector<RecurrentCell>
        decoder;  // the first reads (embedding, context or what is fed), each further one the state below
    std::optional<RecurrentCell>
        transition;  // with Timing::between: goes on from the first layer's state with the context (2H)
    std::optional<nn::Linear>
        key_projection;  // 2H -> H, for scores that compare states and keys feature by feature
    std::optional<nn::Attention> attention;
    std::optional<nn::Linear> combine;  // (2H context, H state) -> H, with Timing::after
    std::optional<nn::Linear> deep;     // features -> E
    nn::Linear output;                  // to the vocabulary
  };
  static Parts make_parts(const ModelOptions& options);
  bool attends(Timing timing) const { return options_.attention && options_.timing == timing; }
  Tensor embed(const nn::Embedding& table, const Tensor& words) const;
  Tensor likeliest_words(const Tensor& features) const;
  Tensor attend(const Tensor& query, State& state, const Memory& memory) const;
  Tensor advance(const Tensor& embedded, const Tensor& projected, State& state, const Memory& memory) const;
  Tensor before_output(const Tensor& features) const;

  ModelOptions options_;
  Parts parts_;
};

}  // namespace translation
