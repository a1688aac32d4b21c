// The C++ half of round_trip.py: for every kind of layer there is a folder with the weights and inputs that
// PyTorch wrote. Loads them, writes the outputs and the weights again; then does the same with a layer of its
// own making.
//
//   pytorch_round_trip FOLDER
#include <gradus/autograd/activation.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/modes.h>
#include <gradus/nn/nn.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/random.h>

#include <cstdio>
#include <map>

namespace {

using namespace gradus;
using Inputs = std::map<std::string, Tensor>;
using Outputs = std::vector<Tensor>;

/// Outputs in float64, so that differences of rounding do not hide a wrong weight.
template <class Model, class Forward>
void write_outputs(const std::string& path, const Model& model, const Inputs& inputs,
                   const Forward& forward) {
  const evaluating scope;
  const Model precise = clone(model, DType::float64);
  NamedTensors named;
  const Outputs outputs = forward(precise, inputs);
  for (std::size_t i = 0; i < outputs.size(); ++i) named.emplace_back("y" + std::to_string(i), outputs[i]);
  save_tensors(path, named);
}

/// `make` gives a new layer, `forward(layer, inputs)` the outputs.
template <class Make, class Forward>
void check(const std::string& folder, const Make& make, const Forward& forward) {
  Inputs inputs;
  for (auto& [name, tensor] : load_tensors(folder + "/inputs.safetensors").tensors)
    inputs.emplace(name, tensor);

  const auto loaded = make();
  load(loaded, folder + "/weights.safetensors");
  write_outputs(folder + "/loaded_outputs.safetensors", loaded, inputs, forward);
  save(loaded, folder + "/back.safetensors");

  const auto fresh = make();
  for (const Tensor& parameter : parameters(fresh)) {  // no bias and no factor stays at 0 or 1
    const no_grad scope;
    Tensor(parameter).add_(randn(parameter.shape()), 0.1);
  }
  write_outputs(folder + "/fresh_outputs.safetensors", fresh, inputs, forward);
  save(fresh, folder + "/fresh.safetensors");
}

const auto of_x = [](const auto& layer, const Inputs& in) { return Outputs{layer(in.at("x"))}; };
const auto of_sequence = [](const auto& layer, const Inputs& in) {
  const auto y = layer(in.at("x"));
  return Outputs{y.output, y.state};
};
const auto of_state = [](const auto& cell, const Inputs& in) {
  return Outputs{cell(in.at("x"), in.at("h"))};
};
const auto of_lstm = [](const nn::LSTM& layer, const Inputs& in) {
  const nn::LSTMOutput y = layer(in.at("x"), in.at("h"), in.at("c"));
  return Outputs{y.output, y.state, y.cell};
};
const auto of_attention = [](const nn::MultiHeadAttention& layer, const Inputs& in) {
  const nn::MultiHeadOutput y =
      layer(in.at("q"), in.at("k"), in.at("v"), {.key_mask = in.at("mask"), .need_weights = true});
  return Outputs{y.output, y.weights};
};
const auto of_masked = [](const auto& encoder, const Inputs& in) {
  return Outputs{encoder(in.at("x"), {.key_mask = in.at("mask")})};
};
const auto of_memory = [](const auto& decoder, const Inputs& in) {
  return Outputs{decoder(in.at("x"), in.at("memory")).output};
};

/// A model of a user's: a table that is also the weights of the output, behind a list of layers.
struct Tagger {
  nn::Embedding embedding{11, 6};
  std::vector<nn::Linear> layers;
  nn::Linear out{6, 11};

  Tagger() {
    layers.emplace_back(6, 6);
    layers.emplace_back(6, 6);
    out.weight = embedding.weight;
  }
  Tensor operator()(const Tensor& ids) const {
    Tensor x = embedding(ids);
    for (const nn::Linear& layer : layers) x = tanh(layer(x));
    return out(x);
  }
  GRADUS_FIELDS(Tagger, embedding, layers, out)
};

/// With statistics that are not those of every new layer.
nn::BatchNorm batch_norm(bool affine) {
  nn::BatchNorm layer(4, {.affine = affine});
  layer.running_mean.normal_(0, 1);
  layer.running_var.uniform_(0.5, 2);
  layer.num_batches_tracked.fill_(3);
  return layer;
}

const nn::TransformerOptions transformer{.heads = 2, .ffn = 10, .encoder_layers = 2, .decoder_layers = 2};

nn::TransformerOptions transformer_with(nn::NormPlacement norm, nn::FeedForwardKind kind, bool final_norm) {
  nn::TransformerOptions options = transformer;
  options.norm = norm;
  options.feed_forward = kind;
  options.final_norm = final_norm;
  return options;
}

void check_simple(const std::string& folder) {
  check(
      folder + "/linear", [] { return nn::Linear(5, 3); }, of_x);
  check(
      folder + "/linear_without_bias", [] { return nn::Linear(5, 3, {.bias = false}); }, of_x);
  check(
      folder + "/embedding", [] { return nn::Embedding(7, 4, {.padding_idx = 2}); }, of_x);
  check(
      folder + "/layer_norm", [] { return nn::LayerNorm(5); }, of_x);
  check(
      folder + "/layer_norm_two_axes",
      [] {
        return nn::LayerNorm(Shape{3, 5});
      },
      of_x);
  check(
      folder + "/rms_norm", [] { return nn::RMSNorm(5, 1e-6); }, of_x);
  check(
      folder + "/batch_norm_1d", [] { return batch_norm(true); }, of_x);
  check(
      folder + "/batch_norm_2d", [] { return batch_norm(false); }, of_x);
  check(
      folder + "/conv1d", [] { return nn::Conv1d(4, 6, 3, {.stride = 2, .padding = 1, .groups = 2}); }, of_x);
  check(
      folder + "/conv2d", [] { return nn::Conv2d(3, 5, Pair(3, 2), {.padding = Pair(1, 0), .dilation = 2}); },
      of_x);
  check(
      folder + "/sequential",
      [] {
        return nn::Sequential{nn::Linear(5, 8), nn::Gelu{}, nn::LayerNorm(8), nn::Linear(8, 2)};
      },
      of_x);
  check(
      folder + "/tagger", [] { return Tagger(); }, of_x);
}

void check_recurrent(const std::string& folder) {
  check(
      folder + "/rnn", [] { return nn::RNN(3, 4, {.layers = 2, .bidirectional = true}); }, of_sequence);
  check(
      folder + "/rnn_relu", [] { return nn::RNN(3, 4, {.nonlinearity = RecurrentNonlinearity::relu}); },
      of_sequence);
  check(
      folder + "/gru", [] { return nn::GRU(3, 4, {.layers = 2, .bidirectional = true}); }, of_sequence);
  check(
      folder + "/gru_without_bias", [] { return nn::GRU(3, 4, {.layers = 3, .bias = false}); }, of_sequence);
  check(
      folder + "/lstm", [] { return nn::LSTM(3, 4, {.layers = 2, .bidirectional = true}); }, of_lstm);
  check(
      folder + "/lstm_without_bias", [] { return nn::LSTM(3, 4, {.layers = 4, .bias = false}); }, of_lstm);
  check(
      folder + "/rnn_cell", [] { return nn::RNNCell(3, 4); }, of_state);
  check(
      folder + "/gru_cell", [] { return nn::GRUCell(3, 4); }, of_state);
  check(
      folder + "/lstm_cell", [] { return nn::LSTMCell(3, 4); },
      [](const nn::LSTMCell& cell, const Inputs& in) {
        const nn::LSTMState y = cell(in.at("x"), in.at("h"), in.at("c"));
        return Outputs{y.state, y.cell};
      });
}

void check_attention(const std::string& folder) {
  using enum nn::NormPlacement;
  using enum nn::FeedForwardKind;
  check(
      folder + "/attention", [] { return nn::MultiHeadAttention(6, 2); }, of_attention);
  check(
      folder + "/attention_without_bias", [] { return nn::MultiHeadAttention(6, 3, {.bias = false}); },
      of_attention);
  check(
      folder + "/attention_of_other_sizes",
      [] { return nn::MultiHeadAttention(6, 2, {.key_size = 3, .value_size = 5}); }, of_attention);
  check(
      folder + "/encoder_layer", [] { return nn::TransformerEncoderLayer(6, transformer); }, of_masked);
  check(
      folder + "/encoder_layer_norm_first",
      [] { return nn::TransformerEncoderLayer(6, transformer_with(pre, gelu, true)); }, of_masked);
  check(
      folder + "/decoder_layer", [] { return nn::TransformerDecoderLayer(6, transformer); }, of_memory);
  check(
      folder + "/encoder", [] { return nn::TransformerEncoder(6, transformer_with(post, relu, false)); },
      of_masked);
  check(
      folder + "/decoder", [] { return nn::TransformerDecoder(6, transformer_with(pre, relu, true)); },
      of_memory);
  check(
      folder + "/transformer", [] { return nn::Transformer(6, transformer); },
      [](const nn::Transformer& model, const Inputs& in) {
        return Outputs{model(in.at("source"), in.at("x"))};
      });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  try {
    manual_seed(7);
    check_simple(argv[1]);
    check_recurrent(argv[1]);
    check_attention(argv[1]);
  } catch (const gradus::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
