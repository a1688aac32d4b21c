// The translator: a GRU encoder that reads a sentence in both directions, attention, and a GRU decoder that writes
// (Bahdanau, Cho, Bengio 2015).
#pragma once
#include <gradus/nn/attention.h>
#include <gradus/nn/dropout.h>
#include <gradus/nn/embedding.h>
#include <gradus/nn/gru.h>
#include <gradus/nn/linear.h>
#include <gradus/nn/losses.h>
#include <gradus/tensor/memory.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace translation {

using gradus::Tensor;
namespace nn = gradus::nn;

/// What the decoder sees of the source where it has no attention: one vector for the whole sentence.
enum class Context { last, mean, sum };

/// How a word is predicted from (state, context, embedding of the previous word).
enum class OutputLayer {
  direct,  // one linear map to the vocabulary
  deep     // a tanh layer to the width of the embedding, then the target embedding itself, transposed
};

struct Seq2SeqOptions {
  std::int64_t source_vocabulary = 0;
  std::int64_t target_vocabulary = 0;
  std::int64_t embedding = 256;
  std::int64_t hidden = 256;
  int layers = 1;  // of the encoder, and of the decoder
  double dropout = 0.3;
  std::optional<nn::Score> attention = nn::Score::additive;
  Context context = Context::last;  // where there is no attention
  OutputLayer output = OutputLayer::deep;
};

/// States of all decoder layers, (B, H) each.
using States = gradus::CachedVector<Tensor>;

/// What the encoder leaves behind for the decoder. B sentences, S source positions, H hidden.
struct Memory {
  Tensor values;             // (B, S, 2H): what attention averages
  Tensor keys;               // (B, S, ...): what it compares with, projected once
  Tensor mask;               // (B, S) bool, true at padding
  Tensor whole;              // (B, 2H): the context of every step where there is no attention
  States state;              // of every decoder layer at the start
};

/// One step of the decoder.
struct Step {
  States state;      // of every layer after it
  Tensor features;   // (B, 3H + E): state, context, embedding: what the word is predicted from
  Tensor weights;    // (B, S) of the attention; undefined without it
};

class Seq2Seq {
 public:
  explicit Seq2Seq(const Seq2SeqOptions& options);

  /// source (B, S) int64 ids, lengths (B,) int64.
  Memory encode(const Tensor& source, const Tensor& lengths) const;

  /// The loss of the words `target` (B, T) when the decoder reads `previous` (B, T), with dropout in training.
  gradus::TokenLoss loss(const Tensor& source, const Tensor& lengths, const Tensor& previous, const Tensor& target,
                         double label_smoothing) const;

  /// One step without dropout: previous (B,) ids.
  Step step(const Tensor& previous, const States& state, const Memory& memory) const;
  /// Scores of all words, (B, target vocabulary), from the features of a step.
  Tensor logits(const Tensor& features) const;

  const Seq2SeqOptions& options() const { return options_; }
  GRADUS_FIELDS(Seq2Seq, options_, source_embedding_, target_embedding_, encoder_, bridge_, decoder_, key_projection_,
                attention_, deep_, output_)

 private:
  std::int64_t context_size() const { return 2 * options_.hidden; }
  Step advance(const Tensor& embedded, const Tensor& gates_of_embedded, const States& state,
               const Memory& memory) const;
  Tensor project_embedded(const Tensor& embedded) const;
  Tensor before_output(const Tensor& features) const;

  Seq2SeqOptions options_;
  nn::Embedding source_embedding_, target_embedding_;
  nn::GRU encoder_;
  nn::Linear bridge_;                        // (2H) of the encoder's last states -> first states of all decoder layers
  std::vector<nn::GRUCell> decoder_;         // the first reads (embedding, context), each further one the state below
  std::optional<nn::Linear> key_projection_;  // 2H -> H, for scores that compare states and keys feature by feature
  std::optional<nn::Attention> attention_;
  std::optional<nn::Linear> deep_;           // (3H + E) -> E
  nn::Linear output_;                        // to the vocabulary; tied to the target embedding after `deep`
};

}  // namespace translation
