// Making tensors.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <array>

namespace gradus {

/// Nested braces of numbers, as doubles: {1, 2}, {{1, 2}, {3, 4}}, and deeper. Integers beyond 2^53 need a
/// vector or span of int64.
class NestedList {
 public:
  template <class T>
    requires std::is_arithmetic_v<T>
  NestedList(T value) : values_{static_cast<double>(value)} {}
  NestedList(std::initializer_list<NestedList> rows);
  const Shape& shape() const { return shape_; }
  const std::vector<double>& values() const { return values_; }

 private:
  Shape shape_;
  std::vector<double> values_;
};

/// Uninitialised elements.
Tensor empty(const Shape& shape, DType dtype = DType::float32);
Tensor zeros(const Shape& shape, DType dtype = DType::float32);
Tensor ones(const Shape& shape, DType dtype = DType::float32);
Tensor full(const Shape& shape, Scalar value, DType dtype = DType::float32);
Tensor empty_like(const Tensor& like);
Tensor zeros_like(const Tensor& like);
Tensor ones_like(const Tensor& like);
Tensor full_like(const Tensor& like, Scalar value);

/// From nested braces: tensor({{1, 2}, {3, 4}}) has shape (2, 2); tensor(3.0) has shape ().
Tensor tensor(const NestedList& values, DType dtype = DType::float32);
/// A copy of the user's values in row-major order, with their dtype.
template <class T>
Tensor tensor(std::span<const T> values, const Shape& shape);
template <class T>
Tensor tensor(const std::vector<T>& values, const Shape& shape) {
  return tensor(std::span<const T>(values), shape);
}
/// One axis.
template <class T>
Tensor tensor(const std::vector<T>& values) {
  return tensor(std::span<const T>(values), {static_cast<std::int64_t>(values.size())});
}
/// Looks at memory of the user's, which must outlive the tensor and every view of it.
template <class T>
Tensor from_blob(T* data, const Shape& shape);

/// start, start + step, ... below end. Without a dtype: int64 where all three are integers, else float32.
Tensor arange(Scalar start, Scalar end, Scalar step = 1);
Tensor arange(Scalar start, Scalar end, Scalar step, DType dtype);
/// `steps` values from start to end, both included.
Tensor linspace(double start, double end, std::int64_t steps, DType dtype = DType::float32);
/// Ones on the diagonal of an (n, m) matrix; m is n where it is not given.
Tensor eye(std::int64_t n, std::int64_t m = -1, DType dtype = DType::float32);

}  // namespace gradus
