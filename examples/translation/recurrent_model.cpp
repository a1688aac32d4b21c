#include "recurrent_model.h"

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
#include <gradus/tensor/random.h>

#include <algorithm>
#include <utility>

namespace translation {

using namespace gradus;

namespace {

bool feeds_input(const ModelOptions& options) {
  if (!options.attention || options.timing == Timing::before) return true;
  return options.timing == Timing::after && options.input_feeding;
}

/// What goes into the first decoder layer beside the embedding.
std::int64_t fed_size(const ModelOptions& options) {
  if (!feeds_input(options)) return 0;
  return options.attention && options.timing == Timing::after ? options.hidden : 2 * options.hidden;
}

/// What a word is predicted from.
std::int64_t feature_size(const ModelOptions& options) {
  return options.attention && options.timing == Timing::after ? options.hidden
                                                              : 3 * options.hidden + options.dim;
}

class RecurrentDecoding : public Decoding {
 public:
  RecurrentDecoding(const RecurrentModel& model, RecurrentModel::Memory memory, RecurrentModel::State state)
      : model_(model), memory_(std::move(memory)), state_(std::move(state)) {}
  StepOutput step(const Tensor& previous) override { return model_.step(previous, state_, memory_); }
  void select(const Tensor& rows, std::int64_t width) override {
    const auto pick = [](Tensor& x, const Tensor& numbers) {
      if (x.defined()) x = index_select(x, 0, numbers);
    };
    for (CellState& layer : state_.layers) {
      pick(layer.state, rows);
      pick(layer.cell, rows);
    }
    pick(state_.weights, rows);
    pick(state_.attentional, rows);
    // Every row has a memory of its own, which stays the same while rows change places within a sentence.
    const Tensor sentences = sentences_of(rows, width, width_),
                 all = arange(0, memory_.mask.size(0) / width_);
    if (width == width_ && sentences.to_vector<std::int64_t>() == all.to_vector<std::int64_t>()) return;
    for (Tensor* part : {&memory_.values, &memory_.keys, &memory_.mask, &memory_.whole}) pick(*part, rows);
    width_ = width;
  }

 private:
  const RecurrentModel& model_;
  RecurrentModel::Memory memory_;
  RecurrentModel::State state_;
  std::int64_t width_ = 1;
};

}  // namespace

RecurrentModel::Parts RecurrentModel::make_parts(const ModelOptions& options) {
  const std::int64_t H = options.hidden, E = options.dim;
  const bool deep = options.output == OutputLayer::deep;
  const int starts = options.kind == ModelKind::lstm ? 2 : 1;  // state, and the cell of an LSTM
  Parts parts{.source_embedding = word_table(options.source_vocabulary, E),
              .target_embedding = word_table(options.target_vocabulary, E),
              .encoder = RecurrentEncoder(options.kind, E, H, options.layers, options.dropout,
                                          options.dropouts.recurrent),
              .bridge = nn::Linear(2 * H, starts * options.layers * H),
              .decoder = {},
              .transition = {},
              .key_projection = {},
              .attention = {},
              .combine = {},
              .deep = {},
              .output = nn::Linear(deep ? E : feature_size(options), options.target_vocabulary)};
  for (int layer = 0; layer < options.layers; ++layer) {
    parts.decoder.emplace_back(options.kind, layer == 0 ? E + fed_size(options) : H, H);
  }
  if (options.attention) {
    const nn::Score score = *options.attention;
    const bool same_size =
        score == nn::Score::dot || score == nn::Score::scaled_dot || score == nn::Score::cosine;
    if (same_size) parts.key_projection.emplace(2 * H, H);
    parts.attention.emplace(score, H, same_size ? H : 2 * H, options.attending);
    if (options.timing == Timing::between) parts.transition.emplace(options.kind, 2 * H, H);
    if (options.timing == Timing::after) parts.combine.emplace(3 * H, H);
  }
  if (deep) parts.deep.emplace(feature_size(options), E);
  tie_tables(options.tie, parts.source_embedding, parts.target_embedding, deep ? &parts.output : nullptr);
  return parts;
}

RecurrentModel::RecurrentModel(const ModelOptions& options)
    : options_(options), parts_(make_parts(options)) {}

/// words (...) -> (..., E)
Tensor RecurrentModel::embed(const nn::Embedding& table, const Tensor& words) const {
  return dropout(drop_words(embed_words(table, words), options_.dropouts.word), options_.dropouts.embedding);
}

RecurrentModel::Memory RecurrentModel::encode(const Tensor& source, const Tensor& lengths,
                                              State& start) const {
  const std::int64_t H = options_.hidden, layers = options_.layers;
  RecurrentEncoder::Output read = parts_.encoder(embed(parts_.source_embedding, source), lengths);
  const Tensor starts = tanh(parts_.bridge(read.ends));  // (B, layers H), with the cells of an LSTM behind
  const auto part = [&](std::int64_t i) { return starts.slice(1, i * H, (i + 1) * H); };
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    start.layers.push_back({part(layer), options_.kind == ModelKind::lstm ? part(layers + layer) : Tensor()});
  }
  if (attends(Timing::after)) start.attentional = zeros({source.size(0), H}, read.ends.dtype());

  read.states = dropout(read.states, options_.dropouts.context);
  Memory memory{.values = read.states,
                .keys = {},
                .mask = padding_mask(lengths, source.size(1)),
                .whole = {},
                .fed_weight = parts_.decoder.front().weight_behind(options_.dim),
                .state_masks = CachedVector<Tensor>(parts_.decoder.size() + 1)};
  if (is_training() && options_.dropouts.recurrent > 0) {
    for (Tensor& mask : memory.state_masks)
      mask = dropout(ones({source.size(0), H}, read.ends.dtype()), options_.dropouts.recurrent);
  }
  if (parts_.attention) {
    memory.keys = parts_.attention->project_keys(parts_.key_projection ? (*parts_.key_projection)(read.states)
                                                                       : read.states);
  } else if (options_.context == Context::last) {
    memory.whole = dropout(read.ends, options_.dropouts.context);
  } else {
    memory.whole = sum(read.states, {1});  // padding is zero in the encoder's output
    if (options_.context == Context::mean)
      memory.whole = memory.whole / lengths.unsqueeze(1).to(memory.whole.dtype());
  }
  return memory;
}

/// The context (B, 2H) of a query (B, H).
Tensor RecurrentModel::attend(const Tensor& query, State& state, const Memory& memory) const {
  const nn::AttentionOutput seen =
      parts_.attention->attend(query.unsqueeze(1), memory.keys, memory.values, memory.mask,
                               {.previous = state.weights, .position = state.position});
  state.weights = seen.weights;
  return seen.context.squeeze(1);
}

/// One step: the features (B, ...) that the next word is predicted from. `projected` is what the first layer
/// makes of the embedding (B, E) of the word before.
Tensor RecurrentModel::advance(const Tensor& embedded, const Tensor& projected, State& state,
                               const Memory& memory) const {
  Tensor context = memory.whole;  // (B, 2H)
  if (attends(Timing::before)) context = attend(state.layers.back().state, state, memory);
  const Tensor& fed = attends(Timing::after) ? state.attentional : context;
  for (std::size_t layer = 0; layer < parts_.decoder.size(); ++layer) {
    const RecurrentCell& cell = parts_.decoder[layer];
    const Tensor& mask = memory.state_masks[layer];
    CellState& own = state.layers[layer];
    if (layer > 0) {
      own = cell.step(dropout(state.layers[layer - 1].state, options_.dropout), own, mask);
    } else if (feeds_input(options_)) {
      own = cell.step(projected, fed, memory.fed_weight, own, mask);
    } else {
      own = cell.step_projected(projected, own, mask);
    }
    if (layer == 0 && attends(Timing::between)) {
      context = attend(own.state, state, memory);
      own = parts_.transition->step(context, own, memory.state_masks.back());
    }
  }
  const Tensor& top = state.layers.back().state;
  Tensor features;
  if (attends(Timing::after)) {
    features = tanh((*parts_.combine)(cat({attend(top, state, memory), top}, 1)));
    state.attentional = features;
  } else {
    features = cat({top, context, embedded}, 1);
  }
  ++state.position;
  return features;
}

Tensor RecurrentModel::before_output(const Tensor& features) const {
  return parts_.deep ? tanh((*parts_.deep)(features)) : features;
}

Reach RecurrentModel::reach() const {
  if (options_.attention != nn::Score::location) return {};
  return {.source = options_.attending.max_length};
}

std::int64_t RecurrentModel::most_words() const { return std::min(longest_sentence, reach().source - 1); }

/// The words (B,) that features (B, ...) speak for the most.
Tensor RecurrentModel::likeliest_words(const Tensor& features) const {
  const no_grad scope;
  return argmax(parts_.output(before_output(features)), 1);
}

Tensor RecurrentModel::features(const Tensor& source, const Tensor& lengths, const Tensor& previous,
                                double teacher_forcing) const {
  State state;
  const Memory memory = encode(source, lengths, state);
  const RecurrentCell& first = parts_.decoder.front();
  CachedVector<Tensor> features;  // of every step
  if (teacher_forcing == 1) {
    const Tensor embedded = embed(parts_.target_embedding, previous);  // (B, T, E)
    const Tensor projected = first.project_first(embedded);            // (B, T, gates), all steps at once
    for (std::int64_t t = 0; t < previous.size(1); ++t) {
      features.push_back(advance(embedded.select(1, t), projected.select(1, t), state, memory));
    }
  } else {
    const Tensor given = bernoulli(teacher_forcing, previous.shape());  // (B, T)
    for (std::int64_t t = 0; t < previous.size(1); ++t) {
      Tensor words = previous.select(1, t);  // (B,)
      if (t > 0) words = where(given.select(1, t), words, likeliest_words(features.back()));
      const Tensor embedded = embed(parts_.target_embedding, words);  // (B, E)
      features.push_back(advance(embedded, first.project_first(embedded), state, memory));
    }
  }
  return dropout(before_output(stack(features, 1)), options_.dropouts.output);  // (B, T, E or features)
}

std::unique_ptr<Decoding> RecurrentModel::start(const Tensor& source, const Tensor& lengths) const {
  const evaluating scope;
  State state;
  Memory memory = encode(source, lengths, state);
  return std::make_unique<RecurrentDecoding>(*this, std::move(memory), std::move(state));
}

StepOutput RecurrentModel::step(const Tensor& previous, State& state, const Memory& memory) const {
  const evaluating scope;
  const Tensor embedded = embed_words(parts_.target_embedding, previous);  // (B, E)
  const Tensor features = advance(embedded, parts_.decoder.front().project_first(embedded), state, memory);
  return {parts_.output(before_output(features)), parts_.attention ? state.weights.squeeze(1) : Tensor()};
}

}  // namespace translation
