// Layers: made from the attributes, filled with PyTorch's state dict, run.
#include "cases.h"

#include <gradus/autograd/activation.h>
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/reduce.h>
#include <gradus/nn/nn.h>

#include <algorithm>
#include <sstream>

namespace oracle {
namespace {

using namespace gradus;

/// Loads the case's parameters into a copy of the model in the case's dtype, runs it and differentiates.
template <class Model, class Forward>
Answers run_model(const Case& c, const Model& made, Forward&& forward) {
  const Model model = clone(made, c.dtype());
  load_state_dict(model, c.state());
  return outputs_and_gradients(c, forward(model), named_parameters(model));
}

Answers run_linear(const Case& c) {
  const Arguments& a = c.arguments();
  return run_model(
      c, nn::Linear(a.integer("in_features"), a.integer("out_features"), {.bias = a.flag("bias", true)}),
      [&](const nn::Linear& layer) { return Tensors{layer(a.tensor("input"))}; });
}

Answers run_embedding(const Case& c) {
  const Arguments& a = c.arguments();
  nn::EmbeddingOptions options;
  if (a.has("padding_idx")) options.padding_idx = a.integer("padding_idx");
  return run_model(c, nn::Embedding(a.integer("num_embeddings"), a.integer("embedding_dim"), options),
                   [&](const nn::Embedding& layer) { return Tensors{layer(a.tensor("input"))}; });
}

Answers run_layer_norm(const Case& c) {
  const Arguments& a = c.arguments();
  const nn::LayerNormOptions options{.eps = a.number("eps", 1e-5),
                                     .affine = a.flag("elementwise_affine", true)};
  return run_model(c, nn::LayerNorm(a.shape("normalized_shape"), options),
                   [&](const nn::LayerNorm& layer) { return Tensors{layer(a.tensor("input"))}; });
}

/// The first of the names that is given, or an undefined tensor.
Tensor any_of(const Arguments& a, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (a.is_tensor(name)) return a.tensor(name);
  }
  return {};
}

/// RNN, GRU or LSTM: `Options` are those of the layer, `run(layer, x, lengths)` gives its outputs, of which
/// the first is (batch, time, ...).
template <class Layer, class Options, class Run>
Answers run_recurrent(const Case& c, Run run) {
  const Arguments& a = c.arguments();
  Options options{.layers = static_cast<int>(a.integer("num_layers", 1)),
                  .bidirectional = a.flag("bidirectional", false),
                  .dropout = a.number("dropout", 0),
                  .bias = a.flag("bias", true)};
  if constexpr (requires { options.nonlinearity; }) {
    if (a.text("nonlinearity", "tanh") == "relu") options.nonlinearity = RecurrentNonlinearity::relu;
  }
  if (a.has("proj_size") && a.integer("proj_size") != 0) throw Unsupported("proj_size");
  Tensor lengths = any_of(a, {"lengths"});
  if (!lengths.defined() && a.has("lengths")) {
    lengths = tensor(a.plain("lengths").get<std::vector<std::int64_t>>());
  }
  const bool batch_first = a.flag("batch_first", false);
  return run_model(c, Layer(a.integer("input_size"), a.integer("hidden_size"), options),
                   [&](const Layer& layer) {
                     const Tensor& x = a.tensor("input");
                     Tensors outputs = run(layer, batch_first ? x : x.transpose(0, 1), lengths);
                     if (!batch_first) outputs[0] = outputs[0].transpose(0, 1);
                     return outputs;
                   });
}

template <class Layer, class Options>
Answers run_simple_recurrent(const Case& c) {
  return run_recurrent<Layer, Options>(c, [&](const Layer& layer, const Tensor& x, const Tensor& lengths) {
    const auto y = layer(x, any_of(c.arguments(), {"h0", "h_0", "hx"}), lengths);
    return Tensors{y.output, y.state};
  });
}

Answers run_lstm(const Case& c) {
  return run_recurrent<nn::LSTM, nn::LSTMOptions>(
      c, [&](const nn::LSTM& layer, const Tensor& x, const Tensor& lengths) {
        const nn::LSTMOutput y = layer(x, any_of(c.arguments(), {"h0", "h_0", "hx"}),
                                       any_of(c.arguments(), {"c0", "c_0", "cx"}), lengths);
        return Tensors{y.output, y.state, y.cell};
      });
}

Answers run_lstm_cell(const Case& c) {
  const Arguments& a = c.arguments();
  return run_model(c, nn::LSTMCell(a.integer("input_size"), a.integer("hidden_size"), a.flag("bias", true)),
                   [&](const nn::LSTMCell& cell) {
                     const nn::LSTMState next = cell(a.tensor("input"), any_of(a, {"h0", "hx", "state"}),
                                                     any_of(a, {"c0", "cx", "cell"}));
                     return Tensors{next.state, next.cell};
                   });
}

Answers run_rnn_cell(const Case& c) {
  const Arguments& a = c.arguments();
  const auto kind =
      a.text("nonlinearity", "tanh") == "relu" ? RecurrentNonlinearity::relu : RecurrentNonlinearity::tanh;
  return run_model(c,
                   nn::RNNCell(a.integer("input_size"), a.integer("hidden_size"), a.flag("bias", true), kind),
                   [&](const nn::RNNCell& cell) {
                     return Tensors{cell(a.tensor("input"), any_of(a, {"h0", "hx", "state"}))};
                   });
}

Answers run_gru_cell(const Case& c) {
  const Arguments& a = c.arguments();
  return run_model(c, nn::GRUCell(a.integer("input_size"), a.integer("hidden_size"), a.flag("bias", true)),
                   [&](const nn::GRUCell& cell) {
                     return Tensors{cell(a.tensor("input"), any_of(a, {"h0", "hx", "state"}))};
                   });
}

/// What an attention module of PyTorch is told: a key padding mask, and an attention mask that is bool or
/// added.
nn::AttentionCall attention_call(const Arguments& a, const char* padding, const char* mask) {
  nn::AttentionCall call;
  if (a.is_tensor(padding)) {
    const Tensor given = a.tensor(padding);  // (batch, S), bool or added to the scores
    if (given.dtype() == DType::boolean) call.key_mask = given;
    else call.bias = given.unsqueeze(1).unsqueeze(1);
  }
  if (!a.is_tensor(mask)) return call;
  Tensor given = a.tensor(mask);
  if (given.rank() == 3) {  // (batch * heads, Q, S)
    const std::int64_t heads = a.integer(a.has("num_heads") ? "num_heads" : "nhead");
    given = given.reshape({given.size(0) / heads, heads, given.size(1), given.size(2)});
  }
  if (given.dtype() == DType::boolean) call.mask = given;
  else call.bias = call.bias.defined() ? call.bias + given : given;
  return call;
}

Answers run_multihead_attention(const Case& c) {
  const Arguments& a = c.arguments();
  const nn::MultiHeadAttentionOptions options{.bias = a.flag("bias", true),
                                              .dropout = a.number("dropout", 0),
                                              .key_size = a.has("kdim") ? a.integer("kdim") : 0,
                                              .value_size = a.has("vdim") ? a.integer("vdim") : 0};
  if (a.flag("add_bias_kv", false) || a.flag("add_zero_attn", false))
    throw Unsupported("add_bias_kv, add_zero_attn");
  const bool batch_first = a.flag("batch_first", false), averaged = a.flag("average_attn_weights", true);
  return run_model(c, nn::MultiHeadAttention(a.integer("embed_dim"), a.integer("num_heads"), options),
                   [&](const nn::MultiHeadAttention& layer) {
                     const auto input = [&](std::initializer_list<const char*> names) {
                       const Tensor x = any_of(a, names);
                       return batch_first ? x : x.transpose(0, 1);
                     };
                     nn::AttentionCall call = attention_call(a, "key_padding_mask", "attn_mask");
                     call.need_weights = true;
                     const Tensor query = input({"query"});
                     const nn::MultiHeadOutput y =
                         a.is_tensor("key") || a.is_tensor("value")
                             ? layer(query, input({"key", "value"}), input({"value", "key"}), call)
                             : layer(query, query, query, call);
                     return Tensors{batch_first ? y.output : y.output.transpose(0, 1),
                                    averaged ? mean(y.weights, {1}) : y.weights};
                   });
}

nn::TransformerOptions transformer_options(const Case& c) {
  const Arguments& a = c.arguments();
  const NamedTensors state = c.state();
  const bool final_norm = std::any_of(state.begin(), state.end(), [](const auto& entry) {
    return entry.first == "norm.weight" || entry.first == "encoder.norm.weight";
  });
  return {.heads = a.integer("nhead"),
          .ffn = a.integer("dim_feedforward", 2048),
          .encoder_layers = static_cast<int>(a.integer("num_encoder_layers", a.integer("num_layers", 6))),
          .decoder_layers = static_cast<int>(a.integer("num_decoder_layers", a.integer("num_layers", 6))),
          .dropout = a.number("dropout", 0.1),
          .norm = a.flag("norm_first", false) ? nn::NormPlacement::pre : nn::NormPlacement::post,
          .eps = a.number("layer_norm_eps", 1e-5),
          .feed_forward = nn::feed_forward_named(a.text("activation", "relu")),
          .final_norm = final_norm};
}

/// Runs a module of the Transformer on inputs and outputs that are (time, batch, ...) unless batch_first is
/// set.
template <class Model, class Forward>
Answers run_transformer_part(const Case& c, const Model& made, Forward&& forward) {
  const bool batch_first = c.arguments().flag("batch_first", false);
  const auto input = [&](const char* name) {
    const Tensor& x = c.arguments().tensor(name);
    return batch_first ? x : x.transpose(0, 1);
  };
  return run_model(c, made, [&](const Model& model) {
    const Tensor y = forward(model, input);
    return Tensors{batch_first ? y : y.transpose(0, 1)};
  });
}

template <class Encoder>
Answers run_encoder(const Case& c) {
  const Arguments& a = c.arguments();
  return run_transformer_part(
      c, Encoder(a.integer("d_model"), transformer_options(c)), [&](const Encoder& encoder, auto input) {
        return encoder(input("src"), attention_call(a, "src_key_padding_mask",
                                                    a.is_tensor("src_mask") ? "src_mask" : "mask"));
      });
}

template <class Decoder>
Answers run_decoder(const Case& c) {
  const Arguments& a = c.arguments();
  return run_transformer_part(
      c, Decoder(a.integer("d_model"), transformer_options(c)), [&](const Decoder& decoder, auto input) {
        return decoder(input("tgt"), input("memory"), attention_call(a, "tgt_key_padding_mask", "tgt_mask"),
                       attention_call(a, "memory_key_padding_mask", "memory_mask"))
            .output;
      });
}

Answers run_transformer(const Case& c) {
  const Arguments& a = c.arguments();
  return run_transformer_part(
      c, nn::Transformer(a.integer("d_model"), transformer_options(c)),
      [&](const nn::Transformer& model, auto input) {
        // The suite stores one mask where the memory's padding is the source's.
        const char* memory_padding =
            a.is_tensor("memory_key_padding_mask") ? "memory_key_padding_mask" : "src_key_padding_mask";
        return model(input("src"), input("tgt"), attention_call(a, "src_key_padding_mask", "src_mask"),
                     attention_call(a, "tgt_key_padding_mask", "tgt_mask"),
                     attention_call(a, memory_padding, "memory_mask"));
      });
}

/// "Linear(4,8)", "GELU", "LayerNorm(8)": a layer of a Sequential.
void add_layer(nn::Sequential& net, const std::string& description) {
  const std::size_t open = description.find('(');
  const std::string name = description.substr(0, open);
  std::vector<double> numbers;
  if (open != std::string::npos) {
    std::istringstream list(description.substr(open + 1));
    for (std::string word; std::getline(list, word, ',');) {
      if (const std::size_t equals = word.find('='); equals != std::string::npos) word.erase(0, equals + 1);
      if (word.find_first_of("0123456789") != std::string::npos) numbers.push_back(std::stod(word));
    }
  }
  const auto size = [&](std::size_t i) { return static_cast<std::int64_t>(numbers.at(i)); };
  if (name == "Linear") {
    net.add(nn::Linear(size(0), size(1), {.bias = description.find("bias=False") == std::string::npos}));
  } else if (name == "LayerNorm") {
    net.add(nn::LayerNorm(size(0)));
  } else if (name == "Embedding") {
    net.add(nn::Embedding(size(0), size(1)));
  } else if (name == "Dropout") {
    net.add(nn::Dropout(numbers.empty() ? 0.5 : numbers[0]));
  } else if (name == "Softmax") {
    net.add(nn::Softmax{.axis = numbers.empty() ? -1 : size(0)});
  } else if (name == "GELU") {
    net.add(nn::Gelu{});
  } else if (name == "ReLU") {
    net.add(nn::Relu{});
  } else if (name == "LeakyReLU") {
    net.add(nn::LeakyRelu{.negative_slope = numbers.empty() ? 0.01 : numbers[0]});
  } else if (name == "SiLU") {
    net.add(nn::Silu{});
  } else if (name == "Tanh") {
    net.add(nn::Tanh{});
  } else if (name == "Sigmoid") {
    net.add(nn::Sigmoid{});
  } else if (name == "Softplus") {
    net.add(nn::Softplus{});
  } else {
    throw Unsupported("layer '" + description + "'");
  }
}

Answers run_sequential(const Case& c) {
  nn::Sequential net;
  for (const Json& layer : c.attributes().at("layers")) add_layer(net, layer);
  return run_model(
      c, net, [&](const nn::Sequential& model) { return Tensors{model(c.arguments().tensor("input"))}; });
}

/// One parameter used twice: logits = tanh(embedding(ids)) embedding.weight^T.
Answers run_shared_weights(const Case& c) {
  const Shape table = c.state().at(0).second.shape();
  return run_model(c, nn::Embedding(table[0], table[1]), [&](const nn::Embedding& embedding) {
    return Tensors{linear(gradus::tanh(embedding(c.arguments().tensor("input"))), embedding.weight)};
  });
}

}  // namespace

Answers run_module(const Case& c) {
  static const std::map<std::string, Answers (*)(const Case&)> table = {
      {"Linear", run_linear},
      {"Embedding", run_embedding},
      {"LayerNorm", run_layer_norm},
      {"RNN", run_simple_recurrent<nn::RNN, nn::RNNOptions>},
      {"RNNCell", run_rnn_cell},
      {"GRU", run_simple_recurrent<nn::GRU, nn::GRUOptions>},
      {"LSTM", run_lstm},
      {"LSTMCell", run_lstm_cell},
      {"GRUCell", run_gru_cell},
      {"MultiheadAttention", run_multihead_attention},
      {"TransformerEncoderLayer", run_encoder<nn::TransformerEncoderLayer>},
      {"TransformerDecoderLayer", run_decoder<nn::TransformerDecoderLayer>},
      {"TransformerEncoder", run_encoder<nn::TransformerEncoder>},
      {"TransformerDecoder", run_decoder<nn::TransformerDecoder>},
      {"Transformer", run_transformer},
      {"Sequential", run_sequential},
      {"SharedWeights", run_shared_weights},
  };
  if (const auto found = table.find(c.op()); found != table.end()) return found->second(c);
  if (find_operation(c.op())) return run_operation(c);  // losses
  throw Unsupported("module '" + c.op() + "'");
}

}  // namespace oracle
