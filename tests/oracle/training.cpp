// Whole training runs: ten steps of a small translator on two batches.
#include "optimizers.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/reduce.h>
#include <gradus/nn/nn.h>

#include <cmath>

namespace oracle {
namespace {

using namespace gradus;

/// The state after every step of one layer: context and state go to the vocabulary.
struct GruTranslator {
  nn::Embedding src_emb, tgt_emb;
  nn::GRU encoder, decoder;
  nn::Linear out;

  /// src (N, S), tgt (N, T) -> logits (N, T, V).
  Tensor operator()(const Tensor& src, const Tensor& tgt) const {
    const Tensor padding = eq(src, 0);                                   // (N, S)
    const Tensor lengths = sum(logical_not(padding), {1});               // (N,)
    const nn::GRUOutput encoded = encoder(src_emb(src), {}, lengths);    // (N, S, H)
    const Tensor decoded = decoder(tgt_emb(tgt), encoded.state).output;  // (N, T, H)
    const nn::Attention attention(nn::Score::dot, decoded.size(2), decoded.size(2));
    const Tensor context = attention(decoded, encoded.output, padding).context;  // (N, T, H)
    return out(cat({decoded, context}, -1));
  }
};

GruTranslator make_translator(const NamedTensors& state) {
  const std::map<std::string, Tensor> named(state.begin(), state.end());
  const auto table = [&](const std::string& name) {
    const Shape shape = named.at(name).shape();
    return nn::Embedding(shape[0], shape[1], {.padding_idx = 0});
  };
  const Shape recurrent = named.at("encoder.weight_ih_l0").shape(), out = named.at("out.weight").shape();
  return {.src_emb = table("src_emb.weight"),
          .tgt_emb = table("tgt_emb.weight"),
          .encoder = nn::GRU(recurrent[1], recurrent[0] / 3),
          .decoder = nn::GRU(recurrent[1], recurrent[0] / 3),
          .out = nn::Linear(out[1], out[0])};
}

/// Embeddings with sinusoids added, both stacks, and a projection.
struct TransformerTranslator {
  nn::Embedding src_emb, tgt_emb;
  nn::Transformer core;
  nn::Linear out;

  /// src (N, S), tgt (N, T) -> logits (N, T, V).
  Tensor operator()(const Tensor& src, const Tensor& tgt) const {
    const std::int64_t features = src_emb.weight.size(1);
    const auto embedded = [&](const nn::Embedding& table, const Tensor& ids) {
      return table(ids) * std::sqrt(static_cast<double>(features)) +
             nn::sinusoid_table(ids.size(1), features, table.weight.dtype());
    };
    const Tensor padding = eq(src, 0);
    return out(core(embedded(src_emb, src), embedded(tgt_emb, tgt), {.key_mask = padding}, {.causal = true},
                    {.key_mask = padding}));
  }
};

TransformerTranslator make_transformer(const NamedTensors& state, bool norm_first) {
  const std::map<std::string, Tensor> named(state.begin(), state.end());
  const auto table = [&](const std::string& name) {
    const Shape shape = named.at(name).shape();
    return nn::Embedding(shape[0], shape[1], {.padding_idx = 0});
  };
  const auto layers = [&](const std::string& stack) {
    int count = 0;
    while (named.contains("core." + stack + ".layers." + std::to_string(count) + ".linear1.weight")) ++count;
    return count;
  };
  const Shape hidden = named.at("core.encoder.layers.0.linear1.weight").shape(),
              out = named.at("out.weight").shape();
  const nn::TransformerOptions options{.heads = 4,
                                       .ffn = hidden[0],
                                       .encoder_layers = layers("encoder"),
                                       .decoder_layers = layers("decoder"),
                                       .dropout = 0,
                                       .norm = norm_first ? nn::NormPlacement::pre : nn::NormPlacement::post};
  return {.src_emb = table("src_emb.weight"),
          .tgt_emb = table("tgt_emb.weight"),
          .core = nn::Transformer(hidden[1], options),
          .out = nn::Linear(out[1], out[0])};
}

template <class Translator>
Answers train(const Case& c, const Translator& made) {
  const Translator model = clone(made, c.dtype());
  load_state_dict(model, c.state());
  const Arguments& a = c.arguments();
  const std::vector<Tensor> trained = parameters(model);
  const auto optimizer = make_optimizer(a.text("optimizer", ""), {{trained, c.attributes()}});
  const ClassLossOptions loss_options{.ignore_index = a.integer("ignore_index"),
                                      .label_smoothing = a.number("label_smoothing")};
  std::vector<double> losses, norms;
  for (std::int64_t step = 0; step < a.integer("steps"); ++step) {
    const std::string batch = std::to_string(step % 2);
    const Tensor target = a.tensor("tgt" + batch);
    optimizer->zero_grad();
    const Tensor logits = model(a.tensor("src" + batch), target.slice(1, 0, -1));
    const Tensor loss =
        cross_entropy(logits.reshape({-1, logits.size(2)}), target.slice(1, 1).reshape({-1}), loss_options);
    loss.backward();
    norms.push_back(optim::clip_grad_norm_(trained, a.number("clip_grad_norm")));
    losses.push_back(loss.item());
    optimizer->set_lr(number_of(a.plain("lr_per_step").at(static_cast<std::size_t>(step))));
    optimizer->step();
  }
  std::map<std::string, Tensor> results{{"losses", tensor(losses).to(c.dtype())},
                                        {"grad_norms", tensor(norms).to(c.dtype())}};
  for (const auto& [name, value] : state_dict(model)) results["final." + name] = value;
  Answers answers;
  for (const Json& output : c.json().at("outputs"))
    answers[output.at("tensor")] = results.at(output.at("name"));
  return answers;
}

}  // namespace

Answers run_training(const Case& c) {
  if (c.op().starts_with("gru_attention")) return train(c, make_translator(c.state()));
  if (c.op().starts_with("transformer"))
    return train(c, make_transformer(c.state(), c.op().find("_pre") != std::string::npos));
  throw Unsupported("training run '" + c.op() + "'");
}

}  // namespace oracle
