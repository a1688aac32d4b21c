#include <gradus/autograd/activation.h>
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/normalize.h>
#include <gradus/nn/named.h>
#include <gradus/nn/transformer.h>
#include <gradus/tensor/error.h>

#include <string>
#include <utility>

namespace gradus::nn {

const char* name_of(NormPlacement placement) { return placement == NormPlacement::post ? "post" : "pre"; }

const char* name_of(FeedForwardKind kind) {
  switch (kind) {
    case FeedForwardKind::relu: return "relu";
    case FeedForwardKind::gelu: return "gelu";
    case FeedForwardKind::swiglu: return "swiglu";
  }
  return "?";
}

NormPlacement norm_placement_named(std::string_view name) {
  return named("place of the norm", name, {NormPlacement::post, NormPlacement::pre});
}

FeedForwardKind feed_forward_named(std::string_view name) {
  return named("feed-forward network", name,
               {FeedForwardKind::relu, FeedForwardKind::gelu, FeedForwardKind::swiglu});
}

namespace {

void check_dropout(const char* layer, double p) {
  if (!(p >= 0 && p <= 1)) throw Error(layer, "dropout must lie in [0, 1], got " + std::to_string(p));
}

}  // namespace

FeedForward::FeedForward(std::int64_t features, std::int64_t hidden, FeedForwardKind kind, double dropout,
                         bool bias)
    : kind_(kind),
      dropout_(dropout),
      linear1_(features, hidden, {.bias = bias}),
      linear2_(hidden, features, {.bias = bias}) {
  check_dropout("FeedForward", dropout);
  if (kind == FeedForwardKind::swiglu) linear_gate_.emplace(features, hidden, LinearOptions{.bias = bias});
}

Tensor FeedForward::operator()(const Tensor& x) const {
  const Tensor first = linear1_(x);  // (..., hidden)
  const Tensor hidden = kind_ == FeedForwardKind::relu   ? relu(first)
                        : kind_ == FeedForwardKind::gelu ? gelu(first)
                                                         : silu(first) * (*linear_gate_)(x);
  return linear2_(dropout(hidden, dropout_));
}

namespace {

MultiHeadAttention attention(std::int64_t features, const TransformerOptions& options,
                             RelativePositions positions, bool bidirectional) {
  return MultiHeadAttention(features, options.heads,
                            {.bias = options.bias,
                             .dropout = options.attention_dropout.value_or(options.dropout),
                             .key_value_heads = options.key_value_heads,
                             .positions = positions,
                             .relative = {.bidirectional = bidirectional}});
}

FeedForward network(std::int64_t features, const TransformerOptions& options) {
  return FeedForward(features, options.ffn == 0 ? 4 * features : options.ffn, options.feed_forward,
                     options.activation_dropout.value_or(options.dropout), options.bias);
}

Norm norm(std::int64_t features, const TransformerOptions& options) {
  return Norm(options.norm_kind, features, options.eps);
}

/// x plus what a part makes of it.
template <class Part>
Tensor beside(NormPlacement placement, const Norm& norm, double p, const Tensor& x, Part&& part) {
  if (placement == NormPlacement::pre) return x + dropout(part(norm(x)), p);
  return norm(x + dropout(part(x), p));
}

/// What a layer's cross attention is asked for: its weights in the last layer alone.
AttentionCall asked_of_layer(const AttentionCall& cross, bool last) {
  AttentionCall call = cross;
  call.need_weights = cross.need_weights && last;
  return call;
}

template <class Layer>
std::vector<Layer> stack_of(int count, std::int64_t features, const TransformerOptions& options) {
  if (count < 0) throw Error("Transformer", "a stack cannot have " + std::to_string(count) + " layers");
  std::vector<Layer> layers;
  layers.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) layers.emplace_back(features, options);
  return layers;
}

}  // namespace

TransformerEncoderLayer::TransformerEncoderLayer(std::int64_t features, const TransformerOptions& options)
    : self_attn_(attention(features, options, options.positions, true)),
      feed_forward_{network(features, options)},
      norm1_(norm(features, options)),
      norm2_(norm(features, options)),
      norm_(options.norm),
      dropout_(options.dropout) {
  check_dropout("TransformerEncoderLayer", options.dropout);
}

Tensor TransformerEncoderLayer::operator()(const Tensor& x, const AttentionCall& self) const {
  const Tensor attended = beside(norm_, norm1_, dropout_, x,
                                 [&](const Tensor& in) { return self_attn_(in, in, in, self).output; });
  return beside(norm_, norm2_, dropout_, attended, *feed_forward_);
}

TransformerDecoderLayer::TransformerDecoderLayer(std::int64_t features, const TransformerOptions& options)
    : self_attn_(attention(features, options, options.positions, false)),
      multihead_attn_(attention(features, options, RelativePositions::none, true)),
      feed_forward_{network(features, options)},
      norm1_(norm(features, options)),
      norm2_(norm(features, options)),
      norm3_(norm(features, options)),
      norm_(options.norm),
      dropout_(options.dropout) {
  check_dropout("TransformerDecoderLayer", options.dropout);
}

template <class SelfAttention, class CrossAttention>
DecoderOutput TransformerDecoderLayer::run(const Tensor& x, SelfAttention&& self,
                                           CrossAttention&& cross) const {
  Tensor weights;
  const Tensor own = beside(norm_, norm1_, dropout_, x, [&](const Tensor& in) { return self(in).output; });
  const Tensor attended = beside(norm_, norm2_, dropout_, own, [&](const Tensor& in) {
    MultiHeadOutput result = cross(in);
    weights = std::move(result.weights);
    return result.output;
  });
  return {beside(norm_, norm3_, dropout_, attended, *feed_forward_), weights};
}

DecoderOutput TransformerDecoderLayer::operator()(const Tensor& x, const Tensor& memory,
                                                  const AttentionCall& self,
                                                  const AttentionCall& cross) const {
  return run(
      x, [&](const Tensor& in) { return self_attn_(in, in, in, self); },
      [&](const Tensor& in) { return multihead_attn_(in, memory, memory, cross); });
}

DecoderLayerCache TransformerDecoderLayer::start(const Tensor& memory) const {
  return {.self = {}, .memory = multihead_attn_.project(memory, memory)};
}

/// The `width` rows of a sentence are so many queries to its memory, which is not copied for them.
MultiHeadOutput TransformerDecoderLayer::attend_memory(const Tensor& x, const KeyValues& memory,
                                                       std::int64_t width, const AttentionCall& call) const {
  if (width == 1) return multihead_attn_.attend(x, memory, call);
  const std::int64_t rows = x.size(0), steps = x.size(1), sentences = memory.batch();
  MultiHeadOutput seen =
      multihead_attn_.attend(x.reshape({sentences, width * steps, x.size(2)}), memory, call);
  seen.output = seen.output.reshape(x.shape());
  if (seen.weights.defined()) {  // (sentences, heads, width * steps, S)
    const std::int64_t heads = seen.weights.size(1), keys = seen.weights.size(3);
    seen.weights = seen.weights.reshape({sentences, heads, width, steps, keys})
                       .transpose(1, 2)
                       .reshape({rows, heads, steps, keys});
  }
  return seen;
}

DecoderOutput TransformerDecoderLayer::step(const Tensor& x, DecoderLayerCache& cache,
                                            const AttentionCall& cross) const {
  const std::int64_t rows = x.size(0), sentences = cache.memory.batch();
  const std::int64_t width = sentences == 0 ? 1 : rows / sentences;
  if (rows != width * sentences) {
    throw Error("TransformerDecoder", std::to_string(rows) + " rows cannot be shared out among " +
                                          std::to_string(sentences) + " sentences of the memory");
  }
  return run(
      x, [&](const Tensor& in) { return self_attn_.step(in, cache.self); },
      [&](const Tensor& in) { return attend_memory(in, cache.memory, width, cross); });
}

TransformerEncoder::TransformerEncoder(std::int64_t features, const TransformerOptions& options)
    : layers_(stack_of<TransformerEncoderLayer>(options.encoder_layers, features, options)) {
  if (options.final_norm) norm_.emplace(norm(features, options));
}

Tensor TransformerEncoder::operator()(const Tensor& x, const AttentionCall& self) const {
  Tensor hidden = x;
  for (const TransformerEncoderLayer& layer : layers_) hidden = layer(hidden, self);
  return norm_ ? (*norm_)(hidden) : hidden;
}

void DecoderCache::select(const Tensor& rows, const Tensor& sentences) {
  for (DecoderLayerCache& layer : layers) {
    layer.self.select_rows(rows);
    layer.memory.select_rows(sentences);
  }
}

TransformerDecoder::TransformerDecoder(std::int64_t features, const TransformerOptions& options)
    : layers_(stack_of<TransformerDecoderLayer>(options.decoder_layers, features, options)) {
  if (options.final_norm) norm_.emplace(norm(features, options));
}

DecoderOutput TransformerDecoder::operator()(const Tensor& x, const Tensor& memory, const AttentionCall& self,
                                             const AttentionCall& cross) const {
  DecoderOutput hidden{x, {}};
  for (const TransformerDecoderLayer& layer : layers_)
    hidden = layer(hidden.output, memory, self, asked_of_layer(cross, &layer == &layers_.back()));
  if (norm_) hidden.output = (*norm_)(hidden.output);
  return hidden;
}

DecoderCache TransformerDecoder::start(const Tensor& memory) const {
  DecoderCache cache;
  for (const TransformerDecoderLayer& layer : layers_) cache.layers.push_back(layer.start(memory));
  return cache;
}

DecoderOutput TransformerDecoder::step(const Tensor& x, DecoderCache& cache,
                                       const AttentionCall& cross) const {
  if (cache.layers.size() != layers_.size()) {
    throw Error("TransformerDecoder", "the cache is of " + std::to_string(cache.layers.size()) +
                                          " layers, the decoder has " + std::to_string(layers_.size()) +
                                          ": make it with start()");
  }
  DecoderOutput hidden{x, {}};
  for (std::size_t i = 0; i < layers_.size(); ++i)
    hidden = layers_[i].step(hidden.output, cache.layers[i], asked_of_layer(cross, i + 1 == layers_.size()));
  if (norm_) hidden.output = (*norm_)(hidden.output);
  return hidden;
}

Transformer::Transformer(std::int64_t features, const TransformerOptions& options)
    : encoder(features, options), decoder(features, options) {}

Tensor Transformer::operator()(const Tensor& source, const Tensor& target, const AttentionCall& source_self,
                               const AttentionCall& target_self, const AttentionCall& cross) const {
  return decoder(target, encoder(source, source_self), target_self, cross).output;
}

}  // namespace gradus::nn
