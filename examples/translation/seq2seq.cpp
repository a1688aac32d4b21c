#include "seq2seq.h"

#include <gradus/autograd/activation.h>
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/indexing.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/modes.h>
#include <gradus/autograd/normalize.h>
#include <gradus/autograd/reduce.h>
#include <gradus/data/loader.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

namespace translation {

using namespace gradus;

namespace {

Seq2SeqOptions checked(const Seq2SeqOptions& options) {
  if (options.source_vocabulary < 5 || options.target_vocabulary < 5) {
    throw Error("translation model", "the vocabularies must hold words besides the four specials, got " +
                                         std::to_string(options.source_vocabulary) + " and " +
                                         std::to_string(options.target_vocabulary) + " entries");
  }
  if (options.embedding < 1 || options.hidden < 1 || options.layers < 1) {
    throw Error("translation model", "embedding, hidden and layers must be positive, got " +
                                         std::to_string(options.embedding) + ", " + std::to_string(options.hidden) +
                                         " and " + std::to_string(options.layers));
  }
  if (!(options.dropout >= 0 && options.dropout < 1)) {
    throw Error("translation model", "dropout must lie in [0, 1), got " + std::to_string(options.dropout));
  }
  return options;
}

nn::EmbeddingOptions padded() { return {.padding_idx = 0}; }

/// Small at the start, because the target table is the output layer as well.
void start_embedding(nn::Embedding& embedding) {
  const no_grad scope;
  embedding.weight.mul_(0.1);
}

}  // namespace

Seq2Seq::Seq2Seq(const Seq2SeqOptions& options)
    : options_(checked(options)),
      source_embedding_(options.source_vocabulary, options.embedding, padded()),
      target_embedding_(options.target_vocabulary, options.embedding, padded()),
      encoder_(options.embedding, options.hidden,
               {.layers = options.layers, .bidirectional = true, .dropout = options.dropout}),
      bridge_(2 * options.hidden, options.layers * options.hidden),
      output_(options.output == OutputLayer::deep ? options.embedding : 3 * options.hidden + options.embedding,
              options.target_vocabulary) {
  const std::int64_t H = options.hidden, E = options.embedding;
  start_embedding(source_embedding_);
  start_embedding(target_embedding_);
  for (int layer = 0; layer < options.layers; ++layer) decoder_.emplace_back(layer == 0 ? E + 2 * H : H, H);
  if (options.attention) {
    const bool same_size = *options.attention == nn::Score::dot || *options.attention == nn::Score::scaled_dot;
    if (same_size) key_projection_.emplace(2 * H, H);
    attention_.emplace(*options.attention, H, same_size ? H : 2 * H);
  }
  if (options.output == OutputLayer::deep) {
    deep_.emplace(3 * H + E, E);
    output_.weight = target_embedding_.weight;
  }
}

Memory Seq2Seq::encode(const Tensor& source, const Tensor& lengths) const {
  const std::int64_t H = options_.hidden;
  const Tensor embedded = dropout(source_embedding_(source), options_.dropout, is_training());  // (B, S, E)
  const nn::GRUOutput read = encoder_(embedded, {}, lengths);
  const std::int64_t last = 2 * (options_.layers - 1);
  const Tensor ends = cat({read.state[last], read.state[last + 1]}, 1);  // (B, 2H)
  const Tensor starts = tanh(bridge_(ends));                             // (B, layers H)

  Memory memory;
  memory.values = read.output;
  memory.mask = padding_mask(lengths, source.size(1));
  for (int layer = 0; layer < options_.layers; ++layer) memory.state.push_back(starts.slice(1, layer * H, (layer + 1) * H));
  if (attention_) {
    memory.keys = attention_->project_keys(key_projection_ ? (*key_projection_)(read.output) : read.output);
  } else if (options_.context == Context::last) {
    memory.whole = ends;
  } else {
    memory.whole = sum(read.output, {1});  // padding is zero in the encoder's output
    if (options_.context == Context::mean) memory.whole = memory.whole / lengths.unsqueeze(1).to(DType::float32);
  }
  return memory;
}

/// The part of the first decoder layer's input gates that comes from the previous words: for all steps at once.
Tensor Seq2Seq::project_embedded(const Tensor& embedded) const {
  const nn::GRUCell& first = decoder_.front();
  return linear(embedded, first.weight_ih.slice(1, 0, options_.embedding), first.bias_ih);
}

Step Seq2Seq::advance(const Tensor& embedded, const Tensor& gates_of_embedded, const States& state,
                      const Memory& memory) const {
  Step step;
  Tensor context = memory.whole;  // (B, 2H)
  if (attention_) {
    const nn::AttentionOutput seen =
        attention_->attend(state.back().unsqueeze(1), memory.keys, memory.values, memory.mask);
    context = seen.context.squeeze(1);
    step.weights = seen.weights.squeeze(1);
  }
  const nn::GRUCell& first = decoder_.front();
  const Tensor context_weight = first.weight_ih.slice(1, options_.embedding);  // (3H, 2H)
  step.state.push_back(first.step(gates_of_embedded + linear(context, context_weight, {}), state[0]));
  for (std::size_t layer = 1; layer < decoder_.size(); ++layer) {
    const Tensor below = dropout(step.state.back(), options_.dropout, is_training());
    step.state.push_back(decoder_[layer](below, state[layer]));
  }
  step.features = cat({step.state.back(), context, embedded}, 1);
  return step;
}

Tensor Seq2Seq::before_output(const Tensor& features) const { return deep_ ? tanh((*deep_)(features)) : features; }

TokenLoss Seq2Seq::loss(const Tensor& source, const Tensor& lengths, const Tensor& previous, const Tensor& target,
                        double label_smoothing) const {
  const Memory memory = encode(source, lengths);
  const Tensor embedded = dropout(target_embedding_(previous), options_.dropout, is_training());  // (B, T, E)
  const Tensor gates = project_embedded(embedded);                                                // (B, T, 3H)
  CachedVector<Tensor> features;  // of every step, (B, 3H + E)
  States state = memory.state;
  for (std::int64_t t = 0; t < previous.size(1); ++t) {
    Step step = advance(embedded.select(1, t), gates.select(1, t), state, memory);
    features.push_back(step.features);
    state = std::move(step.state);
  }
  Tensor hidden = before_output(stack(features, 1));  // (B, T, E or 3H + E)
  hidden = dropout(hidden, options_.dropout, is_training());
  return linear_cross_entropy(hidden.flatten(0, 1), output_.weight, output_.bias, target.flatten(),
                              {.ignore_index = 0, .label_smoothing = label_smoothing});
}

Step Seq2Seq::step(const Tensor& previous, const States& state, const Memory& memory) const {
  const evaluating scope;
  const Tensor embedded = target_embedding_(previous);  // (B, E)
  return advance(embedded, project_embedded(embedded), state, memory);
}

Tensor Seq2Seq::logits(const Tensor& features) const { return output_(before_output(features)); }

}  // namespace translation
