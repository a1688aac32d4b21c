#include "operations.h"

#include <gradus/autograd/joining.h>
#include <gradus/autograd/rearrange.h>

namespace table {
namespace {

using namespace gradus;

/// A call on one tensor of (2, 3, 4) whose element at p is the input's at source(p).
Row from(const char* name, const char* variant, Run run, const Shape& shape,
         const std::function<Shape(const Shape&)>& source) {
  return {.name = name,
          .variant = variant,
          .inputs = {{{2, 3, 4}}},
          .run = std::move(run),
          .reference = moved(shape, source)};
}

/// The same elements in row-major order in another shape.
Row reshaped(const char* name, const char* variant, Run run, const Shape& shape) {
  return from(name, variant, std::move(run), shape, [=](const Shape& p) {
    std::int64_t number = 0;
    for (int axis = 0; axis < shape.rank(); ++axis) number = number * shape[axis] + p[axis];
    return position_of(number, {2, 3, 4});
  });
}

Row with_empty(Row row, const Shape& shape) {
  row.empty = {shape};
  return row;
}

std::int64_t modulo(std::int64_t a, std::int64_t n) { return (a % n + n) % n; }

/// All elements of an array that lie where the condition holds, others 0.
Reference kept(const std::function<bool(std::int64_t, std::int64_t)>& condition) {
  return [=](const std::vector<Array>& x) {
    return build(x[0].shape, [&](const Shape& p) { return condition(p[1], p[2]) ? x[0].at(p) : 0.0; });
  };
}

}  // namespace

std::vector<Row> view_rows() {
  const auto same = [](const Shape& p) { return p; };
  return {
      with_empty(reshaped("reshape", "with -1",
                          [](const Tensors& x) {
                            return x[0].reshape({4, -1});
                          },
                          {4, 6}),
                 {2, 0, 4}),
      reshaped("view", "",
               [](const Tensors& x) {
                 return x[0].contiguous().view({6, 4});
               },
               {6, 4}),
      reshaped("flatten", "", [](const Tensors& x) { return x[0].flatten(1); }, {2, 12}),
      reshaped("unsqueeze", "", [](const Tensors& x) { return x[0].unsqueeze(-2); }, {2, 3, 1, 4}),
      reshaped("squeeze", "all", [](const Tensors& x) { return x[0].unsqueeze(0).unsqueeze(-1).squeeze(); },
               {2, 3, 4}),
      reshaped("squeeze", "axis", [](const Tensors& x) { return x[0].unsqueeze(0).squeeze(0); }, {2, 3, 4}),
      with_empty(from(
                     "permute", "",
                     [](const Tensors& x) {
                       return x[0].permute({2, 0, 1});
                     },
                     {4, 2, 3},
                     [](const Shape& p) {
                       return Shape{p[1], p[2], p[0]};
                     }),
                 {2, 3, 0}),
      from(
          "transpose", "", [](const Tensors& x) { return x[0].transpose(0, -1); }, {4, 3, 2},
          [](const Shape& p) {
            return Shape{p[2], p[1], p[0]};
          }),
      from(
          "t", "", [](const Tensors& x) { return x[0][1].t(); }, {4, 3},
          [](const Shape& p) {
            return Shape{1, p[1], p[0]};
          }),
      from(
          "expand", "",
          [](const Tensors& x) {
            return x[0].unsqueeze(1).expand({2, 5, -1, 4});
          },
          {2, 5, 3, 4},
          [](const Shape& p) {
            return Shape{p[0], p[2], p[3]};
          }),
      from(
          "select", "", [](const Tensors& x) { return x[0].select(1, -2); }, {2, 4},
          [](const Shape& p) {
            return Shape{p[0], 1, p[1]};
          }),
      from(
          "slice", "", [](const Tensors& x) { return x[0].slice(2, -3, end_of_axis, 2); }, {2, 3, 2},
          [](const Shape& p) {
            return Shape{p[0], p[1], 1 + 2 * p[2]};
          }),
      from(
          "narrow", "", [](const Tensors& x) { return x[0].narrow(-1, 1, 2); }, {2, 3, 2},
          [](const Shape& p) {
            return Shape{p[0], p[1], 1 + p[2]};
          }),
      from(
          "operator[]", "several axes",
          [](const Tensors& x) {
            return x[0][{all, 1, new_axis, range(1, 4, 2)}];
          },
          {2, 1, 2},
          [](const Shape& p) {
            return Shape{p[0], 1, 1 + 2 * p[2]};
          }),
      from(
          "contiguous", "", [](const Tensors& x) { return x[0].transpose(0, 1).contiguous(); }, {3, 2, 4},
          [](const Shape& p) {
            return Shape{p[1], p[0], p[2]};
          }),
      from(
          "clone", "", [](const Tensors& x) { return x[0].clone(); }, {2, 3, 4}, same),
      from(
          "to", "the same dtype", [](const Tensors& x) { return x[0].to(x[0].dtype()); }, {2, 3, 4}, same),
  };
}

std::vector<Row> rearranging_rows() {
  const auto two = [](const Shape& a, const Shape& b) { return std::vector<Input>{{a}, {b}}; };
  std::vector<Row> rows = {
      from(
          "flip", "",
          [](const Tensors& x) {
            return flip(x[0], {0, -1});
          },
          {2, 3, 4},
          [](const Shape& p) {
            return Shape{1 - p[0], p[1], 3 - p[2]};
          }),
      from(
          "roll", "axes",
          [](const Tensors& x) {
            return roll(x[0], {-2, 1}, {1, 2});
          },
          {2, 3, 4},
          [](const Shape& p) {
            return Shape{p[0], modulo(p[1] + 2, 3), modulo(p[2] - 1, 4)};
          }),
      from(
          "roll", "flattened", [](const Tensors& x) { return roll(x[0], {5}); }, {2, 3, 4},
          [](const Shape& p) {
            return position_of(modulo(p[0] * 12 + p[1] * 4 + p[2] - 5, 24), {2, 3, 4});
          }),
      from(
          "repeat", "",
          [](const Tensors& x) {
            return repeat(x[0], {2, 1, 2, 3});
          },
          {2, 2, 6, 12},
          [](const Shape& p) {
            return Shape{p[1], p[2] % 3, p[3] % 4};
          }),
      from(
          "repeat_interleave", "axis", [](const Tensors& x) { return repeat_interleave(x[0], 2, 1); },
          {2, 6, 4},
          [](const Shape& p) {
            return Shape{p[0], p[1] / 2, p[2]};
          }),
      from(
          "repeat_interleave", "flattened", [](const Tensors& x) { return repeat_interleave(x[0], 3); }, {72},
          [](const Shape& p) {
            return position_of(p[0] / 3, {2, 3, 4});
          }),
      from(
          "diagonal", "", [](const Tensors& x) { return diagonal(x[0], 1, 1, 2); }, {2, 3},
          [](const Shape& p) {
            return Shape{p[0], p[1], p[1] + 1};
          }),
      from(
          "tril", "", [](const Tensors& x) { return tril(x[0], -1); }, {2, 3, 4}, nullptr),
      from(
          "triu", "", [](const Tensors& x) { return triu(x[0], 1); }, {2, 3, 4}, nullptr),
      from(
          "split", "sizes",
          [](const Tensors& x) {
            return split(x[0], {1, 3}, -1)[1];
          },
          {2, 3, 3},
          [](const Shape& p) {
            return Shape{p[0], p[1], p[2] + 1};
          }),
      from(
          "split", "equal", [](const Tensors& x) { return split(x[0], 2, 1)[1]; }, {2, 1, 4},
          [](const Shape& p) {
            return Shape{p[0], 2, p[2]};
          }),
      from(
          "chunk", "", [](const Tensors& x) { return chunk(x[0], 2, 1)[0]; }, {2, 2, 4},
          [](const Shape& p) { return p; }),
      from(
          "unbind", "", [](const Tensors& x) { return unbind(x[0], 2)[3]; }, {2, 3},
          [](const Shape& p) {
            return Shape{p[0], p[1], 3};
          }),
      from(
          "broadcast_tensors", "",
          [](const Tensors& x) {
            const Tensor pair[] = {x[0][0], x[0]};
            return broadcast_tensors(pair)[0];
          },
          {2, 3, 4},
          [](const Shape& p) {
            return Shape{0, p[1], p[2]};
          }),
      from(
          "meshgrid", "",
          [](const Tensors& x) {
            const Tensor axes[] = {x[0][0][0], x[0][1][1]};
            return meshgrid(axes)[1];
          },
          {4, 4},
          [](const Shape& p) {
            return Shape{1, 1, p[1]};
          }),
  };
  for (Row& row : rows) {
    if (row.name == "tril") row.reference = kept([](std::int64_t i, std::int64_t j) { return j - i <= -1; });
    if (row.name == "triu") row.reference = kept([](std::int64_t i, std::int64_t j) { return j - i >= 1; });
  }
  rows.push_back({.name = "repeat_interleave",
                  .variant = "a number for each",
                  .inputs = {{{3, 2}}, numbers({3}, {2, 0, 1})},
                  .run = [](const Tensors& x) { return repeat_interleave(x[0], x[1], 0); },
                  .reference = moved({3, 2}, [](const Shape& p) {
                    return Shape{p[0] < 2 ? 0 : 2, p[1]};
                  })});
  rows.push_back({.name = "pad",
                  .inputs = {{{2, 3}}},
                  .run =
                      [](const Tensors& x) {
                        return pad(x[0], {1, 2, 0, 1}, 0.5);
                      },
                  .reference =
                      [](const std::vector<Array>& x) {
                        return build({3, 6}, [&](const Shape& p) {
                          return p[0] < 2 && p[1] >= 1 && p[1] < 4 ? x[0].at({p[0], p[1] - 1}) : 0.5;
                        });
                      },
                  .empty = {{0, 3}}});
  rows.push_back(
      {.name = "pad",
       .variant = "cutting off",
       .inputs = {{{2, 4}}},
       .run =
           [](const Tensors& x) {
             return pad(x[0], {-1, 1});
           },
       .reference =
           [](const std::vector<Array>& x) {
             return build({2, 4}, [&](const Shape& p) { return p[1] < 3 ? x[0].at({p[0], p[1] + 1}) : 0.0; });
           }});
  rows.push_back(
      {.name = "cat",
       .inputs = two({2, 3}, {2, 1}),
       .run =
           [](const Tensors& x) {
             return cat({x[0], x[1], x[0]}, -1);
           },
       .reference =
           [](const std::vector<Array>& x) {
             return build({2, 7}, [&](const Shape& p) {
               return p[1] < 3 ? x[0].at(p) : p[1] == 3 ? x[1].at({p[0], 0}) : x[0].at({p[0], p[1] - 4});
             });
           },
       .empty = {{2, 0}, {2, 0}}});
  rows.push_back({.name = "stack",
                  .inputs = two({2, 3}, {2, 3}),
                  .run =
                      [](const Tensors& x) {
                        return stack({x[0], x[1]}, 1);
                      },
                  .reference =
                      [](const std::vector<Array>& x) {
                        return build({2, 2, 3}, [&](const Shape& p) {
                          return x[static_cast<std::size_t>(p[1])].at({p[0], p[2]});
                        });
                      },
                  .empty = {{0, 3}, {0, 3}}});
  return rows;
}

}  // namespace table
