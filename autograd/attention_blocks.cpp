#include <gradus/autograd/attention_blocks.h>
#include <gradus/tensor/blas.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/random.h>
#include <gradus/tensor/kernels/softmax.h>
#include <gradus/tensor/memory.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>
#include <limits>

namespace gradus::attention {
namespace {

constexpr std::int64_t query_block = 64, key_block = 256;

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

/// y = dropout(x) of `count` scores from the given number on.
template <class T>
void drop(const Problem& p, std::int64_t number, std::int64_t count, const T* x, T* y) {
  const double scale = p.dropout < 1 ? 1 / (1 - p.dropout) : 0;
  const std::uint64_t position = p.stream.offset + static_cast<std::uint64_t>(number);
  const RandomKernels& random = kernels<RandomKernels>();
  const std::int32_t threshold = dropout_threshold(p.dropout);
  if constexpr (sizeof(T) == 4)
    random.dropout_float(p.stream.seed, position, count, threshold, static_cast<float>(scale), x, y);
  else random.dropout_double(p.stream.seed, position, count, threshold, scale, x, y);
}

/// The blocks of one head's scores, made in memory that is used again and again.
template <class T>
class Blocks {
 public:
  Blocks(const Problem& problem, const Operands& x)
      : p_(problem),
        query_(x.query),
        key_(x.key),
        mask_(x.mask, scores_shape()),
        bias_(x.bias, scores_shape()) {}

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
  const bool* mask(std::int64_t b, std::int64_t h, std::int64_t q, std::int64_t s) const {
    return mask_.at(b, h, q, s);
  }
  const T* bias(std::int64_t b, std::int64_t h, std::int64_t q, std::int64_t s) const {
    return bias_.at(b, h, q, s);
  }
  /// y = dropout(x) of a block.
  void drop(std::int64_t b, std::int64_t h, std::int64_t q, std::int64_t rows, std::int64_t s,
            std::int64_t columns, const T* x, T* y) const {
    const bool whole_rows = columns == p_.keys;  // all one piece: drawing is cheap in long pieces
    const std::int64_t pieces = whole_rows ? 1 : rows, length = whole_rows ? rows * columns : columns;
    for (std::int64_t i = 0; i < pieces; ++i)
      attention::drop(p_, number(b, h, q + i, s), length, x + i * columns, y + i * columns);
  }
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
    const std::int64_t first = begin % query_blocks * query_block,
                       rows = std::min(query_block, p.queries - first);
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
        const T factor =
            softmax.online(seen, blocks.bias(b, h, q, s), blocks.mask(b, h, q, s), row, largest + r, sum + r);
        std::fill(row + seen, row + columns, T(0));
        if (s > 0 && factor != T(1)) {
          T* out = result.at(b, h, q);
          for (std::int64_t i = 0; i < p.value_size; ++i) out[i] *= factor;
        }
      }
      if (p.dropout > 0) blocks.drop(b, h, first, rows, s, columns, scores.data(), scores.data());
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
  const Matrices<T> value(x.value), result(output), given(arriving), to_query(gradients.query),
      to_key(gradients.key), to_value(gradients.value);
  const SoftmaxFunctions<T>& softmax = kernels<SoftmaxKernels>().of<T>();
  const auto block = [&](std::int64_t b, std::int64_t h, std::int64_t first, std::int64_t rows,
                         const T* delta, std::int64_t s, std::int64_t columns, T* weights, T* dropped,
                         T* flow) {
    const std::int64_t group = h / p.heads_per_group(), statistics_row = (b * p.heads + h) * p.queries;
    blocks.products(b, h, first, rows, s, columns, weights);
    gemm(dtype_of<T>(), rows, columns, p.value_size, 1, given.view(b, h, first),
         value.view(b, group, s, true), 0, flow, columns);
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t q = first + r, seen = blocks.seen(q, s, columns);
      T* w = weights + r * columns;
      softmax.online_weights(seen, blocks.bias(b, h, q, s), blocks.mask(b, h, q, s),
                             statistics.largest.data<T>()[statistics_row + q],
                             statistics.sum.data<T>()[statistics_row + q], w);
      std::fill(w + seen, w + columns, T(0));
    }
    if (p.dropout > 0) blocks.drop(b, h, first, rows, s, columns, weights, dropped);
    const T* used = p.dropout > 0 ? dropped : weights;
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t q = first + r, seen = blocks.seen(q, s, columns);
      T* g = flow + r * columns;
      softmax.score_gradient(seen, weights + r * columns, used + r * columns, delta[r], g);
      std::fill(g + seen, g + columns, T(0));
      if (gradients.scores.defined())
        std::copy_n(g, seen, gradients.scores.data<T>() + blocks.number(b, h, q, s));
    }
    gemm(dtype_of<T>(), columns, p.value_size, rows, 1, {used, columns, true}, given.view(b, h, first), 1,
         to_value.at(b, group, s), to_value.stride());
    gemm(dtype_of<T>(), rows, p.size, columns, p.scale, {flow, columns}, blocks.key().view(b, group, s), 1,
         to_query.at(b, h, first), to_query.stride());
    gemm(dtype_of<T>(), columns, p.size, rows, p.scale, {flow, columns, true},
         blocks.query().view(b, h, first), 1, to_key.at(b, group, s), to_key.stride());
  };
  parallel_for(p.batch * p.groups, 1, [&](std::int64_t begin, std::int64_t) {
    const std::int64_t b = begin / p.groups, group = begin % p.groups;
    const std::int64_t area = std::min(query_block, p.queries) * std::min(key_block, p.keys);
    CachedVector<T> scratch(static_cast<std::size_t>((p.dropout > 0 ? 3 : 2) * area));
    CachedVector<T> delta(static_cast<std::size_t>(query_block));
    for (std::int64_t h = group * p.heads_per_group(); h < (group + 1) * p.heads_per_group(); ++h) {
      for (std::int64_t first = 0; first < p.queries; first += query_block) {
        const std::int64_t rows = std::min(query_block, p.queries - first),
                           visible = p.visible_keys(first + rows - 1);
        for (std::int64_t r = 0; r < rows; ++r) {
          delta[static_cast<std::size_t>(r)] =
              dot(p.value_size, given.at(b, h, first + r), result.at(b, h, first + r));
        }
        for (std::int64_t s = 0; s < visible; s += key_block) {
          block(b, h, first, rows, delta.data(), s, std::min(key_block, visible - s), scratch.data(),
                p.dropout > 0 ? scratch.data() + 2 * area : nullptr, scratch.data() + area);
        }
      }
    }
  });
}

}  // namespace

void forward_blocks(const Problem& problem, const Operands& x, const Tensor& output,
                    const RowStatistics& statistics) {
  const auto run = output.dtype() == DType::float32 ? run_forward<float> : run_forward<double>;
  run(problem, x, output, statistics);
}

void backward_blocks(const Problem& problem, const Operands& x, const Tensor& output,
                     const RowStatistics& statistics, const Tensor& arriving, const Gradients& gradients) {
  const auto run = output.dtype() == DType::float32 ? run_backward<float> : run_backward<double>;
  run(problem, x, output, statistics, arriving, gradients);
}

}  // namespace gradus::attention
