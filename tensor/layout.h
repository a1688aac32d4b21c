// How the elements of a tensor lie in its storage: a small value type. Every view is a pure function on it.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace gradus {

constexpr int max_rank = 8;

/// Up to eight sizes (or strides, axes, repeats), stored inline.
class Shape {
 public:
  constexpr Shape() = default;
  Shape(std::initializer_list<std::int64_t> values) : Shape(values.begin(), values.size()) {}
  Shape(std::span<const std::int64_t> values) : Shape(values.data(), values.size()) {}
  Shape(const std::vector<std::int64_t>& values) : Shape(values.data(), values.size()) {}
  Shape(const std::int64_t* values, std::size_t count);
  /// `rank` times the same value.
  static Shape filled(int rank, std::int64_t value);

  int rank() const { return rank_; }
  bool empty() const { return rank_ == 0; }
  std::int64_t operator[](int axis) const { return values_[axis]; }
  std::int64_t& operator[](int axis) { return values_[axis]; }
  std::int64_t back() const { return values_[rank_ - 1]; }
  const std::int64_t* begin() const { return values_; }
  const std::int64_t* end() const { return values_ + rank_; }
  std::int64_t* begin() { return values_; }
  std::int64_t* end() { return values_ + rank_; }
  void push_back(std::int64_t value);
  void insert(int axis, std::int64_t value);
  void erase(int axis);

  bool operator==(const Shape& other) const {
    if (rank_ != other.rank_) return false;
    for (int i = 0; i < rank_; ++i) {
      if (values_[i] != other.values_[i]) return false;
    }
    return true;
  }

 private:
  std::int64_t values_[max_rank] = {};
  int rank_ = 0;
};

/// "(2, 3)", "(4,)", "()": as NumPy writes it.
std::string to_string(const Shape& shape);

/// Product of the sizes. Throws where it does not fit, instead of wrapping; sizes must not be negative.
std::int64_t element_count(const Shape& shape);

/// Row-major strides, counted in elements.
Shape contiguous_strides(const Shape& shape);

/// The shape of an elementwise result by NumPy's rule, or an Error that marks the axis which disagrees.
Shape broadcast_shapes(const char* operation, const Shape& a, const Shape& b);

/// A negative axis counts from the end. Throws where it lies outside [-rank, rank); a rank of 0 is read as 1.
int normalize_axis(const char* operation, std::int64_t axis, const Shape& shape);

/// Axes normalized and sorted, without repetition; no axes mean all of them.
Shape normalize_axes(const char* operation, std::span<const std::int64_t> axes, const Shape& shape);

/// Shape, strides and offset, all counted in elements.
struct Layout {
  Shape shape;
  Shape strides;
  std::int64_t offset = 0;
  std::int64_t count = 1;   // product of the sizes
  bool contiguous = true;   // elements lie in row-major order without gaps

  Layout() = default;
  /// Row-major, without gaps, from offset 0.
  explicit Layout(const Shape& sizes);
  Layout(const Shape& sizes, const Shape& steps, std::int64_t start);
  /// True where several elements lie in one place, as after expand().
  bool overlaps_itself() const;

  int rank() const { return shape.rank(); }
};

// Views. The operation's name goes into the error where the arguments do not fit.
Layout permute(const Layout& layout, std::span<const std::int64_t> axes);
Layout transpose(const Layout& layout, std::int64_t axis0, std::int64_t axis1);
Layout expand(const Layout& layout, const Shape& wanted);  // -1 keeps a size
Layout unsqueeze(const Layout& layout, std::int64_t axis);
Layout squeeze(const Layout& layout, std::int64_t axis);  // a size other than 1 is left as it is
Layout select(const Layout& layout, std::int64_t axis, std::int64_t index);
/// Elements start, start + step, ... below stop; bounds are clipped and may be negative as in Python; step > 0.
Layout slice(const Layout& layout, std::int64_t axis, std::int64_t start, std::int64_t stop, std::int64_t step);
/// Sizes with one -1 filled in so that the product is `count`.
Shape infer_shape(const char* operation, const Shape& shape, const Shape& from);
/// True and the new layout, where the elements can be read in the new shape without a copy.
bool try_view(const Layout& layout, const Shape& shape, Layout& result);

}  // namespace gradus
