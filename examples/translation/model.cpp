#include "model.h"

#include "recurrent_model.h"
#include "transformer_model.h"

#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>

#include <initializer_list>
#include <span>
#include <vector>

namespace translation {

using namespace gradus;

namespace {

/// The value of that name among these.
template <class Option>
Option named(const char* what, const std::string& name, std::initializer_list<Option> options) {
  std::string known;
  for (const Option option : options) {
    if (name == name_of(option)) return option;
    known += (known.empty() ? "" : ", ") + std::string(name_of(option));
  }
  throw Error(what, "there is no " + std::string(what) + " '" + printable(name) + "'; known are " + known);
}

void check(const ModelOptions& options) {
  if (options.source_vocabulary < 5 || options.target_vocabulary < 5) {
    throw Error("translation model", "the vocabularies must hold words besides the four specials, got " +
                                         std::to_string(options.source_vocabulary) + " and " +
                                         std::to_string(options.target_vocabulary) + " entries");
  }
  if (options.dim < 1 || options.hidden < 1 || options.layers < 1) {
    throw Error("translation model", "dim, hidden and layers must be positive, got " +
                                         std::to_string(options.dim) + ", " + std::to_string(options.hidden) +
                                         " and " + std::to_string(options.layers));
  }
  if (!(options.dropout >= 0 && options.dropout < 1)) {
    throw Error("translation model", "dropout must lie in [0, 1), got " + std::to_string(options.dropout));
  }
}

}  // namespace

std::unique_ptr<TranslationModel> make_model(const ModelOptions& options) {
  check(options);
  if (options.kind == ModelKind::transformer) return std::make_unique<TransformerModel>(options);
  return std::make_unique<RecurrentModel>(options);
}

double least_parameters(const ModelOptions& options) {
  const auto words = static_cast<double>(options.target_vocabulary), dim = static_cast<double>(options.dim),
             layers = static_cast<double>(options.layers), hidden = static_cast<double>(options.hidden);
  if (options.kind == ModelKind::transformer) {
    // Encoder and decoder: queries and output of attention, two maps of the position-wise network.
    return words * dim + layers * 4 * dim * (dim + static_cast<double>(options.ffn));
  }
  // The recurrent weights of both directions of the encoder and of the decoder; what the first layer makes of a word.
  double count = words * dim + layers * 3 * hidden * hidden + 2 * dim * hidden;
  if (options.attention == nn::Score::location) {
    count += static_cast<double>(options.attending.max_length) * hidden;
  }
  return count;
}

Tensor sentences_of(const Tensor& rows, std::int64_t width, std::int64_t width_before) {
  const std::span<const std::int64_t> all = rows.span<std::int64_t>();
  std::vector<std::int64_t> sentences;
  for (std::size_t i = 0; i < all.size(); i += static_cast<std::size_t>(width))
    sentences.push_back(all[i] / width_before);
  return tensor(sentences);
}

const char* name_of(ModelKind kind) {
  switch (kind) {
    case ModelKind::rnn: return "rnn";
    case ModelKind::gru: return "gru";
    case ModelKind::lstm: return "lstm";
    case ModelKind::transformer: return "transformer";
  }
  return "?";
}

const char* name_of(Context context) {
  switch (context) {
    case Context::last: return "last";
    case Context::mean: return "mean";
    case Context::sum: return "sum";
  }
  return "?";
}

const char* name_of(Timing timing) { return timing == Timing::before ? "before" : "after"; }

const char* name_of(OutputLayer output) { return output == OutputLayer::direct ? "direct" : "deep"; }

const char* name_of(Positions positions) {
  switch (positions) {
    case Positions::none: return "none";
    case Positions::sinusoidal: return "sinusoidal";
    case Positions::learned: return "learned";
    case Positions::shaw: return "shaw";
    case Positions::t5: return "t5";
    case Positions::rotary: return "rotary";
    case Positions::alibi: return "alibi";
  }
  return "?";
}

const char* name_of(Tie tie) {
  switch (tie) {
    case Tie::none: return "none";
    case Tie::target: return "target";
    case Tie::all: return "all";
  }
  return "?";
}

ModelKind model_kind_named(const std::string& name) {
  return named("model", name, {ModelKind::rnn, ModelKind::gru, ModelKind::lstm, ModelKind::transformer});
}
Context context_named(const std::string& name) {
  return named("context", name, {Context::last, Context::mean, Context::sum});
}
Timing timing_named(const std::string& name) {
  return named("timing", name, {Timing::before, Timing::after});
}
OutputLayer output_named(const std::string& name) {
  return named("output", name, {OutputLayer::direct, OutputLayer::deep});
}
Positions positions_named(const std::string& name) {
  return named("positions", name,
               {Positions::none, Positions::sinusoidal, Positions::learned, Positions::shaw, Positions::t5,
                Positions::rotary, Positions::alibi});
}
Tie tie_named(const std::string& name) { return named("tie", name, {Tie::none, Tie::target, Tie::all}); }

}  // namespace translation
