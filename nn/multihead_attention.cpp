#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/modes.h>
#include <gradus/autograd/normalize.h>
#include <gradus/autograd/rearrange.h>
#include <gradus/autograd/scaled_dot_product.h>
#include <gradus/nn/attention_record.h>
#include <gradus/nn/init.h>
#include <gradus/nn/masks.h>
#include <gradus/nn/multihead_attention.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <string>

namespace gradus::nn {
namespace {

Tensor projection(std::int64_t out, std::int64_t in, const char* name) {
  Tensor weight = empty({out, in});
  init::xavier_uniform_(weight);
  return weight.requires_grad_().set_name(name);
}

/// (batch, time, heads * size) -> (batch, heads, time, size), a view.
Tensor split_heads(const Tensor& x, std::int64_t heads) {
  return x.reshape({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

/// (batch, heads, time, size) -> (batch, time, heads * size).
Tensor merge_heads(const Tensor& x) {
  return x.transpose(1, 2).reshape({x.size(0), x.size(2), x.size(1) * x.size(3)});
}

void check_input(const char* what, const Tensor& x, std::int64_t features) {
  if (!x.defined() || x.rank() != 3 || x.size(2) != features) {
    throw Error("MultiHeadAttention", std::string("the ") + what + " must be (batch, time, " +
                                          std::to_string(features) + "), got " + describe(x));
  }
}

/// A mask or bias over queries and keys, with an axis for the heads.
Tensor with_heads(const char* what, const Tensor& x) {
  if (!x.defined() || x.rank() == 2 || x.rank() == 4) return x;
  if (x.rank() == 3) return x.unsqueeze(1);
  throw Error("MultiHeadAttention", std::string("the ") + what +
                                        " must be (Q, S), (batch, Q, S) or (batch, heads, Q, S), got " +
                                        describe(x));
}

}  // namespace

MultiHeadAttention::MultiHeadAttention(std::int64_t features, std::int64_t heads,
                                       MultiHeadAttentionOptions options)
    : out_proj_(features < 1 ? 1 : features, features < 1 ? 1 : features, {.bias = options.bias}),
      features_(features),
      heads_(heads),
      groups_(options.key_value_heads == 0 ? heads : options.key_value_heads),
      dropout_(options.dropout),
      positions_(options.positions) {
  const auto refuse = [](const std::string& what) { throw Error("MultiHeadAttention", what); };
  if (features < 1 || heads < 1 || features % heads != 0) {
    refuse(std::to_string(features) + " features cannot be shared among " + std::to_string(heads) +
           " heads: the features must be a multiple of the heads");
  }
  if (groups_ < 1 || heads % groups_ != 0) {
    refuse(std::to_string(heads) + " heads cannot share " + std::to_string(groups_) +
           " heads of keys and values: the former must be a multiple of the latter, or 0 given for as many");
  }
  if (!(dropout_ >= 0 && dropout_ <= 1))
    refuse("dropout must lie in [0, 1], got " + std::to_string(dropout_));
  const std::int64_t head_size = features / heads;
  if (positions_ == RelativePositions::rotary && head_size % 2 != 0) {
    refuse("rotary positions turn pairs of features, but a head has " + std::to_string(head_size));
  }
  const std::int64_t key_size = options.key_size > 0 ? options.key_size : features;
  const std::int64_t value_size = options.value_size > 0 ? options.value_size : features;
  if (key_size == features && value_size == features && groups_ == heads) {
    in_proj_weight_ = projection(3 * features, features, "in_proj_weight");
  } else {
    q_proj_weight_ = projection(features, features, "q_proj_weight");
    k_proj_weight_ = projection(group_features(), key_size, "k_proj_weight");
    v_proj_weight_ = projection(group_features(), value_size, "v_proj_weight");
  }
  if (options.bias) {
    in_proj_bias_ = zeros({features + 2 * group_features()});
    in_proj_bias_.requires_grad_().set_name("in_proj_bias");
    const no_grad scope;
    out_proj_.bias.zero_();
  }
  if (positions_ != RelativePositions::none && positions_ != RelativePositions::rotary) {
    relative_.emplace(positions_, heads, head_size, options.relative);
  }
}

Tensor MultiHeadAttention::projection_bias(std::int64_t begin, std::int64_t end) const {
  return in_proj_bias_.defined() ? in_proj_bias_.slice(0, begin, end) : in_proj_bias_;
}

KeyValues MultiHeadAttention::project(const Tensor& key, const Tensor& value, std::int64_t first) const {
  const std::int64_t E = features_, G = group_features();
  check_input("key", key, k_proj_weight_.defined() ? k_proj_weight_.size(1) : E);
  check_input("value", value, v_proj_weight_.defined() ? v_proj_weight_.size(1) : E);
  if (key.size(0) != value.size(0) || key.size(1) != value.size(1)) {
    throw Error("MultiHeadAttention", "keys and values must have the same batch and positions: " +
                                          describe(key) + " and " + describe(value));
  }
  Tensor keys, values;
  if (in_proj_weight_.defined() && key.is_same(value)) {
    const Tensor both =
        linear(key, in_proj_weight_.slice(0, E, 3 * E), projection_bias(E, 3 * E));  // (batch, S, 2 features)
    keys = split_heads(both.slice(2, 0, E), heads_);
    values = split_heads(both.slice(2, E), heads_);
  } else {
    const Tensor key_weight = in_proj_weight_.defined() ? in_proj_weight_.slice(0, E, 2 * E) : k_proj_weight_;
    const Tensor value_weight = in_proj_weight_.defined() ? in_proj_weight_.slice(0, 2 * E) : v_proj_weight_;
    keys = split_heads(linear(key, key_weight, projection_bias(E, E + G)), groups_);
    values = split_heads(linear(value, value_weight, projection_bias(E + G, E + 2 * G)), groups_);
  }
  return {positions_ == RelativePositions::rotary ? rotate_by_position(keys, first) : keys, values};
}

/// (batch, Q, features) -> (batch, heads, Q, head size).
Tensor MultiHeadAttention::project_query(const Tensor& query) const {
  check_input("query", query, features_);
  const Tensor weight = in_proj_weight_.defined() ? in_proj_weight_.slice(0, 0, features_) : q_proj_weight_;
  return split_heads(linear(query, weight, projection_bias(0, features_)), heads_);
}

/// Queries, keys and values of self attention: one product for all three where their weights are one.
MultiHeadAttention::Projections MultiHeadAttention::project_all(const Tensor& x, std::int64_t first) const {
  if (!in_proj_weight_.defined()) return {project_query(x), project(x, x, first)};
  check_input("input", x, features_);
  const std::int64_t E = features_;
  const Tensor all = linear(x, in_proj_weight_, in_proj_bias_);  // (batch, time, 3 features)
  const Tensor keys = split_heads(all.slice(2, E, 2 * E), heads_);
  return {split_heads(all.slice(2, 0, E), heads_),
          KeyValues(positions_ == RelativePositions::rotary ? rotate_by_position(keys, first) : keys,
                    split_heads(all.slice(2, 2 * E), heads_))};
}

MultiHeadOutput MultiHeadAttention::operator()(const Tensor& query, const Tensor& key, const Tensor& value,
                                               const AttentionCall& call) const {
  if (!query.is_same(key) || !query.is_same(value)) return attend(query, project(key, value), call);
  const Projections projected = project_all(query, 0);
  return attend_split(projected.query, projected.keys_values, call);
}

MultiHeadOutput MultiHeadAttention::attend(const Tensor& query, const KeyValues& keys_values,
                                           const AttentionCall& call) const {
  return attend_split(project_query(query), keys_values, call);
}

MultiHeadOutput MultiHeadAttention::step(const Tensor& x, KeyValues& cache) const {
  const std::int64_t first = cache.length();
  const Projections projected = project_all(x, first);
  cache.append(projected.keys_values);
  return attend_split(projected.query, cache, {.causal = true, .first_query = first});
}

MultiHeadOutput MultiHeadAttention::attend_split(const Tensor& split_query, const KeyValues& keys_values,
                                                 const AttentionCall& call) const {
  const Tensor query = positions_ == RelativePositions::rotary
                           ? rotate_by_position(split_query, call.first_query)
                           : split_query;
  if (!keys_values.key().defined())
    throw Error("MultiHeadAttention", "there are no keys and values to look at");
  const std::int64_t keys = keys_values.length();
  if (call.key_mask.defined() && !(call.key_mask.shape() == Shape{query.size(0), keys})) {
    throw Error("MultiHeadAttention", "the key mask must be " + to_string(Shape{query.size(0), keys}) +
                                          " (batch, S), got " + describe(call.key_mask));
  }
  ScaledDotProductOptions options{.mask = with_heads("mask", call.mask),
                                  .bias = with_heads("bias", call.bias),
                                  .causal = call.causal,
                                  .window = call.window,
                                  .first_query = call.first_query,
                                  .dropout = is_training() ? dropout_ : 0};
  if (call.key_mask.defined())
    options.mask = combine_masks(options.mask, call.key_mask.unsqueeze(1).unsqueeze(1));
  if (relative_) {
    const Tensor relative = (*relative_)(query, keys, call.first_query);
    options.bias = options.bias.defined() ? options.bias + relative : relative;
  }
  const bool recorded = AttentionRecord::wants(in_proj_weight_);
  if (!call.need_weights && !recorded) {
    return {out_proj_(merge_heads(
                scaled_dot_product_attention(query, keys_values.key(), keys_values.value(), options))),
            {}};
  }
  const Tensor weights = attention_weights(query, keys_values.key(), options);
  if (recorded) AttentionRecord::add(in_proj_weight_, weights);
  const Tensor values =
      groups_ == heads_ ? keys_values.value() : repeat_interleave(keys_values.value(), heads_ / groups_, 1);
  return {out_proj_(merge_heads(matmul(dropout(weights, options.dropout), values))),
          call.need_weights ? weights : Tensor()};
}

}  // namespace gradus::nn
