#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/index_checks.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/node.h>
#include <gradus/tensor/blas.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <utility>

namespace gradus {
namespace {

// --- layouts as BLAS takes them ----------------------------------------------------------------------------

// The last two axes as rows of memory, or as the transpose of such; false where they are neither.
bool try_matrix(const Tensor& x, MatrixView& view) {
  const std::int64_t rows = x.size(-2), columns = x.size(-1);
  const std::int64_t row_stride = x.strides()[x.rank() - 2], column_stride = x.strides()[x.rank() - 1];
  view.data = x.raw_data();
  if ((columns <= 1 || column_stride == 1) &&
      (rows <= 1 || row_stride >= std::max<std::int64_t>(columns, 1))) {
    view.stride = rows <= 1 ? std::max<std::int64_t>(columns, 1) : row_stride;
    view.transposed = false;
    return true;
  }
  if ((rows <= 1 || row_stride == 1) && (columns <= 1 || column_stride >= std::max<std::int64_t>(rows, 1))) {
    view.stride = columns <= 1 ? std::max<std::int64_t>(rows, 1) : column_stride;
    view.transposed = true;
    return true;
  }
  return false;
}

// A matrix or a batch of them, copied where BLAS cannot read it as it lies.
struct Operand {
  explicit Operand(Tensor x) : tensor(std::move(x)) {
    if (try_matrix(tensor, view)) return;
    const no_grad scope;
    tensor = tensor.contiguous();
    try_matrix(tensor, view);
  }
  // The strides of the leading axes beside those of the result; 0 where this operand is broadcast.
  Shape batch_strides(const Shape& batch) const {
    Shape strides = Shape::filled(batch.rank(), 0);
    const int missing = batch.rank() - (tensor.rank() - 2);
    for (int axis = 0; axis < tensor.rank() - 2; ++axis) {
      if (tensor.size(axis) != 1) strides[missing + axis] = tensor.strides()[axis];
    }
    return strides;
  }
  Tensor tensor;
  MatrixView view{};
};

Shape leading_axes(const Shape& shape) {
  return Shape(shape.begin(), static_cast<std::size_t>(shape.rank() - 2));
}

// x (..., k) as (rows, k), without a copy where its layout allows it.
Tensor as_rows(const Tensor& x) {
  if (x.rank() == 2) return x;
  const std::int64_t k = x.shape().back();
  std::int64_t rows = 1;
  for (int axis = 0; axis < x.rank() - 1; ++axis) rows *= x.shape()[axis];
  return x.reshape({rows, k});
}

// out = alpha a b + beta out, for a (..., m, k), b (..., k, n) and a contiguous out (..., m, n).
void multiply(const Tensor& a, const Tensor& b, double alpha, double beta, const Tensor& out) {
  const std::int64_t m = a.size(-2), k = a.size(-1), n = b.size(-1);
  const Operand right(b);
  Layout rows;
  if (a.rank() > 2 && b.rank() == 2 &&
      try_view(a.layout(), {a.size(-2) * element_count(leading_axes(a.shape())), k}, rows)) {
    const no_grad scope;
    const Operand left(as_rows(a));  // one product for the whole batch
    return gemm(out.dtype(), left.tensor.size(0), n, k, alpha, left.view, right.view, beta, out.raw_data(),
                n);
  }
  const Operand left(a);
  const Shape batch = leading_axes(out.shape());
  gemm_batched(out.dtype(), batch, m, n, k, alpha, left.view, left.batch_strides(batch), right.view,
               right.batch_strides(batch), beta, out.raw_data(), n,
               leading_axes(contiguous_strides(out.shape())));
}

// --- checks ------------------------------------------------------------------------------------------------

void check_dtypes(const char* operation, const Tensor& a, const Tensor& b) {
  if (!a.defined() || !b.defined()) {
    throw Error(operation, "needs two tensors, got " + describe(a) + " and " + describe(b));
  }
  if (a.dtype() != b.dtype()) {
    throw Error(operation, "cannot multiply " + describe(a) + " by " + describe(b) +
                               ": both must have the same dtype; convert one of them with to()");
  }
  if (a.dtype() == DType::boolean) {
    throw Error(operation,
                "cannot multiply " + describe(a) + " by " + describe(b) +
                    ": there is no product of bool; convert with to(DType::float32) or to(DType::int64)");
  }
}

void check_rank(const char* operation, const Tensor& x, int rank) {
  if (x.rank() == rank) return;
  throw Error(operation, "takes tensors of " + std::to_string(rank) + (rank == 1 ? " axis" : " axes") +
                             ", got " + describe(x) + "; matmul takes any rank from 1");
}

[[noreturn]] void inner_sizes_differ(const char* operation, const Tensor& a, const Tensor& b) {
  const bool matrix = b.rank() > 1;
  const std::int64_t k = a.size(-1);
  std::string text = "cannot multiply " + describe(a) + " by " + describe(b) +
                     ": the last axis of the first (" + std::to_string(k) + ") must equal " +
                     (matrix ? "the second-last axis of the second (" : "the only axis of the second (") +
                     std::to_string(b.size(matrix ? -2 : -1)) + ")";
  if (matrix && b.size(-1) == k) {
    text += "; did you mean to multiply by the second's transpose(-2, -1)?";
  } else if (matrix && a.rank() > 1 && a.size(-2) == b.size(-2)) {
    text += "; did you mean the first's transpose(-2, -1)?";
  } else if (matrix && b.size(-1) == a.size(a.rank() > 1 ? -2 : -1)) {
    text += "; did you mean to multiply in the other order?";
  }
  throw Error(operation, text);
}

bool broadcasts(const Shape& a, const Shape& b) {
  for (int i = 1; i <= std::min(a.rank(), b.rank()); ++i) {
    const std::int64_t x = a[a.rank() - i], y = b[b.rank() - i];
    if (x != y && x != 1 && y != 1) return false;
  }
  return true;
}

// The shape of a b, and errors where there is none.
Shape product_shape(const char* operation, const Tensor& a, const Tensor& b) {
  check_dtypes(operation, a, b);
  if (a.rank() == 0 || b.rank() == 0) {
    throw Error(operation, "cannot multiply " + describe(a) + " by " + describe(b) +
                               ": a tensor without axes is a number; multiply by it with *");
  }
  if (a.size(-1) != b.size(b.rank() > 1 ? -2 : -1)) inner_sizes_differ(operation, a, b);
  const Shape a_batch = a.rank() > 2 ? leading_axes(a.shape()) : Shape();
  const Shape b_batch = b.rank() > 2 ? leading_axes(b.shape()) : Shape();
  if (!broadcasts(a_batch, b_batch)) {
    throw Error(operation, "cannot multiply " + describe(a) + " by " + describe(b) + ": the leading axes " +
                               to_string(a_batch) + " and " + to_string(b_batch) +
                               " do not broadcast; counted from the last, their sizes must be equal or 1");
  }
  Shape shape = broadcast_shapes(operation, a_batch, b_batch);
  if (a.rank() > 1) shape.push_back(a.size(-2));
  if (b.rank() > 1) shape.push_back(b.size(-1));
  return shape;
}

// --- one product, recorded ---------------------------------------------------------------------------------

// Adds alpha a b to the gradient of an input: straight into its buffer where the shapes allow it.
void add_product(Sink& sink, int input, const Shape& shape, const Tensor& a, const Tensor& b, double alpha) {
  if (!sink.create_graph() && shape == product_shape("matmul backward", a, b)) {
    bool fresh = false;
    const Tensor buffer = sink.into(input, fresh);
    return multiply(a, b, alpha, fresh ? 0 : 1, buffer);
  }
  const Tensor product = matmul(a, b);
  sink.add(input, alpha == 1 ? product : product * alpha);
}

// Gradients of alpha a b, for a (..., m, k), b (..., k, n) and the gradient of their product.
void add_product_gradients(Sink& sink, int first, const Tensor& a, const Tensor& b, const Tensor& gradient,
                           double alpha) {
  if (sink.needs(first)) add_product(sink, first, a.shape(), gradient, b.transpose(-2, -1), alpha);
  if (!sink.needs(first + 1)) return;
  if (b.rank() == 2 && alpha == 1 && !sink.create_graph()) {
    sink.add_product(first + 1, as_rows(a), as_rows(gradient));
  } else if (b.rank() == 2) {  // shared by the batch: one product over all rows
    add_product(sink, first + 1, b.shape(), as_rows(a).t(), as_rows(gradient), alpha);
  } else {
    add_product(sink, first + 1, b.shape(), a.transpose(-2, -1), gradient, alpha);
  }
}

// As above where an operand may have one axis: it is a row before the product, or a column behind it.
void add_matmul_gradients(Sink& sink, const Tensor& a, const Tensor& b, const Tensor& gradient) {
  if (a.rank() > 1 && b.rank() > 1) return add_product_gradients(sink, 0, a, b, gradient, 1);
  Tensor rows = a.rank() == 1 ? a.unsqueeze(0) : a;     // (..., m, k)
  Tensor columns = b.rank() == 1 ? b.unsqueeze(1) : b;  // (..., k, n)
  Tensor above = b.rank() == 1 ? gradient.unsqueeze(-1) : gradient;
  if (a.rank() == 1) above = above.unsqueeze(-2);  // (..., m, n)
  if (sink.needs(0)) {
    const Tensor product = matmul(above, columns.transpose(-2, -1));
    sink.add(0, a.rank() == 1 ? product.squeeze(-2) : product);
  }
  if (sink.needs(1)) {
    const Tensor product = matmul(rows.transpose(-2, -1), above);
    sink.add(1, b.rank() == 1 ? product.squeeze(-1) : product);
  }
}

// Every product of two tensors comes through here; `operation` is the name in errors and in the graph.
Tensor product(const char* operation, const Tensor& a, const Tensor& b) {
  const Shape shape = product_shape(operation, a, b);
  Tensor out = empty(shape, a.dtype());
  if (a.rank() > 1 && b.rank() > 1) {
    multiply(a, b, 1, 0, out);
  } else {
    const no_grad scope;
    Tensor matrices = b.rank() == 1 ? out.unsqueeze(-1) : out;
    if (a.rank() == 1) matrices = matrices.unsqueeze(-2);
    multiply(a.rank() == 1 ? a.unsqueeze(0) : a, b.rank() == 1 ? b.unsqueeze(1) : b, 1, 0, matrices);
  }
  if (recording(a, b)) {
    record(out, operation, {&a, &b}, [a = Saved(a), b = Saved(b)](Sink& sink, const Tensor& gradient) {
      add_matmul_gradients(sink, a.get(sink), b.get(sink), gradient);
    });
  }
  return out;
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) { return product("matmul", a, b); }

Tensor mm(const Tensor& a, const Tensor& b) {
  check_dtypes("mm", a, b);
  check_rank("mm", a, 2);
  check_rank("mm", b, 2);
  return product("mm", a, b);
}

Tensor bmm(const Tensor& a, const Tensor& b) {
  check_dtypes("bmm", a, b);
  check_rank("bmm", a, 3);
  check_rank("bmm", b, 3);
  if (a.size(0) != b.size(0)) {
    throw Error("bmm", "cannot multiply " + describe(a) + " by " + describe(b) + ": the first axes (" +
                           std::to_string(a.size(0)) + " and " + std::to_string(b.size(0)) +
                           ") must be equal; matmul broadcasts them");
  }
  return product("bmm", a, b);
}

Tensor dot(const Tensor& a, const Tensor& b) {
  check_dtypes("dot", a, b);
  check_rank("dot", a, 1);
  check_rank("dot", b, 1);
  return product("dot", a, b);
}

Tensor outer(const Tensor& a, const Tensor& b) {
  check_dtypes("outer", a, b);
  check_rank("outer", a, 1);
  check_rank("outer", b, 1);
  return product("outer", a.unsqueeze(1), b.unsqueeze(0));
}

Tensor addmm(const Tensor& input, const Tensor& mat1, const Tensor& mat2, Scalar beta, Scalar alpha) {
  check_dtypes("addmm", mat1, mat2);
  check_dtypes("addmm", input, mat1);
  check_rank("addmm", mat1, 2);
  check_rank("addmm", mat2, 2);
  const double alpha_value = alpha.to_double(), beta_value = beta.to_double();
  check_alpha("addmm", alpha, mat1.dtype());
  check_alpha("addmm", beta, mat1.dtype());
  const Shape shape = product_shape("addmm", mat1, mat2);
  if (broadcast_shapes("addmm", input.shape(), shape) != shape) {
    throw Error("addmm", describe(input) + " cannot be broadcast to the product's shape " + to_string(shape));
  }
  Tensor out = empty(shape, mat1.dtype());
  {
    const no_grad scope;
    if (beta_value != 0) out.copy_(input);
    multiply(mat1, mat2, alpha_value, beta_value, out);
  }
  if (recording(input, mat1, mat2)) {
    record(out, "addmm", {&input, &mat1, &mat2},
           [mat1 = Saved(mat1), mat2 = Saved(mat2), alpha_value, beta_value](Sink& sink,
                                                                             const Tensor& gradient) {
             if (sink.needs(0)) sink.add(0, beta_value == 1 ? gradient : gradient * beta_value);
             add_product_gradients(sink, 1, mat1.get(sink), mat2.get(sink), gradient, alpha_value);
           });
  }
  return out;
}

// --- linear ------------------------------------------------------------------------------------------------

namespace {

void check_linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check_dtypes("linear", x, weight);
  if (bias.defined()) check_dtypes("linear", x, bias);
  if (weight.rank() != 2) {
    throw Error("linear", "the weight must have the axes (out, in), got " + describe(weight));
  }
  if (x.rank() < 1 || x.size(-1) != weight.size(1)) {
    throw Error("linear", "cannot apply the weight " + describe(weight) + " to " + describe(x) +
                              ": the last axis of the input must have the weight's last size, " +
                              std::to_string(weight.size(1)));
  }
  if (bias.defined() && bias.shape() != Shape{weight.size(0)}) {
    throw Error("linear", "the bias must have the shape " + to_string(Shape{weight.size(0)}) +
                              " for the weight " + describe(weight) + ", got " + describe(bias));
  }
}

// x (rows, in) times weight^T (in, out), plus bias, into a contiguous out (rows, out).
void linear_forward(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& out) {
  const no_grad scope;
  const Operand left(as_rows(x.rank() == 1 ? x.unsqueeze(0) : x)), right(weight.t());
  const std::int64_t rows = left.tensor.size(0), in = weight.size(1), width = weight.size(0);
  if (bias.defined()) {
    gemm_bias(out.dtype(), rows, width, in, left.view, right.view, bias.contiguous().raw_data(),
              out.raw_data(), width);
  } else {
    gemm(out.dtype(), rows, width, in, 1, left.view, right.view, 0, out.raw_data(), width);
  }
}

}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check_linear(x, weight, bias);
  Shape shape = x.shape();
  shape[shape.rank() - 1] = weight.size(0);
  Tensor out = empty(shape, x.dtype());
  linear_forward(x, weight, bias, out);
  if (recording(x, weight, bias)) {
    record(out, "linear", {&x, &weight, &bias},
           [x = Saved(x), weight = Saved(weight), bias = Saved(bias)](Sink& sink, const Tensor& gradient) {
             const Tensor &input = x.get(sink), &matrix = weight.get(sink);
             if (sink.create_graph()) {
               return sink.replay(gradient, [&] { return composed::linear(input, matrix, bias.get(sink)); });
             }
             const Tensor rows =
                 as_rows(gradient.rank() == 1 ? gradient.unsqueeze(0) : gradient);  // (rows, out)
             if (sink.needs(0)) {
               bool fresh = false;
               const Tensor buffer = sink.into(0, fresh);
               multiply(rows, matrix, 1, fresh ? 0 : 1,
                        as_rows(input.rank() == 1 ? buffer.unsqueeze(0) : buffer));
             }
             if (sink.needs(1))
               sink.add_product(1, rows, as_rows(input.rank() == 1 ? input.unsqueeze(0) : input));
             if (sink.needs(2)) sink.add(2, rows);
           });
  }
  return out;
}

Tensor composed::linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const Tensor product = matmul(x, weight.t());
  return bias.defined() ? product + bias : product;
}

}  // namespace gradus
