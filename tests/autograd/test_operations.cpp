// What every public operation must do, row by row of the operation table.
#include "operations.h"

#include <gradus/autograd/engine.h>
#include <gradus/autograd/gradcheck.h>
#include <gradus/autograd/modes.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tests/settings.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace gradus;
using namespace table;

namespace {

/// The greatest difference, relative above 1; infinite where shapes differ. Equal infinities and NaN are no
/// difference.
double distance(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return HUGE_VAL;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
    const double off = std::fabs(a[i] - b[i]) / std::fmax(1, std::fabs(b[i]));
    largest = std::isnan(off) ? HUGE_VAL : std::fmax(largest, off);
  }
  return largest;
}
double distance(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() ? distance(a.to_vector<double>(), b.to_vector<double>()) : HUGE_VAL;
}

/// Inputs as leaves.
Tensors leaves_of(const Row& row, DType dtype = DType::float64) {
  Tensors inputs = make_inputs(row, dtype);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (row.inputs[i].differentiable()) inputs[i].requires_grad_();
  }
  return inputs;
}

/// The gradients of all leaves, from an uneven gradient of the output.
Tensors gradients(const Run& run, const Tensors& inputs) {
  const Tensor y = run(inputs);
  Tensors leaves;
  for (const Tensor& input : inputs) {
    if (input.requires_grad()) leaves.push_back(input);
  }
  if (!y.requires_grad()) return Tensors(leaves.size());
  Tensor weights = empty(y.shape(), y.dtype());
  weights.copy_(arange(1, static_cast<double>(y.numel()) + 1, 1.0, y.dtype()).reshape(y.shape()));
  return grad(std::span(&y, 1), leaves, std::span(&weights, 1), {});
}

void check_same_gradients(const Tensors& a, const Tensors& b, double tolerance) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    INFO("gradient of input " << i);
    REQUIRE(a[i].defined() == b[i].defined());
    if (a[i].defined()) CHECK(distance(a[i], b[i]) <= tolerance);
  }
}

/// The same elements with other strides: axes stored in reverse, or with gaps between the elements.
Tensor restored(const Tensor& x, bool with_gaps) {
  const no_grad scope;
  if (x.rank() == 0) return x;
  if (!with_gaps) return x.transpose(0, -1).contiguous().transpose(0, -1);
  Shape wide = x.shape();
  wide[wide.rank() - 1] *= 2;
  const Tensor gaps = full(wide, 7, x.dtype());
  Tensor view = gaps.slice(-1, 0, end_of_axis, 2);
  view.copy_(x);
  return view;
}

std::vector<InstructionSet> supported_sets() {
  std::vector<InstructionSet> sets;
  for (const InstructionSet set : all_instruction_sets) {
    if (is_supported(set)) sets.push_back(set);
  }
  return sets;
}

}  // namespace

TEST_CASE("operations: values in float64 and float32, on every instruction set") {
  for (const InstructionSet set : supported_sets()) {
    const test::InstructionSetScope scope(set);
    for (const Row& row : all_rows()) {
      INFO(title(row) << " on " << name_of(set));
      REQUIRE((row.reference || row.twin));
      const Tensors inputs = make_inputs(row);
      const Tensor y = row.run(inputs);
      if (row.reference) {
        std::vector<Array> arrays;
        for (const Tensor& input : inputs) arrays.push_back(to_array(input));
        const Array expected = row.reference(arrays);
        CHECK(to_string(y.shape()) == to_string(expected.shape));
        CHECK(distance(y.to_vector<double>(), expected.values) <= 1e-12);
      }
      if (row.twin) CHECK(distance(y, row.twin(inputs)) <= 1e-12);
      const Tensor single = row.run(make_inputs(row, DType::float32));
      CHECK(distance(single, y) <= 2e-5);
      if (row.differentiable) CHECK(single.dtype() == DType::float32);
    }
  }
}

TEST_CASE("operations: int64 stays int64") {
  for (const Row& row : all_rows()) {
    if (!row.integers) continue;
    INFO(title(row));
    Tensors inputs;
    std::vector<Array> arrays;
    for (std::size_t k = 0; k < row.inputs.size(); ++k) {
      std::vector<std::int64_t> values;
      for (std::int64_t i = 0; i < element_count(row.inputs[k].shape); ++i) {
        values.push_back((i * 7 + 3 * static_cast<std::int64_t>(k)) % 11 - 5);
      }
      inputs.push_back(tensor(values, row.inputs[k].shape));
      arrays.push_back(to_array(inputs.back()));
    }
    const Tensor y = row.run(inputs);
    CHECK(y.dtype() == DType::int64);
    CHECK(y.to_vector<double>() == row.reference(arrays).values);
  }
}

TEST_CASE("operations: gradients agree with differences") {
  for (const Row& row : all_rows()) {
    if (!row.differentiable) continue;
    const GradcheckResult result = gradcheck(row.run, leaves_of(row), {.atol = 1e-6, .rtol = 1e-5});
    INFO(title(row) << ": " << result.text);
    CHECK(result.passed);
  }
}

TEST_CASE("operations: second derivatives agree with differences") {
  for (const Row& row : all_rows()) {
    if (!row.differentiable) continue;
    const GradcheckResult result = gradgradcheck(row.run, leaves_of(row), {.atol = 1e-6, .rtol = 1e-5});
    INFO(title(row) << ": " << result.text);
    CHECK(result.passed);
  }
}

TEST_CASE("operations: fused ones have the gradients of their twins, on every instruction set") {
  for (const InstructionSet set : supported_sets()) {
    const test::InstructionSetScope scope(set);
    for (const Row& row : all_rows()) {
      if (!row.differentiable) continue;
      INFO(title(row) << " on " << name_of(set));
      const Tensors double_gradients = gradients(row.run, leaves_of(row));
      if (row.twin) check_same_gradients(double_gradients, gradients(row.twin, leaves_of(row)), 1e-11);
      check_same_gradients(gradients(row.run, leaves_of(row, DType::float32)), double_gradients, 5e-5);
    }
  }
}

TEST_CASE("operations: inputs that are not contiguous give the same") {
  for (const Row& row : all_rows()) {
    for (const bool with_gaps : {false, true}) {
      INFO(title(row) << (with_gaps ? ", with gaps" : ", axes reversed"));
      Tensors inputs = make_inputs(row);
      const Tensor expected = row.run(inputs);
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        inputs[i] = restored(inputs[i], with_gaps);
        if (row.differentiable && row.inputs[i].differentiable()) inputs[i].requires_grad_();
      }
      CHECK(distance(row.run(inputs), expected) <= 1e-13);
      if (row.differentiable)
        check_same_gradients(gradients(row.run, inputs), gradients(row.run, leaves_of(row)), 1e-12);
    }
  }
}

TEST_CASE("operations: a stride of 0 is read as the repeated elements that it stands for") {
  for (const Row& row : all_rows()) {
    if (!row.differentiable || !row.inputs[0].differentiable() || row.inputs[0].shape.rank() < 2) continue;
    INFO(title(row));
    Tensors inputs = make_inputs(row);
    // Every row of the first input is its first row.
    const Tensor repeated = inputs[0].slice(0, 0, 1).expand(inputs[0].shape());
    inputs[0] = repeated.clone();
    const Tensor expected = row.run(inputs);
    inputs[0] = repeated;
    CHECK(distance(row.run(inputs), expected) <= 1e-13);
  }
}

TEST_CASE("operations: broadcasting is what expanding says, forward and backward") {
  for (const Row& row : all_rows()) {
    if (!row.broadcasts) continue;
    INFO(title(row));
    const auto expanded = [&](const Tensors& x) {
      Shape shape = x[0].shape();
      for (const Tensor& input : x) shape = broadcast_shapes("test", shape, input.shape());
      Tensors wide;
      for (const Tensor& input : x) wide.push_back(input.expand(shape).contiguous());
      return row.run(wide);
    };
    const Tensors inputs = leaves_of(row);
    CHECK(distance(row.run(inputs), expanded(inputs)) <= 1e-13);
    const Tensors found = gradients(row.run, inputs);
    check_same_gradients(found, gradients(expanded, inputs), 1e-12);
    std::size_t next = 0;
    for (const Tensor& input : inputs) {
      if (input.requires_grad()) CHECK(found[next++].shape() == input.shape());
    }
  }
}

TEST_CASE("operations: tensors without elements are legal, forward and backward") {
  for (const Row& row : all_rows()) {
    if (row.empty.empty()) continue;
    INFO(title(row));
    std::vector<Input> inputs = row.inputs;
    for (std::size_t i = 0; i < row.empty.size(); ++i) inputs[i].shape = row.empty[i];
    Tensors leaves = make_inputs(inputs, DType::float64);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      if (row.differentiable && inputs[i].differentiable()) leaves[i].requires_grad_();
    }
    for (const Tensor& gradient : gradients(row.run, leaves)) {
      if (gradient.defined()) CHECK(distance(gradient, zeros_like(gradient)) == 0);
    }
  }
}
