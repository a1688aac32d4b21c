#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/normalize.h>
#include <gradus/autograd/scaled_dot_product.h>
#include <gradus/tensor/blas.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/random.h>
#include <gradus/tensor/kernels/softmax.h>
#include <gradus/tensor/memory.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tensor/random.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gradus {
namespace {

constexpr std::int64_t query_block = 64, key_block = 256;

/// Sizes, and what the options come to.
struct Problem {
  std::int64_t batch, heads, groups, queries, keys, size, value_size;
  bool causal;
  std::int64_t first_query;
  double scale, dropout;
  RandomStream stream;

  std::int64_t heads_per_group() const { return heads / groups; }
  /// How many keys the queries up to `query` may look at.
  std::int64_t visible_keys(std::int64_t query) const {
    return causal ? std::min(keys, first_query + query + 1) : keys;
  }
};

/// A (B, H, rows, columns) tensor as matrices whose rows are contiguous; a copy only where they are not.
template <class T>
class Matrices {
 public:
  explicit Matrices(const Tensor& x) : tensor_(has_rows(x) ? x : x.contiguous()) {}
  T* at(std::int64_t batch, std::int64_t head, std::int64_t row = 0) const {
    const Shape& strides = tensor_.strides();
    return tensor_.data<T>() + batch * strides[0] + head * strides[1] + row * strides[2];
  }
  std::int64_t stride() const { return std::max(tensor_.strides()[2], tensor_.shape()[3]); }
  MatrixView view(std::int64_t batch, std::int64_t head, std::int64_t row, bool transposed = false) const {
    return {at(batch, head, row), stride(), transposed};
  }

 private:
  static bool has_rows(const Tensor& x) {
    const bool together = x.shape()[3] == 1 || x.strides()[3] == 1;
    return together && (x.shape()[2] == 1 || x.strides()[2] >= x.shape()[3]);
  }
  Tensor tensor_;
};

/// The rows of a mask or bias that is broadcast to the scores; a copy only where a row is broadcast itself.
template <class T>
class ScoreRows {
 public:
  ScoreRows(const Tensor& x, const Shape& scores) {
    if (!x.defined()) return;
    const Tensor seen = x.expand(scores);
    tensor_ = scores[3] == 1 || seen.strides()[3] == 1 ? seen : seen.contiguous();
  }
  const T* at(std::int64_t batch, std::int64_t head, std::int64_t query, std::int64_t key) const {
    if (!tensor_.defined()) return nullptr;
    const Shape& strides = tensor_.strides();
    return tensor_.data<T>() + batch * strides[0] + head * strides[1] + query * strides[2] + key * strides[3];
  }

 private:
  Tensor tensor_;
};

/// What is computed from, and what the backward pass keeps of the forward pass.
struct Operands {
  Tensor query, key, value, mask, bias;
};
struct RowStatistics {
  Tensor largest, sum;  // (B, H, Q): of the scores of a row, and of exp(score - largest)
};

template <class T>
void drop(const Problem& p, std::int64_t number, std::int64_t count, T* x) {
  const double scale = p.dropout < 1 ? 1 / (1 - p.dropout) : 0;
  const std::uint64_t position = p.stream.offset + static_cast<std::uint64_t>(number);
  const RandomKernels& random = kernels<RandomKernels>();
  const std::int32_t threshold = random_threshold(p.dropout);
  if constexpr (sizeof(T) == 4) random.dropout_float(p.stream.seed, position, count, threshold, static_cast<float>(scale), x, x);
  else random.dropout_double(p.stream.seed, position, count, threshold, scale, x, x);
}

/// The blocks of one head's scores, made in memory that is used again and again.
template <class T>
class Blocks {
 public:
  Blocks(const Problem& problem, const Operands& x)
      : p_(problem), query_(x.query), key_(x.key), mask_(x.mask, scores_shape()), bias_(x.bias, scores_shape()) {}

  /// scale query key^T of a block, `columns` keys to a row.
  void products(std::int64_t b, std::int64_t h, std::int64_t q, std::int64_t rows, std::int64_t s,
                std::int64_t columns, T* scores) const {
    gemm(dtype_of<T>(), rows, columns, p_.size, p_.scale, query_.view(b, h, q),
         key_.view(b, h / p_.heads_per_group(), s, true), 0, scores, columns);
  }
  /// How many of a block's keys a query sees; what is behind them is left out of the row.
  std::int64_t seen(std::int64_t query, std::int64_t s, std::int64_t columns) const {
    return std::clamp<std::int64_t>(p_.visible_keys(query) - s, 0, columns);
  }
  const bool* mask(std::int64_t b, std::int64_t h, std::int64_t q, std::int64_t s) const { return mask_.at(b, h, q, s); }
  const T* bias(std::int64_t b, std::int64_t h, std::int64_t q, std::int64_t s) const { return bias_.at(b, h, q, s); }
  /// The number of a score in row-major order, by which its dropout is drawn.
  std::int64_t number(std::int64_t b, std::int64_t h, std::int64_t q, std::int64_t s) const {
    return ((b * p_.heads + h) * p_.queries + q) * p_.keys + s;
  }
  const Matrices<T>& query() const { return query_; }
  const Matrices<T>& key() const { return key_; }

 private:
  Shape scores_shape() const { return {p_.batch, p_.heads, p_.queries, p_.keys}; }
  const Problem& p_;
  Matrices<T> query_, key_;
  ScoreRows<bool> mask_;
  ScoreRows<T> bias_;
};

template <class T>
void run_forward(const Problem& p, const Operands& x, const Tensor& output, const RowStatistics& statistics) {
  const Blocks<T> blocks(p, x);
  const Matrices<T> value(x.value), result(output);
  const SoftmaxFunctions<T>& softmax = kernels<SoftmaxKernels>().of<T>();
  const std::int64_t query_blocks = (p.queries + query_block - 1) / query_block;
  parallel_for(p.batch * p.heads * query_blocks, 1, [&](std::int64_t begin, std::int64_t) {
    const std::int64_t b = begin / query_blocks / p.heads, h = begin / query_blocks % p.heads;
    const std::int64_t first = begin % query_blocks * query_block, rows = std::min(query_block, p.queries - first);
    const std::int64_t visible = p.visible_keys(first + rows - 1), width = std::min(key_block, visible);
    CachedVector<T> scores(static_cast<std::size_t>(rows * width));
    T* largest = statistics.largest.data<T>() + (b * p.heads + h) * p.queries + first;
    T* sum = statistics.sum.data<T>() + (b * p.heads + h) * p.queries + first;
    std::fill_n(largest, rows, -std::numeric_limits<T>::infinity());
    std::fill_n(sum, rows, T(0));
    for (std::int64_t r = 0; r < rows; ++r) std::fill_n(result.at(b, h, first + r), p.value_size, T(0));
    for (std::int64_t s = 0; s < visible; s += key_block) {
      const std::int64_t columns = std::min(key_block, visible - s);
      blocks.products(b, h, first, rows, s, columns, scores.data());
      for (std::int64_t r = 0; r < rows; ++r) {
        T* row = scores.data() + r * columns;
        const std::int64_t q = first + r, seen = blocks.seen(q, s, columns);
        const T factor = softmax.online(seen, blocks.bias(b, h, q, s), blocks.mask(b, h, q, s), row, largest + r, sum + r);
        std::fill(row + seen, row + columns, T(0));
        if (p.dropout > 0) drop(p, blocks.number(b, h, q, s), seen, row);
        if (s > 0 && factor != T(1)) {
          T* out = result.at(b, h, q);
          for (std::int64_t i = 0; i < p.value_size; ++i) out[i] *= factor;
        }
      }
      gemm(dtype_of<T>(), rows, p.value_size, columns, 1, {scores.data(), columns},
           value.view(b, h / p.heads_per_group(), s), 1, result.at(b, h, first), result.stride());
    }
    for (std::int64_t r = 0; r < rows; ++r) {
      const T factor = sum[r] == T(0) ? T(0) : T(1) / sum[r];
      T* out = result.at(b, h, first + r);
      for (std::int64_t i = 0; i < p.value_size; ++i) out[i] *= factor;
    }
  });
}

struct Gradients {
  Tensor query, key, value;
  Tensor scores;  // (B, H, Q, S), the gradient of the bias; undefined where that is not asked for
};

template <class T>
T dot(std::int64_t n, const T* a, const T* b) {
  T total = 0;
#pragma omp simd reduction(+ : total)
  for (std::int64_t i = 0; i < n; ++i) total += a[i] * b[i];
  return total;
}

/// All gradients are zero at the start. A group of heads shares its keys, so it is worked on by one thread.
template <class T>
void run_backward(const Problem& p, const Operands& x, const Tensor& output, const RowStatistics& statistics,
                  const Tensor& arriving, const Gradients& gradients) {
  const Blocks<T> blocks(p, x);
  const Matrices<T> value(x.value), result(output), given(arriving), to_query(gradients.query), to_key(gradients.key),
      to_value(gradients.value);
  const SoftmaxFunctions<T>& softmax = kernels<SoftmaxKernels>().of<T>();
  const auto block = [&](std::int64_t b, std::int64_t h, std::int64_t first, std::int64_t rows, const T* delta,
                         std::int64_t s, std::int64_t columns, T* weights, T* dropped, T* flow) {
    const std::int64_t group = h / p.heads_per_group(), statistics_row = (b * p.heads + h) * p.queries;
    blocks.products(b, h, first, rows, s, columns, weights);
    gemm(dtype_of<T>(), rows, columns, p.value_size, 1, given.view(b, h, first), value.view(b, group, s, true), 0, flow, columns);
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t q = first + r, seen = blocks.seen(q, s, columns);
      T *w = weights + r * columns, *g = flow + r * columns;
      softmax.online_weights(seen, blocks.bias(b, h, q, s), blocks.mask(b, h, q, s),
                             statistics.largest.data<T>()[statistics_row + q], statistics.sum.data<T>()[statistics_row + q], w);
      std::fill(w + seen, w + columns, T(0));
      std::fill(g + seen, g + columns, T(0));
      if (p.dropout > 0) {
        std::copy_n(w, columns, dropped + r * columns);
        drop(p, blocks.number(b, h, q, s), seen, dropped + r * columns);
        drop(p, blocks.number(b, h, q, s), seen, g);
      }
      softmax.score_gradient(seen, w, delta[r], g);
      if (gradients.scores.defined()) std::copy_n(g, seen, gradients.scores.data<T>() + blocks.number(b, h, q, s));
    }
    const T* used = p.dropout > 0 ? dropped : weights;
    gemm(dtype_of<T>(), columns, p.value_size, rows, 1, {used, columns, true}, given.view(b, h, first), 1,
         to_value.at(b, group, s), to_value.stride());
    gemm(dtype_of<T>(), rows, p.size, columns, p.scale, {flow, columns}, blocks.key().view(b, group, s), 1,
         to_query.at(b, h, first), to_query.stride());
    gemm(dtype_of<T>(), columns, p.size, rows, p.scale, {flow, columns, true}, blocks.query().view(b, h, first), 1,
         to_key.at(b, group, s), to_key.stride());
  };
  parallel_for(p.batch * p.groups, 1, [&](std::int64_t begin, std::int64_t) {
    const std::int64_t b = begin / p.groups, group = begin % p.groups;
    const std::int64_t area = std::min(query_block, p.queries) * std::min(key_block, p.keys);
    CachedVector<T> scratch(static_cast<std::size_t>((p.dropout > 0 ? 3 : 2) * area));
    CachedVector<T> delta(static_cast<std::size_t>(query_block));
    for (std::int64_t h = group * p.heads_per_group(); h < (group + 1) * p.heads_per_group(); ++h) {
      for (std::int64_t first = 0; first < p.queries; first += query_block) {
        const std::int64_t rows = std::min(query_block, p.queries - first), visible = p.visible_keys(first + rows - 1);
        for (std::int64_t r = 0; r < rows; ++r) {
          delta[static_cast<std::size_t>(r)] = dot(p.value_size, given.at(b, h, first + r), result.at(b, h, first + r));
        }
        for (std::int64_t s = 0; s < visible; s += key_block) {
          block(b, h, first, rows, delta.data(), s, std::min(key_block, visible - s), scratch.data(),
                p.dropout > 0 ? scratch.data() + 2 * area : nullptr, scratch.data() + area);
        }
      }
    }
  });
}

/// (B, heads, rows, features) in memory as (B, rows, heads, features), so that merging the heads is a view.
Tensor heads_side_by_side(const Shape& shape, DType dtype, bool zero) {
  const Shape memory{shape[0], shape[2], shape[1], shape[3]};
  return (zero ? zeros(memory, dtype) : empty(memory, dtype)).transpose(1, 2);
}

void check_scores(const char* name, const Tensor& x, const Shape& scores) {
  bool fits = x.rank() <= 4;
  for (int i = 1; fits && i <= x.rank(); ++i) fits = x.shape()[x.rank() - i] == scores[4 - i] || x.shape()[x.rank() - i] == 1;
  if (!fits) {
    throw Error("scaled_dot_product_attention", std::string("the ") + name + " must broadcast to the scores " +
                                                    to_string(scores) + " (B, H, Q, S), got " + describe(x));
  }
}

Problem check(const Tensor& query, const Tensor& key, const Tensor& value, const ScaledDotProductOptions& options) {
  const auto refuse = [&](const std::string& what, bool with_operands = true) {
    const std::string operands = ": query " + describe(query) + ", key " + describe(key) + ", value " + describe(value);
    throw Error("scaled_dot_product_attention", what + (with_operands ? operands : ""));
  };
  if (query.rank() != 4 || key.rank() != 4 || value.rank() != 4) {
    refuse("query, key and value must be (batch, heads, positions, features)");
  }
  const Shape &q = query.shape(), &k = key.shape(), &v = value.shape();
  if (q[0] != k[0] || q[0] != v[0]) refuse("the batch sizes differ");
  if (q[3] != k[3]) refuse("queries and keys must have the same features");
  if (k[1] != v[1] || k[2] != v[2]) refuse("keys and values must have the same heads and positions");
  if (k[1] < 1 || q[1] % k[1] != 0) refuse("the heads of the queries must be a multiple of those of the keys");
  if (!is_floating(query.dtype()) || query.dtype() != key.dtype() || query.dtype() != value.dtype()) {
    refuse("all operands must be of one floating dtype");
  }
  const Shape scores{q[0], q[1], q[2], k[2]};
  if (options.mask.defined()) {
    if (options.mask.dtype() != DType::boolean) refuse("the mask must be bool and true where a key is left out, got " + describe(options.mask), false);
    check_scores("mask", options.mask, scores);
  }
  if (options.bias.defined()) {
    if (options.bias.dtype() != query.dtype()) refuse("the bias must be " + std::string(name_of(query.dtype())) + ", got " + describe(options.bias), false);
    check_scores("bias", options.bias, scores);
  }
  if (!(options.dropout >= 0 && options.dropout <= 1)) refuse("dropout must lie in [0, 1], got " + std::to_string(options.dropout), false);
  if (options.first_query < 0) refuse("the first query cannot stand at position " + std::to_string(options.first_query), false);
  const double scale = options.scale != 0 ? options.scale : 1 / std::sqrt(static_cast<double>(std::max<std::int64_t>(q[3], 1)));
  Problem problem{q[0], q[1], k[1], q[2], k[2], q[3], v[3], options.causal, options.first_query, scale, options.dropout, {}};
  if (options.dropout > 0) problem.stream = take_random(q[0] * q[1] * q[2] * k[2]);
  return problem;
}

/// (B, G, S, D) -> (B, H, S, D): each group's keys for each of its heads.
Tensor repeat_groups(const Tensor& x, const Problem& p) {
  if (p.groups == p.heads) return x;
  return x.unsqueeze(2).expand({p.batch, p.groups, p.heads_per_group(), x.size(2), x.size(3)}).reshape({p.batch, p.heads, x.size(2), x.size(3)});
}

Tensor weights_of(const Problem& p, const Tensor& query, const Tensor& key, const Tensor& mask, const Tensor& bias) {
  Tensor scores = matmul(query, repeat_groups(key, p).transpose(2, 3)) * p.scale;  // (B, H, Q, S)
  Tensor left_out = mask;
  const auto leave_out = [&left_out](const Tensor& more) { left_out = left_out.defined() ? logical_or(left_out, more) : more; };
  if (bias.defined()) {
    scores = scores + bias;
    leave_out(eq(bias, -std::numeric_limits<double>::infinity()));
  }
  if (p.causal) leave_out(gt(arange(0, p.keys), arange(p.first_query, p.first_query + p.queries).unsqueeze(1)));
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
    output = heads_side_by_side({problem.batch, problem.heads, problem.queries, problem.value_size}, dtype, false);
    const Shape rows{problem.batch, problem.heads, problem.queries};
    statistics = {empty(rows, dtype), empty(rows, dtype)};
    const auto run = dtype == DType::float32 ? run_forward<float> : run_forward<double>;
    if (output.numel() > 0) run(problem, operands, output, statistics);
  }
  if (!recording(query, key, value, options.bias)) return output;
  record(output, "scaled_dot_product_attention", {&query, &key, &value, &options.bias},
         [query = Saved(query), key = Saved(key), value = Saved(value), bias = Saved(options.bias),
          mask = Saved(options.mask), output = SavedOutput(output), statistics, problem](Sink& sink, const Tensor& gradient) {
           const Operands x{query.get(sink), key.get(sink), value.get(sink), mask.get(sink), bias.get(sink)};
           if (sink.create_graph()) return sink.replay(gradient, [&] { return composed_attention(problem, x); });
           const DType type = x.query.dtype();
           Gradients gradients{heads_side_by_side(x.query.shape(), type, true), heads_side_by_side(x.key.shape(), type, true),
                               heads_side_by_side(x.value.shape(), type, true), {}};
           if (sink.needs(3)) gradients.scores = zeros({problem.batch, problem.heads, problem.queries, problem.keys}, type);
           const auto run = type == DType::float32 ? run_backward<float> : run_backward<double>;
           if (gradient.numel() > 0 && problem.keys > 0) run(problem, x, output.get(sink), statistics, gradient, gradients);
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
  return composed_attention(check(query, key, value, options), {query, key, value, options.mask, options.bias});
}

}  // namespace composed

}  // namespace gradus
