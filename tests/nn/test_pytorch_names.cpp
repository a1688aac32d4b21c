// The names and shapes that each layer's state has in PyTorch, written down by hand from its documentation:
// what weights are called is part of the interface.
#include <gradus/nn/nn.h>

#include <doctest/doctest.h>

#include <algorithm>

using namespace gradus;

namespace {

using Lines = std::vector<std::string>;

/// "weight (4, 3)" for every parameter and buffer, sorted.
Lines lines_of(const ModelView& model) {
  Lines lines;
  for (const auto& [name, tensor] : state_dict(model))
    lines.push_back(name + " " + to_string(tensor.shape()));
  std::sort(lines.begin(), lines.end());
  return lines;
}

Lines sorted(Lines lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

Lines with_prefix(const std::string& prefix, const Lines& lines) {
  Lines result;
  for (const std::string& line : lines) result.push_back(prefix + line);
  return result;
}

Lines joined(const std::vector<Lines>& parts) {
  Lines result;
  for (const Lines& part : parts) result.insert(result.end(), part.begin(), part.end());
  return sorted(result);
}

/// torch.nn.MultiheadAttention(4, 2)
const Lines attention_lines = {"in_proj_weight (12, 4)", "in_proj_bias (12,)", "out_proj.weight (4, 4)",
                               "out_proj.bias (4,)"};
/// The rest of torch.nn.TransformerEncoderLayer(4, 2, dim_feedforward=6)
const Lines network_lines = {"linear1.weight (6, 4)", "linear1.bias (6,)", "linear2.weight (4, 6)",
                             "linear2.bias (4,)",     "norm1.weight (4,)", "norm1.bias (4,)",
                             "norm2.weight (4,)",     "norm2.bias (4,)"};
const Lines norm_lines = {"norm.weight (4,)", "norm.bias (4,)"};

Lines encoder_layer_lines() { return joined({with_prefix("self_attn.", attention_lines), network_lines}); }
Lines decoder_layer_lines() {
  return joined({encoder_layer_lines(),
                 with_prefix("multihead_attn.", attention_lines),
                 {"norm3.weight (4,)", "norm3.bias (4,)"}});
}
Lines stack_lines(const Lines& layer) {
  return joined({with_prefix("layers.0.", layer), with_prefix("layers.1.", layer)});
}

const nn::TransformerOptions small{.heads = 2, .ffn = 6, .encoder_layers = 2, .decoder_layers = 2};

}  // namespace

TEST_CASE("PyTorch's names: linear, embedding, convolutions") {
  CHECK(lines_of(nn::Linear(3, 4)) == Lines{"bias (4,)", "weight (4, 3)"});
  CHECK(lines_of(nn::Linear(3, 4, {.bias = false})) == Lines{"weight (4, 3)"});
  CHECK(lines_of(nn::Embedding(7, 3)) == Lines{"weight (7, 3)"});
  CHECK(lines_of(nn::Conv1d(4, 6, 3, {.groups = 2})) == Lines{"bias (6,)", "weight (6, 2, 3)"});
  CHECK(lines_of(nn::Conv2d(3, 5, Pair(2, 4))) == Lines{"bias (5,)", "weight (5, 3, 2, 4)"});
  CHECK(lines_of(nn::Conv2d(3, 5, 3, {.bias = false})) == Lines{"weight (5, 3, 3, 3)"});
}

TEST_CASE("PyTorch's names: normalisations") {
  CHECK(lines_of(nn::LayerNorm(4)) == Lines{"bias (4,)", "weight (4,)"});
  CHECK(lines_of(nn::LayerNorm(Shape{2, 3})) == Lines{"bias (2, 3)", "weight (2, 3)"});
  CHECK(lines_of(nn::LayerNorm(4, {.affine = false})) == Lines{});
  CHECK(lines_of(nn::RMSNorm(4)) == Lines{"weight (4,)"});
  CHECK(lines_of(nn::BatchNorm(4)) ==
        Lines{"bias (4,)", "num_batches_tracked ()", "running_mean (4,)", "running_var (4,)", "weight (4,)"});
  CHECK(lines_of(nn::BatchNorm(4, {.affine = false})) ==
        Lines{"num_batches_tracked ()", "running_mean (4,)", "running_var (4,)"});
}

TEST_CASE("PyTorch's names: recurrent layers and cells") {
  CHECK(lines_of(nn::RNN(3, 2)) ==
        Lines{"bias_hh_l0 (2,)", "bias_ih_l0 (2,)", "weight_hh_l0 (2, 2)", "weight_ih_l0 (2, 3)"});
  CHECK(lines_of(nn::GRU(3, 2, {.layers = 2, .bidirectional = true})) ==
        sorted({"weight_ih_l0 (6, 3)", "weight_hh_l0 (6, 2)", "bias_ih_l0 (6,)", "bias_hh_l0 (6,)",
                "weight_ih_l0_reverse (6, 3)", "weight_hh_l0_reverse (6, 2)", "bias_ih_l0_reverse (6,)",
                "bias_hh_l0_reverse (6,)", "weight_ih_l1 (6, 4)", "weight_hh_l1 (6, 2)", "bias_ih_l1 (6,)",
                "bias_hh_l1 (6,)", "weight_ih_l1_reverse (6, 4)", "weight_hh_l1_reverse (6, 2)",
                "bias_ih_l1_reverse (6,)", "bias_hh_l1_reverse (6,)"}));
  CHECK(lines_of(nn::LSTM(3, 2, {.layers = 2, .bias = false})) ==
        Lines{"weight_hh_l0 (8, 2)", "weight_hh_l1 (8, 2)", "weight_ih_l0 (8, 3)", "weight_ih_l1 (8, 2)"});
  CHECK(lines_of(nn::RNNCell(3, 2)) ==
        Lines{"bias_hh (2,)", "bias_ih (2,)", "weight_hh (2, 2)", "weight_ih (2, 3)"});
  CHECK(lines_of(nn::GRUCell(3, 2)) ==
        Lines{"bias_hh (6,)", "bias_ih (6,)", "weight_hh (6, 2)", "weight_ih (6, 3)"});
  CHECK(lines_of(nn::LSTMCell(3, 2)) ==
        Lines{"bias_hh (8,)", "bias_ih (8,)", "weight_hh (8, 2)", "weight_ih (8, 3)"});
}

TEST_CASE("PyTorch's names: attention") {
  CHECK(lines_of(nn::MultiHeadAttention(4, 2)) == sorted(attention_lines));
  CHECK(lines_of(nn::MultiHeadAttention(4, 2, {.bias = false})) ==
        Lines{"in_proj_weight (12, 4)", "out_proj.weight (4, 4)"});
  CHECK(lines_of(nn::MultiHeadAttention(4, 2, {.key_size = 3, .value_size = 5})) ==
        sorted({"q_proj_weight (4, 4)", "k_proj_weight (4, 3)", "v_proj_weight (4, 5)", "in_proj_bias (12,)",
                "out_proj.weight (4, 4)", "out_proj.bias (4,)"}));
}

TEST_CASE("PyTorch's names: the Transformer and its parts") {
  CHECK(lines_of(nn::TransformerEncoderLayer(4, small)) == encoder_layer_lines());
  CHECK(lines_of(nn::TransformerDecoderLayer(4, small)) == decoder_layer_lines());
  nn::TransformerOptions without_final_norm = small;
  without_final_norm.final_norm = false;  // torch.nn.TransformerEncoder(layer, 2), without norm=
  CHECK(lines_of(nn::TransformerEncoder(4, without_final_norm)) == stack_lines(encoder_layer_lines()));
  CHECK(lines_of(nn::TransformerDecoder(4, without_final_norm)) == stack_lines(decoder_layer_lines()));
  CHECK(lines_of(nn::TransformerDecoder(4, small)) ==
        joined({stack_lines(decoder_layer_lines()), norm_lines}));
  CHECK(lines_of(nn::Transformer(4, small)) ==
        joined({with_prefix("encoder.", joined({stack_lines(encoder_layer_lines()), norm_lines})),
                with_prefix("decoder.", joined({stack_lines(decoder_layer_lines()), norm_lines}))}));
}

TEST_CASE("PyTorch's names: Sequential, lists and dictionaries of modules") {
  CHECK(lines_of(nn::Sequential{nn::Linear(2, 3), nn::Relu{}, nn::Linear(3, 1)}) ==
        Lines{"0.bias (3,)", "0.weight (3, 2)", "2.bias (1,)", "2.weight (1, 3)"});
  struct {
    std::vector<nn::Embedding> tables;        // torch.nn.ModuleList
    std::map<std::string, nn::Linear> heads;  // torch.nn.ModuleDict
  } model;
  model.tables.emplace_back(5, 2);
  model.tables.emplace_back(6, 2);
  model.heads.emplace("mood", nn::Linear(2, 1, {.bias = false}));
  CHECK(lines_of(model) ==
        Lines{"heads.mood.weight (1, 2)", "tables.0.weight (5, 2)", "tables.1.weight (6, 2)"});
}
