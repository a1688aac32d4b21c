#include "operations.h"

#include <gradus/autograd/indexing.h>

namespace table {
namespace {

using namespace gradus;
using Arrays = std::vector<Array>;

/// Where a number of an index array points to, those from the end included.
std::int64_t at(const Array& index, const Shape& p, std::int64_t size = 0) {
  const auto number = static_cast<std::int64_t>(index.at(p));
  return number < 0 ? number + size : number;
}

/// x with every element of `source` written or added at a place of its own.
Array scattered(Array x, const Array& source, bool add, const std::function<Shape(const Shape&)>& place) {
  for (std::size_t i = 0; i < source.values.size(); ++i) {
    double& target = x.at(place(position_of(static_cast<std::int64_t>(i), source.shape)));
    target = add ? target + source.values[i] : source.values[i];
  }
  return x;
}

}  // namespace

std::vector<Row> indexing_rows() {
  const Input twice = numbers({3}, {2, 0, 2});                   // a position that comes twice
  const Input inner = numbers({2, 2}, {0, 2, 1, 1});             // for (3, 4), off the axis smaller than it
  const Input once = numbers({2, 4}, {0, 2, 1, 0, 2, 1, 0, 1});  // no place twice along axis 0
  return {
      {.name = "index_select",
       .inputs = {{{2, 3, 2}}, twice},
       .run = [](const Tensors& x) { return index_select(x[0], 1, x[1]); },
       .reference =
           [](const Arrays& x) {
             return build({2, 3, 2}, [&](const Shape& p) { return x[0].at({p[0], at(x[1], {p[1]}), p[2]}); });
           }},
      {.name = "index_add",
       .inputs = {{{3, 2}}, twice, {{3, 2}}},
       .run = [](const Tensors& x) { return index_add(x[0], 0, x[1], x[2], 0.5); },
       .reference =
           [](const Arrays& x) {
             Array halved = x[2];
             for (double& value : halved.values) value *= 0.5;
             return scattered(x[0], halved, true, [&](const Shape& p) {
               return Shape{at(x[1], {p[0]}), p[1]};
             });
           }},
      {.name = "index_fill",
       .inputs = {{{2, 4}}, numbers({2}, {3, 1})},
       .run = [](const Tensors& x) { return index_fill(x[0], -1, x[1], 0.5); },
       .reference =
           [](const Arrays& x) {
             return build({2, 4}, [&](const Shape& p) { return p[1] % 2 == 1 ? 0.5 : x[0].at(p); });
           }},
      {.name = "gather",
       .inputs = {{{3, 4}}, inner},
       .run = [](const Tensors& x) { return gather(x[0], -1, x[1]); },
       .reference =
           [](const Arrays& x) {
             return build({2, 2}, [&](const Shape& p) { return x[0].at({p[0], at(x[1], p)}); });
           }},
      {.name = "scatter_add",
       .inputs = {{{3, 4}}, inner, {{2, 2}}},
       .run = [](const Tensors& x) { return scatter_add(x[0], 0, x[1], x[2]); },
       .reference =
           [](const Arrays& x) {
             return scattered(x[0], x[2], true, [&](const Shape& p) { return Shape{at(x[1], p), p[1]}; });
           }},
      {.name = "scatter",
       .variant = "tensor",
       .inputs = {{{3, 4}}, once, {{2, 4}}},
       .run = [](const Tensors& x) { return scatter(x[0], 0, x[1], x[2]); },
       .reference =
           [](const Arrays& x) {
             return scattered(x[0], x[2], false, [&](const Shape& p) { return Shape{at(x[1], p), p[1]}; });
           }},
      {.name = "scatter",
       .variant = "number",
       .inputs = {{{3, 4}}, once},
       .run = [](const Tensors& x) { return scatter(x[0], 0, x[1], 0.25); },
       .reference =
           [](const Arrays& x) {
             Array number = x[1];
             for (double& value : number.values) value = 0.25;
             return scattered(x[0], number, false, [&](const Shape& p) { return Shape{at(x[1], p), p[1]}; });
           }},
      {.name = "index",
       .variant = "rows",
       .inputs = {{{3, 4}}, numbers({2, 2}, {2, -3, 2, 1})},
       .run = [](const Tensors& x) { return index(x[0], x[1]); },
       .reference =
           [](const Arrays& x) {
             return build({2, 2, 4}, [&](const Shape& p) {
               return x[0].at({at(x[1], {p[0], p[1]}, 3), p[2]});
             });
           }},
      {.name = "index",
       .variant = "pairs, broadcast",
       .inputs = {{{3, 4, 2}}, numbers({2, 1}, {0, 2}), numbers({3}, {1, 1, -1})},
       .run =
           [](const Tensors& x) {
             return index(x[0], {x[1], x[2]});
           },
       .reference =
           [](const Arrays& x) {
             return build({2, 3, 2}, [&](const Shape& p) {
               return x[0].at({at(x[1], {p[0], 0}), at(x[2], {p[1]}, 4), p[2]});
             });
           }},
      {.name = "index",
       .variant = "mask",
       .inputs = {{{3, 2}}, mask({3}, {1, 0, 1})},
       .run = [](const Tensors& x) { return index(x[0], x[1]); },
       .reference = moved({2, 2},
                          [](const Shape& p) {
                            return Shape{2 * p[0], p[1]};
                          })},
      {.name = "masked_select",
       .inputs = {{{2, 3}}, mask({3}, {1, 0, 1})},
       .run = [](const Tensors& x) { return masked_select(x[0], x[1]); },
       .reference = moved({4},
                          [](const Shape& p) {
                            return Shape{p[0] / 2, 2 * (p[0] % 2)};
                          })},
      {.name = "nonzero",
       .inputs = {numbers({2, 3}, {0, 5, 0, -1, 0, 2})},
       .run = [](const Tensors& x) { return nonzero(x[0]); },
       .reference =
           [](const Arrays&) {
             return Array{{3, 2}, {0, 1, 1, 0, 1, 2}};
           },
       .differentiable = false},
      {.name = "embedding",
       .inputs = {numbers({2, 2}, {3, 0, 3, 1}), {{4, 3}}},
       .run = [](const Tensors& x) { return embedding(x[0], x[1]); },
       .reference =
           [](const Arrays& x) {
             return build({2, 2, 3}, [&](const Shape& p) { return x[1].at({at(x[0], {p[0], p[1]}), p[2]}); });
           }},
      {.name = "one_hot",
       .inputs = {numbers({3}, {0, 2, 1})},
       .run = [](const Tensors& x) { return one_hot(x[0], 4); },
       .reference =
           [](const Arrays& x) {
             return build({3, 4}, [&](const Shape& p) { return double(at(x[0], {p[0]}) == p[1]); });
           },
       .differentiable = false},
  };
}

}  // namespace table
