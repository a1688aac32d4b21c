// The Transformer (Vaswani et al. 2017): encoder and decoder layers, stacks, and both together.
//
// Parameters bear PyTorch's names: encoder.layers.0.self_attn.in_proj_weight,
// decoder.layers.1.multihead_attn..., linear1, linear2, norm1, norm2, norm3, and a norm at the end of each
// stack.
#pragma once
#include <gradus/nn/linear.h>
#include <gradus/nn/multihead_attention.h>
#include <gradus/nn/norm.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gradus::nn {

/// Where a layer normalises: after adding what a part computed (the paper), or before the part, so that a
/// path without any normalisation leads through the whole stack (Xiong et al. 2020), which trains without
/// warm-up.
enum class NormPlacement { post, pre };
/// relu, gelu, or silu(x W) * (x V), which has a matrix more (Shazeer 2020).
enum class FeedForwardKind { relu, gelu, swiglu };
const char* name_of(NormPlacement placement);
const char* name_of(FeedForwardKind kind);
NormPlacement norm_placement_named(std::string_view name);
FeedForwardKind feed_forward_named(std::string_view name);

struct TransformerOptions {
  std::int64_t heads = 8;
  std::int64_t ffn = 0;  // hidden features of the position-wise network; 0: four times the features
  int encoder_layers = 6;
  int decoder_layers = 6;
  double dropout = 0.1;  // of attention weights, hidden features, and every part's result
  std::optional<double> attention_dropout = {};   // of attention weights, where it is another
  std::optional<double> activation_dropout = {};  // of hidden features, where it is another
  NormPlacement norm = NormPlacement::post;
  NormKind norm_kind = NormKind::layer;
  double eps = 1e-5;
  FeedForwardKind feed_forward = FeedForwardKind::relu;
  bool final_norm = true;  // a norm at the end of each stack
  bool bias = true;
  std::int64_t key_value_heads = 0;                       // see MultiHeadAttentionOptions
  RelativePositions positions = RelativePositions::none;  // in self attention
};

/// The position-wise network: linear2(dropout(activation(linear1(x)))), for swiglu silu(linear1(x)) *
/// linear_gate(x) in the middle. x (..., features) -> the same shape.
class FeedForward {
 public:
  FeedForward(std::int64_t features, std::int64_t hidden, FeedForwardKind kind, double dropout = 0,
              bool bias = true);
  Tensor operator()(const Tensor& x) const;
  GRADUS_FIELDS(FeedForward, kind_, dropout_, linear1_, linear2_, linear_gate_)

 private:
  FeedForwardKind kind_;
  double dropout_;
  Linear linear1_, linear2_;
  std::optional<Linear> linear_gate_;
};

/// Self attention and the position-wise network, each beside a path that goes past it.
class TransformerEncoderLayer {
 public:
  TransformerEncoderLayer(std::int64_t features, const TransformerOptions& options);
  /// x (batch, time, features) -> the same shape.
  Tensor operator()(const Tensor& x, const AttentionCall& self = {}) const;
  GRADUS_FIELDS(TransformerEncoderLayer, self_attn_, feed_forward_, norm1_, norm2_, norm_, dropout_)

 private:
  MultiHeadAttention self_attn_;
  nameless<FeedForward> feed_forward_;
  Norm norm1_, norm2_;
  NormPlacement norm_;
  double dropout_;
};

/// What a decoder keeps of one layer between its steps.
struct DecoderLayerCache {
  KeyValues self;    // of the steps so far
  KeyValues memory;  // of the encoder's output, computed once
};

/// A layer's output, and the weights of its cross attention (batch, heads, T, S) where they were asked for.
struct DecoderOutput {
  Tensor output;
  Tensor weights;
};

/// Self attention, attention over the encoder's output, and the position-wise network.
class TransformerDecoderLayer {
 public:
  TransformerDecoderLayer(std::int64_t features, const TransformerOptions& options);
  /// x (batch, T, features), memory (batch, S, features).
  DecoderOutput operator()(const Tensor& x, const Tensor& memory,
                           const AttentionCall& self = {.causal = true},
                           const AttentionCall& cross = {}) const;
  /// The cache for a sentence's first step.
  DecoderLayerCache start(const Tensor& memory) const;
  /// x (rows, new steps, features) goes on after the steps in the cache, which grows by them. There may be
  /// several rows to a sentence of the memory, as many for each and side by side, as in a beam search; the
  /// mask of the cross attention is then one of keys alone, (sentences, S).
  DecoderOutput step(const Tensor& x, DecoderLayerCache& cache, const AttentionCall& cross = {}) const;
  GRADUS_FIELDS(TransformerDecoderLayer, self_attn_, multihead_attn_, feed_forward_, norm1_, norm2_, norm3_,
                norm_, dropout_)

 private:
  template <class SelfAttention, class CrossAttention>
  DecoderOutput run(const Tensor& x, SelfAttention&& self, CrossAttention&& cross) const;
  MultiHeadOutput attend_memory(const Tensor& x, const KeyValues& memory, std::int64_t width,
                                const AttentionCall& call) const;

  MultiHeadAttention self_attn_, multihead_attn_;
  nameless<FeedForward> feed_forward_;
  Norm norm1_, norm2_, norm3_;
  NormPlacement norm_;
  double dropout_;
};

class TransformerEncoder {
 public:
  TransformerEncoder(std::int64_t features, const TransformerOptions& options = {});
  Tensor operator()(const Tensor& x, const AttentionCall& self = {}) const;
  GRADUS_FIELDS(TransformerEncoder, layers_, norm_)

 private:
  std::vector<TransformerEncoderLayer> layers_;
  std::optional<Norm> norm_;
};

/// What a decoder keeps of all its layers between its steps.
struct DecoderCache {
  std::vector<DecoderLayerCache> layers;
  std::int64_t length() const { return layers.empty() ? 0 : layers[0].self.length(); }
  /// Goes on with these rows and with these sentences of the memory (numbers, int64): a beam search picks the
  /// rows that it extends, and leaves out sentences that have ended.
  void select(const Tensor& rows, const Tensor& sentences);
};

class TransformerDecoder {
 public:
  TransformerDecoder(std::int64_t features, const TransformerOptions& options = {});
  /// The weights are those of the last layer's cross attention.
  DecoderOutput operator()(const Tensor& x, const Tensor& memory,
                           const AttentionCall& self = {.causal = true},
                           const AttentionCall& cross = {}) const;
  /// For steps that follow each other: the cache for the first, and a step, as in the layers.
  DecoderCache start(const Tensor& memory) const;
  DecoderOutput step(const Tensor& x, DecoderCache& cache, const AttentionCall& cross = {}) const;
  GRADUS_FIELDS(TransformerDecoder, layers_, norm_)

 private:
  std::vector<TransformerDecoderLayer> layers_;
  std::optional<Norm> norm_;
};

/// Both stacks, on inputs that are embedded already.
struct Transformer {
  TransformerEncoder encoder;
  TransformerDecoder decoder;

  explicit Transformer(std::int64_t features, const TransformerOptions& options = {});
  /// source (batch, S, features), target (batch, T, features) -> (batch, T, features). The target sees its
  /// own past only.
  Tensor operator()(const Tensor& source, const Tensor& target, const AttentionCall& source_self = {},
                    const AttentionCall& target_self = {.causal = true},
                    const AttentionCall& cross = {}) const;
  GRADUS_FIELDS(Transformer, encoder, decoder)
};

}  // namespace gradus::nn
