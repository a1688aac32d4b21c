// The operation table: every public operation with inputs, a call, and what the result must be. The drivers
// in test_operations.cpp run each row through value, gradient, layout, broadcasting, emptiness, dtype and
// instruction sets. A new operation needs a row here (test_table_complete.cpp finds those that have none).
#pragma once
#include "reference.h"

#include <gradus/tensor/create.h>

#include <functional>
#include <string>
#include <vector>

namespace table {

using gradus::Tensor;
using Tensors = std::vector<Tensor>;

/// Where the elements of an input lie. All are distinct, and no two inputs share one, so that no kink is
/// near.
enum class Domain {
  any,          // between -1.6 and 1.6, never an integer or a half
  positive,     // between 0.25 and 1.9
  unit,         // between -0.8 and 0.8
  above_one,    // between 1.25 and 2.9
  probability,  // between 0.05 and 0.95
  numbers,      // the given int64 numbers
  mask          // the given numbers as bool
};

struct Input {
  Shape shape;
  Domain domain = Domain::any;
  std::vector<std::int64_t> given = {};
  bool differentiable() const { return domain != Domain::numbers && domain != Domain::mask; }
};
inline Input numbers(const Shape& shape, std::vector<std::int64_t> given) {
  return {shape, Domain::numbers, std::move(given)};
}
inline Input mask(const Shape& shape, std::vector<std::int64_t> given) {
  return {shape, Domain::mask, std::move(given)};
}

using Run = std::function<Tensor(const Tensors&)>;

struct Row {
  std::string name;          // as declared in the headers
  std::string variant = {};  // what this row is about, where there are several
  std::vector<Input> inputs = {};
  Run run = nullptr;
  Reference reference = nullptr;  // the value, by plain loops in double; null where the twin is the reference
  Run twin = nullptr;             // the composed twin of a fused operation
  bool differentiable = true;
  bool broadcasts = false;        // inputs of different shapes give what expanded ones give
  bool integers = false;          // the same values on int64, computed in int64
  std::vector<Shape> empty = {};  // shapes of inputs with no element in them, which must be legal
};

std::string title(const Row& row);

const std::vector<Row>& all_rows();

// By family.
std::vector<Row> pointwise_rows();
std::vector<Row> arithmetic_rows();
std::vector<Row> reduction_rows();
std::vector<Row> view_rows();
std::vector<Row> rearranging_rows();
std::vector<Row> product_rows();
std::vector<Row> indexing_rows();
std::vector<Row> normalizing_rows();
std::vector<Row> loss_rows();
std::vector<Row> attention_rows();
std::vector<Row> convolution_rows();
std::vector<Row> scaled_dot_product_rows();

/// Inputs of a row in a dtype; floating ones only, index and mask inputs keep their own.
Tensors make_inputs(const Row& row, gradus::DType dtype = gradus::DType::float64);
Tensors make_inputs(const std::vector<Input>& inputs, gradus::DType dtype);

}  // namespace table
