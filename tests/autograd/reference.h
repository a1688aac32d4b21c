// Values computed the plain way, in double and by loops over positions: what the operation table compares
// with.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <functional>
#include <vector>

namespace table {

using gradus::Shape;

/// Elements in row-major order.
struct Array {
  Shape shape;
  std::vector<double> values;
  double at(const Shape& position) const;
  double& at(const Shape& position);
  /// The element that broadcasting puts at a position of a larger shape.
  double broadcast_at(const Shape& position) const;
};

using Reference = std::function<Array(const std::vector<Array>&)>;

Array to_array(const gradus::Tensor& tensor);

/// The position with a row-major number, and back.
Shape position_of(std::int64_t number, const Shape& shape);

/// An array whose elements are computed from their positions.
Array build(const Shape& shape, const std::function<double(const Shape&)>& element);

/// Functions of one and two variables, element by element, the second form with broadcasting.
Reference each(double (*function)(double));
Reference each2(double (*function)(double, double));

/// Folds axes ({} means all): the function sees the folded elements in row-major order.
Reference fold(const Shape& axes, bool keepdim,
               const std::function<double(const std::vector<double>&)>& function);
/// Maps every line along an axis to a line of any length.
Reference lines(int axis, const std::function<std::vector<double>(const std::vector<double>&)>& function);

/// An array of the given shape: the element at p is the first input's at `source(p)`.
Reference moved(const Shape& shape, const std::function<Shape(const Shape&)>& source);

}  // namespace table
