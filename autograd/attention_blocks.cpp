#include <gradus/autograd/attention_blocks.h>
#include <gradus/tensor/kernels/attention.h>
#include <gradus/tensor/kernels/block_product.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/random.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tensor/workspace.h>

#include <algorithm>
#include <cstring>
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
  /// Elements from row to row: 0 where all rows are the same.
  std::int64_t stride() const { return tensor_.defined() ? tensor_.strides()[2] : 0; }

 private:
  Tensor tensor_;
};

std::int64_t padded(std::int64_t columns) {
  return (columns + block_padding - 1) / block_padding * block_padding;
}

/// A block of one head's scores.
struct Block {
  std::int64_t b, h;          // which sentence and head
  std::int64_t query, rows;   // first query, and how many
  std::int64_t key, columns;  // first key, and how many
  std::int64_t stride() const { return padded(columns); }
};

/// What the forward and the backward pass do with the blocks of scores alike.
template <class T>
class Scores {
 public:
  Scores(const Problem& problem, const Operands& x)
      : p_(problem),
        query_(x.query),
        key_(x.key),
        mask_(x.mask, shape()),
        bias_(x.bias, shape()),
        random_(kernels<RandomKernels>()),
        product_(kernels<BlockProductKernels>().of<T>()) {}

  /// scale query key^T; `turned` is room for key^T.
  void multiply(const Block& block, T* turned, T* scores) const {
    transposed_product(block, query_, p_.size, key_, p_.scale, turned, scores);
  }
  /// scores (rows, columns) = scale left right^T, left being of the queries and right of the keys.
  void transposed_product(const Block& block, const Matrices<T>& left, std::int64_t size,
                          const Matrices<T>& right, double scale, T* turned, T* scores) const {
    product_.transpose(block.columns, size, right.at(block.b, group(block), block.key), right.stride(),
                       turned, block.stride());
    product_.multiply({block.rows, block.stride(), size, left.at(block.b, block.h, block.query),
                       left.stride(), false, turned, block.stride(), scores, block.stride(),
                       static_cast<T>(scale), nullptr, 0});
  }
  /// y = dropout(x) of the scores; y may be x.
  void drop(const Block& block, const T* x, T* y) const {
    const std::int64_t stride = block.stride(), columns = block.columns;
    if (columns < p_.keys) {
      for (std::int64_t r = 0; r < block.rows; ++r)
        draw(number(block, r), columns, x + r * stride, y + r * stride);
      return;
    }
    // Whole rows: their numbers follow one another, and drawing is cheap in long pieces alone. So the rows
    // are put together first and parted afterwards.
    for (std::int64_t r = 0; r < block.rows; ++r) move(x + r * stride, columns, y + r * columns);
    draw(number(block, 0), block.rows * columns, y, y);
    for (std::int64_t r = block.rows - 1; r >= 0; --r) move(y + r * columns, columns, y + r * stride);
  }
  /// The number of a row's first score in row-major order, by which its dropout is drawn.
  std::int64_t number(const Block& block, std::int64_t row) const {
    return ((block.b * p_.heads + block.h) * p_.queries + block.query + row) * p_.keys + block.key;
  }
  /// The number of a block's first query among all.
  std::int64_t row_number(const Block& block) const {
    return (block.b * p_.heads + block.h) * p_.queries + block.query;
  }
  ScoreBlock<T> seen(const Block& block) const {
    const std::int64_t position = p_.first_query + block.query - block.key;  // of the first row
    ScoreBlock<T> seen{block.rows, block.columns, block.stride(), -block.rows, block.columns, {}, {}, {}, {}};
    if (p_.window >= 0) {
      seen.first = position - p_.window;
      seen.last = position + p_.window + 1;
    }
    if (p_.causal) seen.last = position + 1;
    seen.masked = mask_.at(block.b, block.h, block.query, block.key);
    seen.mask_stride = mask_.stride();
    seen.bias = bias_.at(block.b, block.h, block.query, block.key);
    seen.bias_stride = bias_.stride();
    return seen;
  }
  std::int64_t group(const Block& block) const { return block.h / p_.heads_per_group(); }
  const Matrices<T>& query() const { return query_; }
  const Matrices<T>& key() const { return key_; }

  /// Calls `work(block)` for the blocks of a head's queries from `query` on, up to the last key they see.
  template <class Work>
  void for_blocks(std::int64_t b, std::int64_t h, std::int64_t query, const Work& work) const {
    const std::int64_t rows = std::min(query_block, p_.queries - query), end = p_.last_key(query + rows - 1);
    for (std::int64_t key = p_.first_key(query); key < end; key += key_block)
      work(Block{b, h, query, rows, key, std::min(key_block, end - key)});
  }

 private:
  static void move(const T* from, std::int64_t count, T* to) {
    if (from != to) std::memmove(to, from, static_cast<std::size_t>(count) * sizeof(T));
  }
  /// y = dropout(x) of `count` scores in row-major order, from the given number on.
  void draw(std::int64_t first, std::int64_t count, const T* x, T* y) const {
    const double scale = p_.dropout < 1 ? 1 / (1 - p_.dropout) : 0;
    const std::int32_t threshold = dropout_threshold(p_.dropout);
    const std::uint64_t position = p_.stream.offset + static_cast<std::uint64_t>(first);
    if constexpr (sizeof(T) == 4)
      random_.dropout_float(p_.stream.seed, position, count, threshold, static_cast<float>(scale), x, y);
    else random_.dropout_double(p_.stream.seed, position, count, threshold, scale, x, y);
  }
  Shape shape() const { return {p_.batch, p_.heads, p_.queries, p_.keys}; }
  const Problem& p_;
  Matrices<T> query_, key_;
  ScoreRows<bool> mask_;
  ScoreRows<T> bias_;
  const RandomKernels& random_;
  const BlockProductFunctions<T>& product_;
};

/// How many pieces of work, of queries times keys scores each, a thread takes at once.
std::int64_t pieces_at_once(std::int64_t queries, std::int64_t keys) {
  constexpr std::int64_t enough = 1 << 13;  // scores: some 20 us
  return std::max<std::int64_t>(1, enough / std::max<std::int64_t>(1, queries * keys));
}

template <class T>
void run_forward(const Problem& p, const Operands& x, const Tensor& output, const RowStatistics& statistics) {
  const Scores<T> scores(p, x);
  const Matrices<T> value(x.value), result(output);
  const AttentionFunctions<T>& attention = kernels<AttentionKernels>().of<T>();
  const BlockProductFunctions<T>& product = kernels<BlockProductKernels>().of<T>();
  const std::int64_t query_blocks = (p.queries + query_block - 1) / query_block;
  const std::int64_t most_columns = padded(std::min(key_block, p.keys));

  const auto run = [&](std::int64_t b, std::int64_t h, std::int64_t first, T* scratch) {
    const std::int64_t rows = std::min(query_block, p.queries - first);
    T* out = result.at(b, h, first);
    T* largest = statistics.largest.data<T>() + scores.row_number({b, h, first, rows, 0, 0});
    T* sum = statistics.sum.data<T>() + scores.row_number({b, h, first, rows, 0, 0});
    std::fill_n(largest, rows, -std::numeric_limits<T>::infinity());
    std::fill_n(sum, rows, T(0));
    T factors[query_block];
    bool begun = false;
    scores.for_blocks(b, h, first, [&](const Block& block) {
      T *turned = scratch, *weights = turned + p.size * most_columns;
      scores.multiply(block, turned, weights);
      attention.online_softmax(scores.seen(block), weights, largest, sum, factors);
      if (begun) attention.scale_rows(rows, p.value_size, factors, out, result.stride());
      if (p.dropout > 0) scores.drop(block, weights, weights);
      product.multiply({rows, p.value_size, block.columns, weights, block.stride(), false,
                        value.at(b, scores.group(block), block.key), value.stride(), out, result.stride(),
                        T(1), begun ? out : nullptr, result.stride()});
      begun = true;
    });
    for (std::int64_t r = 0; r < rows; ++r) {
      factors[r] = sum[r] == T(0) ? T(0) : T(1) / sum[r];
      if (!begun) std::fill_n(out + r * result.stride(), p.value_size, T(0));
    }
    attention.scale_rows(rows, p.value_size, factors, out, result.stride());
  };
  const std::int64_t tile = pieces_at_once(std::min(p.queries, query_block), p.keys);
  parallel_for(p.batch * p.heads * query_blocks, tile, [&](std::int64_t begin, std::int64_t end) {
    const Workspace<T> scratch((p.size + query_block) * most_columns);
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t head = i / query_blocks;
      run(head / p.heads, head % p.heads, i % query_blocks * query_block, scratch.data());
    }
  });
}

/// All gradients are zero at the start. A group of heads shares its keys, so it is worked on by one thread.
template <class T>
void run_backward(const Problem& p, const Operands& x, const Tensor& output, const RowStatistics& statistics,
                  const Tensor& arriving, const Gradients& gradients) {
  const Scores<T> scores(p, x);
  const Matrices<T> value(x.value), result(output), given(arriving), to_query(gradients.query),
      to_key(gradients.key), to_value(gradients.value);
  const AttentionFunctions<T>& attention = kernels<AttentionKernels>().of<T>();
  const BlockProductFunctions<T>& product = kernels<BlockProductKernels>().of<T>();

  const std::int64_t most_columns = padded(std::min(key_block, p.keys)),
                     most_area = query_block * most_columns;

  const auto run = [&](const Block& block, const T* delta, T* turned, T* scratch) {
    const std::int64_t b = block.b, h = block.h, group = scores.group(block), stride = block.stride();
    const std::int64_t rows = block.rows, columns = block.columns, row = scores.row_number(block);
    const ScoreBlock<T> seen = scores.seen(block);
    T *weights = scratch, *flow = scratch + most_area, *dropped = p.dropout > 0 ? flow + most_area : weights;
    scores.multiply(block, turned, weights);
    attention.weights(seen, statistics.largest.data<T>() + row, statistics.sum.data<T>() + row, weights);
    if (p.dropout > 0) scores.drop(block, weights, dropped);
    scores.transposed_product(block, given, p.value_size, value, 1, turned, flow);
    attention.score_gradient(seen, weights, dropped, delta, flow);
    if (gradients.scores.defined()) {
      for (std::int64_t r = 0; r < rows; ++r)
        std::copy_n(flow + r * stride, columns, gradients.scores.data<T>() + scores.number(block, r));
    }
    T *query_sum = to_query.at(b, h, block.query), *key_sum = to_key.at(b, group, block.key),
      *value_sum = to_value.at(b, group, block.key);
    const T scale = static_cast<T>(p.scale);
    product.multiply({columns, p.value_size, rows, dropped, stride, true, given.at(b, h, block.query),
                      given.stride(), value_sum, to_value.stride(), T(1), value_sum, to_value.stride()});
    product.multiply({rows, p.size, columns, flow, stride, false, scores.key().at(b, group, block.key),
                      scores.key().stride(), query_sum, to_query.stride(), scale, query_sum,
                      to_query.stride()});
    product.multiply({columns, p.size, rows, flow, stride, true, scores.query().at(b, h, block.query),
                      scores.query().stride(), key_sum, to_key.stride(), scale, key_sum, to_key.stride()});
  };
  const std::int64_t tile = pieces_at_once(p.heads_per_group() * p.queries, p.keys);
  parallel_for(p.batch * p.groups, tile, [&](std::int64_t begin, std::int64_t end) {
    const Workspace<T> scratch((p.dropout > 0 ? 3 : 2) * most_area);
    const Workspace<T> turned(std::max(p.size, p.value_size) * most_columns);
    T delta[query_block];
    for (std::int64_t i = begin * p.heads_per_group(); i < end * p.heads_per_group(); ++i) {
      const std::int64_t b = i / p.heads, h = i % p.heads;
      for (std::int64_t first = 0; first < p.queries; first += query_block) {
        attention.row_dots(std::min(query_block, p.queries - first), p.value_size, given.at(b, h, first),
                           given.stride(), result.at(b, h, first), result.stride(), delta);
        scores.for_blocks(b, h, first,
                          [&](const Block& block) { run(block, delta, turned.data(), scratch.data()); });
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
