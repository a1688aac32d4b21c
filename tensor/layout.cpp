#include <gradus/tensor/error.h>
#include <gradus/tensor/layout.h>

#include <algorithm>

namespace gradus {

Shape::Shape(const std::int64_t* values, std::size_t count) : rank_(static_cast<int>(count)) {
  if (count > max_rank) {
    throw Error("shape", "a tensor has at most " + std::to_string(max_rank) + " axes, not " + std::to_string(count));
  }
  std::copy(values, values + count, values_);
}

Shape Shape::filled(int rank, std::int64_t value) {
  Shape shape;
  for (int axis = 0; axis < rank; ++axis) shape.push_back(value);
  return shape;
}

void Shape::push_back(std::int64_t value) { insert(rank_, value); }

void Shape::insert(int axis, std::int64_t value) {
  if (rank_ == max_rank) {
    throw Error("shape", "a tensor has at most " + std::to_string(max_rank) + " axes; " + to_string(*this) +
                             " cannot take one more");
  }
  std::copy_backward(values_ + axis, values_ + rank_, values_ + rank_ + 1);
  values_[axis] = value;
  ++rank_;
}

void Shape::erase(int axis) {
  std::copy(values_ + axis + 1, values_ + rank_, values_ + axis);
  --rank_;
}

std::string to_string(const Shape& shape) {
  std::string text = "(";
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (axis > 0) text += ", ";
    text += std::to_string(shape[axis]);
  }
  return text + (shape.rank() == 1 ? ",)" : ")");
}

std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  bool has_zero = false, overflow = false;
  for (std::int64_t size : shape) {
    if (size < 0) throw Error("shape", "sizes must not be negative: " + to_string(shape));
    has_zero = has_zero || size == 0;
    // Strides are products of sizes too, so they must fit also where there are no elements.
    overflow = overflow || (size > 0 && __builtin_mul_overflow(count, size, &count));
  }
  if (overflow) throw Error("shape", "the number of elements of " + to_string(shape) + " does not fit in 64 bits");
  return has_zero ? 0 : count;
}

Shape contiguous_strides(const Shape& shape) {
  Shape strides = shape;
  std::int64_t stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    strides[axis] = stride;
    stride *= std::max<std::int64_t>(shape[axis], 1);
  }
  return strides;
}

namespace {

/// Two shapes under each other, aligned at the last axis, with a caret under the one that disagrees.
std::string mark_axis(const Shape& a, const Shape& b, int axis_from_end) {
  const std::string first = to_string(a), second = to_string(b);
  const std::size_t width = std::max(first.size(), second.size());
  const auto end_of_size = [](const Shape& shape, int from_end) {
    // Column just behind that size, counted from the end of the text.
    std::size_t column = shape.rank() == 1 ? 2 : 1;
    for (int i = 0; i < from_end; ++i) column += std::to_string(shape[shape.rank() - 1 - i]).size() + 2;
    return column;
  };
  const std::size_t behind = std::min(end_of_size(a, axis_from_end), end_of_size(b, axis_from_end));
  return "\n  " + std::string(width - first.size(), ' ') + first + "\n  " + std::string(width - second.size(), ' ') +
         second + "\n  " + std::string(width - behind - 1, ' ') + "^";
}

bool is_contiguous(const Shape& shape, const Shape& strides) {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return true;
  std::int64_t expected = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    if (shape[axis] == 1) continue;
    if (strides[axis] != expected) return false;
    expected *= shape[axis];
  }
  return true;
}

}  // namespace

Shape broadcast_shapes(const char* operation, const Shape& a, const Shape& b) {
  Shape result = a.rank() >= b.rank() ? a : b;
  for (int i = 0; i < std::min(a.rank(), b.rank()); ++i) {
    const std::int64_t left = a[a.rank() - 1 - i], right = b[b.rank() - 1 - i];
    if (left != right && left != 1 && right != 1) {
      std::string hint;
      if (a.rank() == 1 && b.rank() == 2 && a[0] == b[0]) hint = "; did you mean unsqueeze(1) on the first?";
      if (b.rank() == 1 && a.rank() == 2 && b[0] == a[0]) hint = "; did you mean unsqueeze(1) on the second?";
      throw Error(operation, "shapes " + to_string(a) + " and " + to_string(b) + " do not broadcast: " +
                                 std::to_string(left) + " against " + std::to_string(right) + mark_axis(a, b, i) +
                                 "\n  sizes must be equal or 1, counted from the last axis" + hint);
    }
    result[result.rank() - 1 - i] = left == 1 ? right : left;
  }
  return result;
}

int normalize_axis(const char* operation, std::int64_t axis, const Shape& shape) {
  const std::int64_t rank = std::max(shape.rank(), 1);
  if (axis < -rank || axis >= rank) {
    throw Error(operation, "axis " + std::to_string(axis) + " is out of range for shape " + to_string(shape) +
                               ": it must lie in [" + std::to_string(-rank) + ", " + std::to_string(rank - 1) + "]");
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

Shape normalize_axes(const char* operation, std::span<const std::int64_t> axes, const Shape& shape) {
  Shape result;
  if (axes.empty()) {
    for (int axis = 0; axis < shape.rank(); ++axis) result.push_back(axis);
    return result;
  }
  for (std::int64_t axis : axes) {
    const int normal = normalize_axis(operation, axis, shape);
    if (std::find(result.begin(), result.end(), normal) != result.end()) {
      throw Error(operation, "axis " + std::to_string(axis) + " is named twice in " + to_string(Shape(axes)));
    }
    result.push_back(normal);
  }
  std::sort(result.begin(), result.end());
  if (shape.rank() == 0) return {};
  return result;
}

// The count comes first: it refuses sizes whose product, and so the strides, would not fit.
Layout::Layout(const Shape& sizes) : shape(sizes), count(element_count(sizes)) { strides = contiguous_strides(sizes); }

Layout::Layout(const Shape& sizes, const Shape& steps, std::int64_t start)
    : shape(sizes), strides(steps), offset(start), count(element_count(sizes)),
      contiguous(is_contiguous(sizes, steps)) {}

bool Layout::overlaps_itself() const {
  if (contiguous) return false;
  for (int axis = 0; axis < rank(); ++axis) {
    if (shape[axis] > 1 && strides[axis] == 0) return true;
  }
  return false;
}

Layout permute(const Layout& layout, std::span<const std::int64_t> axes) {
  const int rank = layout.rank();
  if (static_cast<int>(axes.size()) != rank) {
    throw Error("permute", "shape " + to_string(layout.shape) + " has " + std::to_string(rank) + " axes, but " +
                               std::to_string(axes.size()) + " are named: " + to_string(Shape(axes)));
  }
  Shape shape = layout.shape, strides = layout.strides;
  bool seen[max_rank] = {};
  for (int i = 0; i < rank; ++i) {
    const int axis = normalize_axis("permute", axes[static_cast<std::size_t>(i)], layout.shape);
    if (seen[axis]) {
      throw Error("permute", "axis " + std::to_string(axis) + " is named twice in " + to_string(Shape(axes)) +
                                 " for shape " + to_string(layout.shape) + ": each axis must be named once");
    }
    seen[axis] = true;
    shape[i] = layout.shape[axis];
    strides[i] = layout.strides[axis];
  }
  return Layout(shape, strides, layout.offset);
}

Layout transpose(const Layout& layout, std::int64_t axis0, std::int64_t axis1) {
  const int first = normalize_axis("transpose", axis0, layout.shape);
  const int second = normalize_axis("transpose", axis1, layout.shape);
  Shape shape = layout.shape, strides = layout.strides;
  std::swap(shape[first], shape[second]);
  std::swap(strides[first], strides[second]);
  return Layout(shape, strides, layout.offset);
}

Layout expand(const Layout& layout, const Shape& wanted) {
  const auto refuse = [&](const std::string& why) {
    throw Error("expand", "shape " + to_string(layout.shape) + " cannot be expanded to " + to_string(wanted) + ": " +
                              why);
  };
  const int added = wanted.rank() - layout.rank();
  if (added < 0) refuse("it has more axes");
  Shape shape = wanted, strides = Shape::filled(wanted.rank(), 0);
  for (int axis = 0; axis < wanted.rank(); ++axis) {
    const bool is_new = axis < added;
    const std::int64_t size = is_new ? 1 : layout.shape[axis - added];
    if (wanted[axis] == -1) {
      if (is_new) refuse("-1 keeps a size, but axis " + std::to_string(axis) + " is new");
      shape[axis] = size;
    } else if (wanted[axis] != size && size != 1) {
      refuse("axis " + std::to_string(axis) + " has size " + std::to_string(size) + ", only a size of 1 can grow");
    }
    if (!is_new && shape[axis] == size) strides[axis] = layout.strides[axis - added];
  }
  return Layout(shape, strides, layout.offset);
}

Layout unsqueeze(const Layout& layout, std::int64_t axis) {
  Shape larger = layout.shape;
  larger.insert(0, 1);
  const int at = normalize_axis("unsqueeze", axis, larger);
  Shape shape = layout.shape, strides = layout.strides;
  strides.insert(at, at < layout.rank() ? layout.strides[at] * layout.shape[at] : 1);
  shape.insert(at, 1);
  return Layout(shape, strides, layout.offset);
}

Layout squeeze(const Layout& layout, std::int64_t axis) {
  const int at = normalize_axis("squeeze", axis, layout.shape);
  if (layout.rank() == 0 || layout.shape[at] != 1) return layout;
  Shape shape = layout.shape, strides = layout.strides;
  shape.erase(at);
  strides.erase(at);
  return Layout(shape, strides, layout.offset);
}

Layout select(const Layout& layout, std::int64_t axis, std::int64_t index) {
  if (layout.rank() == 0) throw Error("select", "a tensor of shape () has no axis to select from; use item()");
  const int at = normalize_axis("select", axis, layout.shape);
  const std::int64_t size = layout.shape[at];
  if (index < -size || index >= size) {
    throw Error("select", "index " + std::to_string(index) + " is out of range for axis " + std::to_string(at) +
                              " of shape " + to_string(layout.shape) + ", which has size " + std::to_string(size));
  }
  Shape shape = layout.shape, strides = layout.strides;
  shape.erase(at);
  strides.erase(at);
  return Layout(shape, strides, layout.offset + (index < 0 ? index + size : index) * layout.strides[at]);
}

Layout slice(const Layout& layout, std::int64_t axis, std::int64_t start, std::int64_t stop, std::int64_t step) {
  if (layout.rank() == 0) throw Error("slice", "a tensor of shape () has no axis to slice");
  if (step < 1) throw Error("slice", "the step must be positive, not " + std::to_string(step) + "; see flip");
  const int at = normalize_axis("slice", axis, layout.shape);
  const std::int64_t size = layout.shape[at];
  const auto clip = [size](std::int64_t bound) {
    return std::clamp<std::int64_t>(bound < 0 ? bound + size : bound, 0, size);
  };
  const std::int64_t first = clip(start), last = std::max(clip(stop), first);
  Shape shape = layout.shape, strides = layout.strides;
  shape[at] = last == first ? 0 : (last - first - 1) / step + 1;
  strides[at] = layout.strides[at] * (shape[at] > 1 ? step : 1);
  // An empty slice starts where the axis does: its address is never behind the storage.
  return Layout(shape, strides, layout.offset + (shape[at] > 0 ? first * layout.strides[at] : 0));
}

Shape infer_shape(const char* operation, const Shape& shape, const Shape& from) {
  const std::int64_t count = element_count(from);
  const auto refuse = [&](const std::string& why) {
    throw Error(operation, "shape " + to_string(from) + " (" + std::to_string(count) +
                               " elements) cannot be read as " + to_string(shape) + ": " + why);
  };
  Shape result = shape;
  int open = -1;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] == -1) {
      if (open >= 0) refuse("only one size may be -1");
      open = axis;
    } else if (shape[axis] < 0) {
      refuse("sizes must not be negative");
    }
  }
  if (open >= 0) {
    result[open] = 1;
    const std::int64_t others = element_count(result);
    if (others == 0) refuse("the size of -1 is not determined");
    if (count % others != 0) refuse(std::to_string(count) + " is no multiple of " + std::to_string(others));
    result[open] = count / others;
  }
  if (element_count(result) != count) refuse("the numbers of elements differ");
  return result;
}

bool try_view(const Layout& layout, const Shape& shape, Layout& result) {
  if (layout.contiguous) {
    result = Layout(shape, contiguous_strides(shape), layout.offset);
    return true;
  }
  struct Run {
    std::int64_t size, stride;
  };
  Run runs[max_rank];  // of evenly spaced elements, the last axis first
  int run_count = 0;
  for (int axis = layout.rank() - 1; axis >= 0; --axis) {
    const std::int64_t size = layout.shape[axis], stride = layout.strides[axis];
    if (size == 1) continue;
    if (run_count > 0 && stride == runs[run_count - 1].stride * runs[run_count - 1].size) {
      runs[run_count - 1].size *= size;
    } else {
      runs[run_count++] = {size, stride};
    }
  }
  // Every new axis must lie within a single run.
  Shape strides = Shape::filled(shape.rank(), 1);
  int run = 0;
  std::int64_t covered = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    if (shape[axis] == 1) continue;
    strides[axis] = runs[run].stride * covered;
    covered *= shape[axis];
    if (runs[run].size % covered != 0) return false;
    if (covered == runs[run].size) {
      ++run;
      covered = 1;
    }
  }
  result = Layout(shape, strides, layout.offset);
  return true;
}

}  // namespace gradus
