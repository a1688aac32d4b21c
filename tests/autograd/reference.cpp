#include "reference.h"

#include <algorithm>

namespace table {
namespace {

std::int64_t number_of(const Shape& position, const Shape& shape) {
  std::int64_t number = 0;
  for (int axis = 0; axis < shape.rank(); ++axis) number = number * shape[axis] + position[axis];
  return number;
}

}  // namespace

double Array::at(const Shape& position) const {
  return values.at(static_cast<std::size_t>(number_of(position, shape)));
}
double& Array::at(const Shape& position) {
  return values.at(static_cast<std::size_t>(number_of(position, shape)));
}

double Array::broadcast_at(const Shape& position) const {
  Shape own = shape;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    own[axis] = shape[axis] == 1 ? 0 : position[position.rank() - shape.rank() + axis];
  }
  return at(own);
}

Array to_array(const gradus::Tensor& tensor) { return {tensor.shape(), tensor.to_vector<double>()}; }

Shape position_of(std::int64_t number, const Shape& shape) {
  Shape position = shape;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    position[axis] = number % shape[axis];
    number /= shape[axis];
  }
  return position;
}

Array build(const Shape& shape, const std::function<double(const Shape&)>& element) {
  Array result{shape, {}};
  const std::int64_t count = gradus::element_count(shape);
  for (std::int64_t i = 0; i < count; ++i) result.values.push_back(element(position_of(i, shape)));
  return result;
}

Reference each(double (*function)(double)) {
  return [=](const std::vector<Array>& x) {
    return build(x[0].shape, [&](const Shape& p) { return function(x[0].at(p)); });
  };
}

Reference each2(double (*function)(double, double)) {
  return [=](const std::vector<Array>& x) {
    const Shape shape = gradus::broadcast_shapes("reference", x[0].shape, x[1].shape);
    return build(shape, [&](const Shape& p) { return function(x[0].broadcast_at(p), x[1].broadcast_at(p)); });
  };
}

Reference fold(const Shape& axes, bool keepdim,
               const std::function<double(const std::vector<double>&)>& function) {
  return [=](const std::vector<Array>& x) {
    const Array& from = x[0];
    const int rank = from.shape.rank();
    std::vector<bool> folded(static_cast<std::size_t>(rank), axes.empty());
    for (const std::int64_t axis : axes)
      folded[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)] = true;
    Shape kept = from.shape, result;
    for (int axis = 0; axis < rank; ++axis) {
      if (folded[static_cast<std::size_t>(axis)]) kept[axis] = 1;
      else result.push_back(from.shape[axis]);
    }
    Array y = build(kept, [&](const Shape& at) {
      std::vector<double> group;
      for (std::size_t i = 0; i < from.values.size(); ++i) {
        const Shape p = position_of(static_cast<std::int64_t>(i), from.shape);
        bool same = true;
        for (int axis = 0; axis < rank; ++axis)
          same = same && (folded[static_cast<std::size_t>(axis)] || p[axis] == at[axis]);
        if (same) group.push_back(from.values[i]);
      }
      return function(group);
    });
    if (!keepdim) y.shape = result;
    return y;
  };
}

Reference lines(int axis, const std::function<std::vector<double>(const std::vector<double>&)>& function) {
  return [=](const std::vector<Array>& x) {
    const Array& from = x[0];
    const auto line_at = [&](Shape p) {
      std::vector<double> line;
      for (std::int64_t i = 0; i < from.shape[axis]; ++i) {
        p[axis] = i;
        line.push_back(from.at(p));
      }
      return function(line);
    };
    Shape shape = from.shape;
    shape[axis] = static_cast<std::int64_t>(line_at(Shape::filled(from.shape.rank(), 0)).size());
    return build(shape, [&](const Shape& p) { return line_at(p)[static_cast<std::size_t>(p[axis])]; });
  };
}

Reference moved(const Shape& shape, const std::function<Shape(const Shape&)>& source) {
  return [=](const std::vector<Array>& x) {
    return build(shape, [&](const Shape& p) { return x[0].at(source(p)); });
  };
}

}  // namespace table
