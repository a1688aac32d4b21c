#include "operations.h"

#include <cmath>

namespace table {
namespace {

using namespace gradus;

/// The i-th element of the k-th input.
double element(Domain domain, std::int64_t i, std::int64_t k) {
  // 101 distinct multiples of 1/32 in a scattered order, moved off the integers and halves, differently for
  // every input.
  const double spread =
      static_cast<double>((i * 37 + 11 * (k + 1)) % 101 - 50) / 32 + (2 * static_cast<double>(k) + 1) / 128;
  switch (domain) {
    case Domain::positive: return std::abs(spread) + 0.25 + (spread < 0 ? 1.0 / 512 : 0);
    case Domain::above_one: return std::abs(spread) + 1.25 + (spread < 0 ? 1.0 / 512 : 0);
    case Domain::unit: return spread / 2;
    case Domain::probability: return 0.5 + spread * 0.28;
    default: return spread;
  }
}

}  // namespace

std::string title(const Row& row) { return row.variant.empty() ? row.name : row.name + ", " + row.variant; }

Tensors make_inputs(const std::vector<Input>& inputs, DType dtype) {
  Tensors made;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    const Input& input = inputs[k];
    if (!input.differentiable()) {
      const Tensor given = tensor(input.given, input.shape);
      made.push_back(input.domain == Domain::mask ? given.to(DType::boolean) : given);
      continue;
    }
    std::vector<double> values;
    for (std::int64_t i = 0; i < element_count(input.shape); ++i) {
      values.push_back(element(input.domain, i, static_cast<std::int64_t>(k)));
    }
    made.push_back(tensor(values, input.shape).to(dtype));
  }
  return made;
}

Tensors make_inputs(const Row& row, DType dtype) { return make_inputs(row.inputs, dtype); }

const std::vector<Row>& all_rows() {
  static const std::vector<Row> rows = [] {
    std::vector<Row> all;
    for (auto family : {pointwise_rows, arithmetic_rows, reduction_rows, view_rows, rearranging_rows,
                        product_rows, indexing_rows, normalizing_rows, loss_rows, attention_rows, convolution_rows,
                        scaled_dot_product_rows}) {
      for (Row& row : family()) all.push_back(std::move(row));
    }
    return all;
  }();
  return rows;
}

}  // namespace table
