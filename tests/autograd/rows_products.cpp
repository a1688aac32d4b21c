#include "operations.h"

#include <gradus/autograd/attention_scores.h>
#include <gradus/autograd/einsum.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/recurrent.h>

#include <cmath>

namespace table {
namespace {

using namespace gradus;

/// A product that sums over `count` positions: element(x, p, k) is one term.
Reference sums(const Shape& shape, std::int64_t count,
               const std::function<double(const std::vector<Array>&, const Shape&, std::int64_t)>& term) {
  return [=](const std::vector<Array>& x) {
    return build(shape, [&](const Shape& p) {
      double sum = 0;
      for (std::int64_t k = 0; k < count; ++k) sum += term(x, p, k);
      return sum;
    });
  };
}

Row product(const char* name, const char* variant, std::vector<Input> inputs, Run run, Reference reference,
            std::vector<Shape> empty = {}) {
  return {.name = name,
          .variant = variant,
          .inputs = std::move(inputs),
          .run = std::move(run),
          .reference = std::move(reference),
          .empty = std::move(empty)};
}

using Arrays = std::vector<Array>;

/// Every step by its formula. `padded_reverse`: tanh, backwards in time, with the lengths of input 4; else relu, forwards.
Array rnn_by_loops(const Arrays& x, bool padded_reverse) {
  const std::int64_t time = x[0].shape[1], H = x[1].shape[1];
  Array out = build(x[0].shape, [](const Shape&) { return 0.0; });
  for (std::int64_t b = 0; b < x[0].shape[0]; ++b) {
    std::vector<double> h;
    for (std::int64_t i = 0; i < H; ++i) h.push_back(x[1].at({b, i}));
    for (std::int64_t step = 0; step < time; ++step) {
      const std::int64_t t = padded_reverse ? time - 1 - step : step;
      if (padded_reverse && static_cast<double>(t) >= x[4].at({b})) continue;
      std::vector<double> next;
      for (std::int64_t i = 0; i < H; ++i) {
        double total = x[0].at({b, t, i}) + x[3].at({i});
        for (std::int64_t j = 0; j < H; ++j) total += x[2].at({i, j}) * h[static_cast<std::size_t>(j)];
        next.push_back(padded_reverse ? std::tanh(total) : std::max(total, 0.0));
        out.at({b, t, i}) = next.back();
      }
      h = next;
    }
  }
  return out;
}

Array lstm_by_loops(const Arrays& x) {
  const std::int64_t time = x[0].shape[1], H = x[1].shape[1];
  Array out = build({x[0].shape[0], time, 2 * H}, [](const Shape&) { return 0.0; });
  const auto sigmoid_of = [](double v) { return 1 / (1 + std::exp(-v)); };
  for (std::int64_t b = 0; b < x[0].shape[0]; ++b) {
    for (std::int64_t t = 0; t < time; ++t) {
      const auto before = [&](std::int64_t j) { return t == 0 ? x[1].at({b, j}) : out.at({b, t - 1, j}); };
      for (std::int64_t i = 0; i < H; ++i) {
        const auto gate = [&](std::int64_t k) {
          double total = x[0].at({b, t, k * H + i}) + x[4].at({k * H + i});
          for (std::int64_t j = 0; j < H; ++j) total += x[3].at({k * H + i, j}) * before(j);
          return total;
        };
        const double cell = t == 0 ? x[2].at({b, i}) : out.at({b, t - 1, H + i});
        const double next = sigmoid_of(gate(1)) * cell + sigmoid_of(gate(0)) * std::tanh(gate(2));
        out.at({b, t, H + i}) = next;
        out.at({b, t, i}) = sigmoid_of(gate(3)) * std::tanh(next);
      }
    }
  }
  return out;
}

std::vector<Row> recurrent_rows() {
  const std::vector<Input> lstm_inputs = {{{2, 3, 12}}, {{2, 3}}, {{2, 3}}, {{12, 3}}, {{12}}};
  std::vector<Input> lstm_with_lengths = lstm_inputs;
  lstm_with_lengths.push_back(numbers({2}, {3, 2}));
  const std::vector<Input> gru_inputs = {{{2, 3, 12}}, {{2, 4}}, {{12, 4}}, {{12}}};
  std::vector<Input> with_lengths = gru_inputs;
  with_lengths.push_back(numbers({2}, {3, 2}));
  return {
      {.name = "gru_sequence",
       .inputs = gru_inputs,
       .run = [](const Tensors& x) { return gru_sequence(x[0], x[1], x[2], x[3]); },
       .twin = [](const Tensors& x) { return composed::gru_sequence(x[0], x[1], x[2], x[3]); }},
      {.name = "gru_sequence",
       .variant = "lengths",
       .inputs = with_lengths,
       .run = [](const Tensors& x) { return gru_sequence(x[0], x[1], x[2], x[3], x[4]); },
       .twin = [](const Tensors& x) { return composed::gru_sequence(x[0], x[1], x[2], x[3], x[4]); }},
      {.name = "gru_sequence",
       .variant = "reverse, lengths, no bias",
       .inputs = with_lengths,
       .run = [](const Tensors& x) { return gru_sequence(x[0], x[1], x[2], {}, x[4], true); },
       .twin = [](const Tensors& x) { return composed::gru_sequence(x[0], x[1], x[2], {}, x[4], true); }},
      {.name = "rnn_sequence",
       .variant = "tanh, lengths, reverse",
       .inputs = {{{2, 3, 4}}, {{2, 4}}, {{4, 4}}, {{4}}, numbers({2}, {3, 2})},
       .run =
           [](const Tensors& x) {
             return rnn_sequence(x[0], x[1], x[2], x[3], RecurrentNonlinearity::tanh, x[4], true);
           },
       .reference = [](const Arrays& x) { return rnn_by_loops(x, true); }},
      {.name = "rnn_sequence",
       .variant = "relu",
       .inputs = {{{2, 3, 4}}, {{2, 4}}, {{4, 4}}, {{4}}},
       .run = [](const Tensors& x) { return rnn_sequence(x[0], x[1], x[2], x[3], RecurrentNonlinearity::relu); },
       .reference = [](const Arrays& x) { return rnn_by_loops(x, false); }},
      {.name = "lstm_sequence",
       .inputs = lstm_inputs,
       .run = [](const Tensors& x) { return lstm_sequence(x[0], x[1], x[2], x[3], x[4]); },
       .reference = [](const Arrays& x) { return lstm_by_loops(x); },
       .twin = [](const Tensors& x) { return composed::lstm_sequence(x[0], x[1], x[2], x[3], x[4]); }},
      {.name = "lstm_sequence",
       .variant = "lengths",
       .inputs = lstm_with_lengths,
       .run = [](const Tensors& x) { return lstm_sequence(x[0], x[1], x[2], x[3], x[4], x[5]); },
       .twin = [](const Tensors& x) { return composed::lstm_sequence(x[0], x[1], x[2], x[3], x[4], x[5]); }},
      {.name = "lstm_sequence",
       .variant = "reverse, lengths, no bias",
       .inputs = lstm_with_lengths,
       .run = [](const Tensors& x) { return lstm_sequence(x[0], x[1], x[2], x[3], {}, x[5], true); },
       .twin = [](const Tensors& x) { return composed::lstm_sequence(x[0], x[1], x[2], x[3], {}, x[5], true); }},
      {.name = "last_state",
       .inputs = {{{2, 3, 4}}, numbers({2}, {2, 3})},
       .run = [](const Tensors& x) { return last_state(x[0], x[1]); },
       .reference = moved({2, 4},
                          [](const Shape& p) {
                            return Shape{p[0], p[0] == 0 ? 1 : 2, p[1]};
                          })},
      {.name = "additive_scores",
       .inputs = {{{2, 2, 5}}, {{2, 3, 5}}, {{5}}},
       .run = [](const Tensors& x) { return additive_scores(x[0], x[1], x[2]); },
       .reference =
           sums({2, 2, 3}, 5,
                [](const Arrays& x, const Shape& p, std::int64_t k) {
                  return x[2].at({k}) * std::tanh(x[0].at({p[0], p[1], k}) + x[1].at({p[0], p[2], k}));
                }),
       .twin = [](const Tensors& x) { return composed::additive_scores(x[0], x[1], x[2]); }},
  };
}

}  // namespace

std::vector<Row> product_rows() {
  const Reference matrix = sums({2, 4}, 3, [](const Arrays& x, const Shape& p, std::int64_t k) {
    return x[0].at({p[0], k}) * x[1].at({k, p[1]});
  });
  const Reference batch = sums({2, 3, 5}, 4, [](const Arrays& x, const Shape& p, std::int64_t k) {
    return x[0].at({p[0], p[1], k}) * x[1].at({p[0], k, p[2]});
  });
  const Reference inner =
      sums({}, 4, [](const Arrays& x, const Shape&, std::int64_t k) { return x[0].at({k}) * x[1].at({k}); });
  std::vector<Row> rows = {
      product("matmul", "matrices", {{{2, 3}}, {{3, 4}}}, [](const Tensors& x) { return matmul(x[0], x[1]); },
              matrix, {{2, 0}, {0, 4}}),
      product(
          "matmul", "vectors", {{{4}}, {{4}}}, [](const Tensors& x) { return matmul(x[0], x[1]); }, inner),
      product(
          "matmul", "matrix and vector", {{{2, 4}}, {{4}}},
          [](const Tensors& x) { return matmul(x[0], x[1]); },
          sums({2}, 4,
               [](const Arrays& x, const Shape& p, std::int64_t k) {
                 return x[0].at({p[0], k}) * x[1].at({k});
               })),
      product(
          "matmul", "vector and batch", {{{4}}, {{2, 4, 3}}},
          [](const Tensors& x) { return matmul(x[0], x[1]); },
          sums({2, 3}, 4,
               [](const Arrays& x, const Shape& p, std::int64_t k) {
                 return x[0].at({k}) * x[1].at({p[0], k, p[1]});
               })),
      product(
          "matmul", "broadcast batches", {{{2, 1, 3, 4}}, {{3, 4, 2}}},
          [](const Tensors& x) { return matmul(x[0], x[1]); },
          sums({2, 3, 3, 2}, 4,
               [](const Arrays& x, const Shape& p, std::int64_t k) {
                 return x[0].at({p[0], 0, p[2], k}) * x[1].at({p[1], k, p[3]});
               })),
      product(
          "matmul", "transposed operands", {{{3, 2}}, {{4, 3}}},
          [](const Tensors& x) { return matmul(x[0].t(), x[1].t()); },
          sums({2, 4}, 3,
               [](const Arrays& x, const Shape& p, std::int64_t k) {
                 return x[0].at({k, p[0]}) * x[1].at({p[1], k});
               })),
      product("mm", "", {{{2, 3}}, {{3, 4}}}, [](const Tensors& x) { return mm(x[0], x[1]); }, matrix,
              {{0, 3}, {3, 4}}),
      product("bmm", "", {{{2, 3, 4}}, {{2, 4, 5}}}, [](const Tensors& x) { return bmm(x[0], x[1]); }, batch,
              {{0, 3, 4}, {0, 4, 5}}),
      product("dot", "", {{{4}}, {{4}}}, [](const Tensors& x) { return dot(x[0], x[1]); }, inner, {{0}, {0}}),
      product(
          "outer", "", {{{2}}, {{3}}}, [](const Tensors& x) { return outer(x[0], x[1]); },
          [](const Arrays& x) {
            return build({2, 3}, [&](const Shape& p) { return x[0].at({p[0]}) * x[1].at({p[1]}); });
          }),
      product(
          "addmm", "", {{{4}}, {{2, 3}}, {{3, 4}}},
          [](const Tensors& x) { return addmm(x[0], x[1], x[2], 0.5, -2); },
          [](const Arrays& x) {
            return build({2, 4}, [&](const Shape& p) {
              double sum = 0.5 * x[0].at({p[1]});
              for (std::int64_t k = 0; k < 3; ++k) sum -= 2 * x[1].at({p[0], k}) * x[2].at({k, p[1]});
              return sum;
            });
          }),
      product(
          "einsum", "batch of products", {{{2, 3, 4}}, {{2, 4, 5}}},
          [](const Tensors& x) {
            return einsum("bij,bjk->bik", {x[0], x[1]});
          },
          batch),
      product(
          "einsum", "diagonal and sum", {{{3, 3, 2}}},
          [](const Tensors& x) { return einsum("iij->j", {x[0]}); },
          sums({2}, 3,
               [](const Arrays& x, const Shape& p, std::int64_t k) {
                 return x[0].at({k, k, p[0]});
               })),
      product(
          "einsum", "ellipsis", {{{2, 2, 3}}, {{3}}},
          [](const Tensors& x) {
            return einsum("...k,k", {x[0], x[1]});
          },
          sums({2, 2}, 3,
               [](const Arrays& x, const Shape& p, std::int64_t k) {
                 return x[0].at({p[0], p[1], k}) * x[1].at({k});
               })),
  };
  for (Row& row : rows) {
    if (row.name == "matmul" || row.name == "mm" || row.name == "bmm") row.integers = true;
  }
  rows.push_back({.name = "linear",
                  .variant = "bias",
                  .inputs = {{{2, 3, 4}}, {{5, 4}}, {{5}}},
                  .run = [](const Tensors& x) { return linear(x[0], x[1], x[2]); },
                  .reference =
                      [](const Arrays& x) {
                        return build({2, 3, 5}, [&](const Shape& p) {
                          double sum = x[2].at({p[2]});
                          for (std::int64_t k = 0; k < 4; ++k)
                            sum += x[0].at({p[0], p[1], k}) * x[1].at({p[2], k});
                          return sum;
                        });
                      },
                  .twin = [](const Tensors& x) { return composed::linear(x[0], x[1], x[2]); },
                  .empty = {{0, 4}, {5, 4}, {5}}});
  rows.push_back({.name = "linear",
                  .variant = "one row, no bias",
                  .inputs = {{{4}}, {{5, 4}}},
                  .run = [](const Tensors& x) { return linear(x[0], x[1]); },
                  .reference = sums({5}, 4,
                                    [](const Arrays& x, const Shape& p, std::int64_t k) {
                                      return x[0].at({k}) * x[1].at({p[0], k});
                                    }),
                  .twin = [](const Tensors& x) { return composed::linear(x[0], x[1]); }});
  for (Row& row : recurrent_rows()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace table
