#include "model.h"

#include "recurrent_model.h"
#include "transformer_model.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/modes.h>
#include <gradus/autograd/normalize.h>
#include <gradus/autograd/reduce.h>
#include <gradus/nn/model.h>
#include <gradus/nn/named.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace translation {

using namespace gradus;

namespace {

/// Throws where a probability of dropout is none, or belongs to the other kind of model.
void check_dropouts(const ModelOptions& options) {
  const auto refuse = [](const char* place, double value, const std::string& why) {
    throw Error("translation model",
                std::string(place) + " dropout is " + std::to_string(value) + ", and " + why);
  };
  const auto check = [&](const char* place, double value, bool has_place) {
    if (!(value >= 0 && value < 1)) refuse(place, value, "must lie in [0, 1)");
    if (!has_place && value > 0) {
      refuse(
          place, value,
          "a model of the kind " + std::string(name_of(options.kind)) + " has no such place; leave it out");
    }
  };
  const auto check_unless_general = [&](const char* place, double value, bool has_place) {
    if (value != Dropouts::as_dropout) check(place, value, has_place);
  };
  const Dropouts& p = options.dropouts;
  const bool transformer = options.kind == ModelKind::transformer;
  check_unless_general("embedding", p.embedding, true);
  check_unless_general("output", p.output, true);
  check_unless_general("attention", p.attention, transformer);
  check_unless_general("activation", p.activation, transformer);
  check("word", p.word, true);
  check("context", p.context, !transformer);
  check("recurrent", p.recurrent, !transformer);
}

/// The same options with every probability of dropout said.
ModelOptions with_dropouts(ModelOptions options) {
  const auto fill = [](double& value, double general) {
    if (value == Dropouts::as_dropout) value = general;
  };
  const bool transformer = options.kind == ModelKind::transformer;
  Dropouts& p = options.dropouts;
  fill(p.embedding, options.dropout);
  fill(p.attention, transformer ? options.dropout : 0);
  fill(p.activation, transformer ? options.dropout : 0);
  fill(p.output, transformer ? 0 : options.dropout);
  return options;
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
  if (options.kind != ModelKind::transformer && !options.attention && options.timing == Timing::between) {
    throw Error("translation model", "--timing between attends between two steps, and there is no attention");
  }
  if (!(options.dropout >= 0 && options.dropout < 1)) {
    throw Error("translation model", "dropout must lie in [0, 1), got " + std::to_string(options.dropout));
  }
}

}  // namespace

std::unique_ptr<TranslationModel> make_model(const ModelOptions& options) {
  check(options);
  check_dropouts(options);
  const ModelOptions whole = with_dropouts(options);
  if (options.kind == ModelKind::transformer) return std::make_unique<TransformerModel>(whole);
  return std::make_unique<RecurrentModel>(whole);
}

bool has_dropout(const ModelOptions& options) {
  const Dropouts p = with_dropouts(options).dropouts;
  // What stands between layers, or between the parts of the Transformer's, has --dropout alone.
  const bool between = options.kind == ModelKind::transformer || options.layers > 1;
  return (between && options.dropout > 0) ||
         std::max({p.embedding, p.word, p.output, p.attention, p.activation, p.context, p.recurrent}) > 0;
}

TokenLoss TranslationModel::loss(const Tensor& source, const Tensor& lengths, const Tensor& previous,
                                 const Tensor& target, TokenLossOptions options,
                                 double teacher_forcing) const {
  const Tensor hidden = features(source, lengths, previous, teacher_forcing);  // (B, T, features)
  const nn::Linear& output = output_layer();
  options.ignore_index = 0;
  return linear_cross_entropy(hidden.flatten(0, 1), output.weight, output.bias, target.flatten(), options);
}

nn::Embedding word_table(std::int64_t words, std::int64_t dim) {
  nn::Embedding table(words, dim, {.padding_idx = 0});
  const no_grad scope;
  table.weight.mul_(1 / std::sqrt(static_cast<double>(dim)));
  return table;
}

void tie_tables(Tie tie, nn::Embedding& source, nn::Embedding& target, nn::Linear* output) {
  if (tie == Tie::all) {
    if (!(source.weight.shape() == target.weight.shape())) {
      throw Error("translation model", "to tie all tables needs one vocabulary for both languages, got " +
                                           std::to_string(source.weight.size(0)) + " and " +
                                           std::to_string(target.weight.size(0)) + " entries");
    }
    source.weight = target.weight;
  }
  if (tie != Tie::none && output) output->weight = target.weight;
}

Tensor embed_words(const nn::Embedding& table, const Tensor& ids) {
  return table(ids) * std::sqrt(static_cast<double>(table.weight.size(1)));
}

Tensor drop_words(const Tensor& embedded, double p) {
  if (!is_training() || p == 0) return embedded;
  Shape shape = embedded.shape();
  shape[shape.rank() - 1] = 1;
  return embedded * dropout(ones(shape, embedded.dtype()), p);
}

std::string first_broken_weight(const ModelView& model) {
  for (const auto& [name, tensor] : state_dict(model)) {
    if (is_floating(tensor.dtype()) && any(logical_not(isfinite(tensor))).item<bool>()) return name;
  }
  return "";
}

double least_parameters(const ModelOptions& options) {
  const auto words = static_cast<double>(options.target_vocabulary), dim = static_cast<double>(options.dim),
             layers = static_cast<double>(options.layers), hidden = static_cast<double>(options.hidden);
  if (options.kind == ModelKind::transformer) {
    // Encoder and decoder: queries and output of attention, two maps of the position-wise network.
    return words * dim + layers * 4 * dim * (dim + static_cast<double>(options.ffn));
  }
  // The recurrent weights of both directions of the encoder and of the decoder; what the first layer makes of
  // a word.
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

const char* name_of(Timing timing) {
  switch (timing) {
    case Timing::before: return "before";
    case Timing::between: return "between";
    case Timing::after: return "after";
  }
  return "?";
}

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
  return nn::named("model", name, {ModelKind::rnn, ModelKind::gru, ModelKind::lstm, ModelKind::transformer});
}
Context context_named(const std::string& name) {
  return nn::named("context", name, {Context::last, Context::mean, Context::sum});
}
Timing timing_named(const std::string& name) {
  return nn::named("timing", name, {Timing::before, Timing::between, Timing::after});
}
OutputLayer output_named(const std::string& name) {
  return nn::named("output", name, {OutputLayer::direct, OutputLayer::deep});
}
Positions positions_named(const std::string& name) {
  return nn::named("positions", name,
                   {Positions::none, Positions::sinusoidal, Positions::learned, Positions::shaw,
                    Positions::t5, Positions::rotary, Positions::alibi});
}
Tie tie_named(const std::string& name) { return nn::named("tie", name, {Tie::none, Tie::target, Tie::all}); }

}  // namespace translation
