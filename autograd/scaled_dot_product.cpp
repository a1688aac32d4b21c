#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/attention_blocks.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/normalize.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/autograd/scaled_dot_product.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/random.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gradus {

using attention::Gradients;
using attention::Operands;
using attention::Problem;
using attention::RowStatistics;

namespace {

/// (B, heads, rows, features) in memory as (B, rows, heads, features), so that merging the heads is a view.
Tensor heads_side_by_side(const Shape& shape, DType dtype, bool zero) {
  const Shape memory{shape[0], shape[2], shape[1], shape[3]};
  return (zero ? zeros(memory, dtype) : empty(memory, dtype)).transpose(1, 2);
}

void check_scores(const char* name, const Tensor& x, const Shape& scores) {
  bool fits = x.rank() <= 4;
  for (int i = 1; fits && i <= x.rank(); ++i)
    fits = x.shape()[x.rank() - i] == scores[4 - i] || x.shape()[x.rank() - i] == 1;
  if (!fits) {
    throw Error("scaled_dot_product_attention", std::string("the ") + name +
                                                    " must broadcast to the scores " + to_string(scores) +
                                                    " (B, H, Q, S), got " + describe(x));
  }
}

Problem check(const Tensor& query, const Tensor& key, const Tensor& value,
              const ScaledDotProductOptions& options) {
  const auto refuse = [&](const std::string& what, bool with_operands = true) {
    const std::string operands =
        ": query " + describe(query) + ", key " + describe(key) + ", value " + describe(value);
    throw Error("scaled_dot_product_attention", what + (with_operands ? operands : ""));
  };
  if (!query.defined() || !key.defined() || !value.defined() || query.rank() != 4 || key.rank() != 4 ||
      value.rank() != 4) {
    refuse("query, key and value must be (batch, heads, positions, features)");
  }
  const Shape &q = query.shape(), &k = key.shape(), &v = value.shape();
  if (q[0] != k[0] || q[0] != v[0]) refuse("the batch sizes differ");
  if (q[3] != k[3]) refuse("queries and keys must have the same features");
  if (k[1] != v[1] || k[2] != v[2]) refuse("keys and values must have the same heads and positions");
  if (k[1] < 1 || q[1] % k[1] != 0)
    refuse("the heads of the queries must be a multiple of those of the keys");
  if (!is_floating(query.dtype()) || query.dtype() != key.dtype() || query.dtype() != value.dtype()) {
    refuse("all operands must be of one floating dtype");
  }
  const Shape scores{q[0], q[1], q[2], k[2]};
  if (options.mask.defined()) {
    if (options.mask.dtype() != DType::boolean)
      refuse("the mask must be bool and true where a key is left out, got " + describe(options.mask), false);
    check_scores("mask", options.mask, scores);
  }
  if (options.bias.defined()) {
    if (options.bias.dtype() != query.dtype())
      refuse("the bias must be " + std::string(name_of(query.dtype())) + ", got " + describe(options.bias),
             false);
    check_scores("bias", options.bias, scores);
  }
  if (!(options.dropout >= 0 && options.dropout <= 1))
    refuse("dropout must lie in [0, 1], got " + std::to_string(options.dropout), false);
  const std::int64_t positions = q[2] + k[2];
  if (options.first_query < 0 || options.first_query > std::numeric_limits<std::int64_t>::max() - positions)
    refuse("the first query cannot stand at position " + std::to_string(options.first_query), false);
  // No further than from the first position to the last: sums with it cannot overflow then.
  const std::int64_t window = std::min(options.window, options.first_query + positions);
  const double scale = options.scale != 0
                           ? options.scale
                           : 1 / std::sqrt(static_cast<double>(std::max<std::int64_t>(q[3], 1)));
  Problem problem{q[0],   q[1],
                  k[1],   q[2],
                  k[2],   q[3],
                  v[3],   options.causal,
                  window, options.first_query,
                  scale,  options.dropout,
                  {}};
  if (options.dropout > 0) problem.stream = take_random(q[0] * q[1] * q[2] * k[2]);
  return problem;
}

/// (B, G, S, D) -> (B, H, S, D): each group's keys for each of its heads.
Tensor repeat_groups(const Tensor& x, const Problem& p) {
  if (p.groups == p.heads) return x;
  return x.unsqueeze(2)
      .expand({p.batch, p.groups, p.heads_per_group(), x.size(2), x.size(3)})
      .reshape({p.batch, p.heads, x.size(2), x.size(3)});
}

Tensor weights_of(const Problem& p, const Tensor& query, const Tensor& key, const Tensor& mask,
                  const Tensor& bias) {
  Tensor scores = matmul(query, repeat_groups(key, p).transpose(2, 3)) * p.scale;  // (B, H, Q, S)
  Tensor left_out = mask;
  const auto leave_out = [&left_out](const Tensor& more) {
    left_out = left_out.defined() ? logical_or(left_out, more) : more;
  };
  if (bias.defined()) {
    scores = scores + bias;
    leave_out(eq(bias, -std::numeric_limits<double>::infinity()));
  }
  if (p.causal || p.window >= 0) {
    const Tensor ahead =  // (Q, S): how far a key is ahead of the query
        arange(0, p.keys) - arange(p.first_query, p.first_query + p.queries).unsqueeze(1);
    if (p.causal) leave_out(gt(ahead, 0));
    if (p.window >= 0) leave_out(gt(abs(ahead), static_cast<double>(p.window)));
  }
  return masked_softmax(scores, left_out);
}

Tensor composed_attention(const Problem& p, const Operands& x) {
  Tensor weights = weights_of(p, x.query, x.key, x.mask, x.bias);
  if (p.dropout > 0) weights = dropout(weights, p.dropout, p.stream);
  return matmul(weights, repeat_groups(x.value, p));
}

}  // namespace

Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const ScaledDotProductOptions& options) {
  const Problem problem = check(query, key, value, options);
  const DType dtype = query.dtype();
  const Operands operands{query, key, value, options.mask, options.bias};
  Tensor output;
  RowStatistics statistics;
  {
    const no_grad scope;
    output =
        heads_side_by_side({problem.batch, problem.heads, problem.queries, problem.value_size}, dtype, false);
    const Shape rows{problem.batch, problem.heads, problem.queries};
    statistics = {empty(rows, dtype), empty(rows, dtype)};
    if (output.numel() > 0) attention::forward_blocks(problem, operands, output, statistics);
  }
  if (!recording(query, key, value, options.bias)) return output;
  record(output, "scaled_dot_product_attention", {&query, &key, &value, &options.bias},
         [query = Saved(query), key = Saved(key), value = Saved(value), bias = Saved(options.bias),
          mask = Saved(options.mask), output = SavedOutput(output), statistics,
          problem](Sink& sink, const Tensor& gradient) {
           const Operands x{query.get(sink), key.get(sink), value.get(sink), mask.get(sink), bias.get(sink)};
           if (sink.create_graph())
             return sink.replay(gradient, [&] { return composed_attention(problem, x); });
           const DType type = x.query.dtype();
           Gradients gradients{heads_side_by_side(x.query.shape(), type, true),
                               heads_side_by_side(x.key.shape(), type, true),
                               heads_side_by_side(x.value.shape(), type, true),
                               {}};
           if (sink.needs(3))
             gradients.scores = zeros({problem.batch, problem.heads, problem.queries, problem.keys}, type);
           if (gradient.numel() > 0 && problem.keys > 0) {
             attention::backward_blocks(problem, x, output.get(sink), statistics, gradient, gradients);
           }
           sink.add(0, gradients.query);
           sink.add(1, gradients.key);
           sink.add(2, gradients.value);
           if (gradients.scores.defined()) sink.add(3, gradients.scores);
         });
  return output;
}

Tensor attention_weights(const Tensor& query, const Tensor& key, const ScaledDotProductOptions& options) {
  ScaledDotProductOptions without_dropout = options;
  without_dropout.dropout = 0;
  return weights_of(check(query, key, key, without_dropout), query, key, options.mask, options.bias);
}

namespace composed {

Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const ScaledDotProductOptions& options) {
  return composed_attention(check(query, key, value, options),
                            {query, key, value, options.mask, options.bias});
}

}  // namespace composed

}  // namespace gradus
