#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/memory.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>

namespace gradus {

NestedList::NestedList(std::initializer_list<NestedList> rows) {
  if (rows.size() == 0) {
    shape_ = {0};
    return;
  }
  const Shape& inner = rows.begin()->shape_;
  for (const NestedList& row : rows) {
    if (!(row.shape_ == inner)) {
      throw Error("tensor", "rows of different shapes: " + to_string(inner) + " and " + to_string(row.shape_));
    }
    values_.insert(values_.end(), row.values_.begin(), row.values_.end());
  }
  shape_ = inner;
  shape_.insert(0, static_cast<std::int64_t>(rows.size()));
}

Tensor empty(const Shape& shape, DType dtype) {
  const Layout layout(shape);
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<std::size_t>(layout.count), size_of(dtype), &bytes)) {
    throw Error("empty", "shape " + to_string(shape) + " of " + name_of(dtype) + " needs more than 2^64 bytes");
  }
  Ref<Storage> storage = Storage::make(bytes);
  Ref<TensorBody> body(new (allocate(sizeof(TensorBody))) TensorBody);
  body->dtype = dtype;
  body->storage = std::move(storage);
  body->layout = layout;
  return Tensor(std::move(body));
}

namespace {

template <class T>
void fill(const Tensor& tensor, T value) {
  std::fill_n(tensor.data<T>(), tensor.numel(), value);
}

}  // namespace

Tensor full(const Shape& shape, Scalar value, DType dtype) {
  Tensor result = empty(shape, dtype);
  switch (dtype) {
    case DType::float32: fill(result, value.to<float>()); break;
    case DType::float64: fill(result, value.to<double>()); break;
    case DType::int64: fill(result, value.to<std::int64_t>()); break;
    case DType::boolean: fill(result, value.to_double() != 0); break;
  }
  return result;
}

Tensor zeros(const Shape& shape, DType dtype) {
  Tensor result = empty(shape, dtype);
  std::memset(result.raw_data(), 0, static_cast<std::size_t>(result.numel()) * size_of(dtype));
  return result;
}

Tensor ones(const Shape& shape, DType dtype) { return full(shape, 1, dtype); }

Tensor empty_like(const Tensor& like) {
  check_defined("empty_like", {&like});
  return empty(like.shape(), like.dtype());
}
Tensor zeros_like(const Tensor& like) {
  check_defined("zeros_like", {&like});
  return zeros(like.shape(), like.dtype());
}
Tensor ones_like(const Tensor& like) {
  check_defined("ones_like", {&like});
  return ones(like.shape(), like.dtype());
}
Tensor full_like(const Tensor& like, Scalar value) {
  check_defined("full_like", {&like});
  return full(like.shape(), value, like.dtype());
}

namespace {

template <class T>
void assign(const Tensor& tensor, const std::vector<double>& values) {
  std::transform(values.begin(), values.end(), tensor.data<T>(), [](double value) { return static_cast<T>(value); });
}

}  // namespace

Tensor tensor(const NestedList& values, DType dtype) {
  Tensor result = empty(values.shape(), dtype);
  switch (dtype) {
    case DType::float32: assign<float>(result, values.values()); break;
    case DType::float64: assign<double>(result, values.values()); break;
    case DType::int64: assign<std::int64_t>(result, values.values()); break;
    case DType::boolean: assign<bool>(result, values.values()); break;
  }
  return result;
}

namespace {

void check_count(std::size_t given, const Shape& shape) {
  if (element_count(shape) != static_cast<std::int64_t>(given)) {
    throw Error("tensor", std::to_string(given) + " values do not fill shape " + to_string(shape) + ", which has " +
                              std::to_string(element_count(shape)) + " elements");
  }
}

}  // namespace

template <class T>
Tensor tensor(std::span<const T> values, const Shape& shape) {
  check_count(values.size(), shape);
  Tensor result = empty(shape, dtype_of<T>());
  std::copy(values.begin(), values.end(), result.data<T>());
  return result;
}
template Tensor tensor(std::span<const float>, const Shape&);
template Tensor tensor(std::span<const double>, const Shape&);
template Tensor tensor(std::span<const std::int64_t>, const Shape&);
template Tensor tensor(std::span<const bool>, const Shape&);

template <>
Tensor tensor(const std::vector<bool>& values, const Shape& shape) {
  check_count(values.size(), shape);
  Tensor result = empty(shape, DType::boolean);
  std::copy(values.begin(), values.end(), result.data<bool>());
  return result;
}

template <class T>
Tensor from_blob(T* data, const Shape& shape) {
  const Layout layout(shape);
  if (!data && layout.count > 0) throw Error("from_blob", "no memory is given for shape " + to_string(shape));
  Ref<TensorBody> body(new (allocate(sizeof(TensorBody))) TensorBody);
  body->dtype = dtype_of<T>();
  body->storage = Storage::borrow(data, static_cast<std::size_t>(layout.count) * sizeof(T));
  body->layout = layout;
  return Tensor(std::move(body));
}
template Tensor from_blob(float*, const Shape&);
template Tensor from_blob(double*, const Shape&);
template Tensor from_blob(std::int64_t*, const Shape&);
template Tensor from_blob(bool*, const Shape&);

Tensor arange(Scalar start, Scalar end, Scalar step) {
  const bool integral = start.integral() && end.integral() && step.integral();
  return arange(start, end, step, integral ? DType::int64 : DType::float32);
}

Tensor arange(Scalar start, Scalar end, Scalar step, DType dtype) {
  const double from = start.to_double(), to = end.to_double(), by = step.to_double();
  const bool integral = start.integral() && end.integral() && step.integral();
  // Beyond 2^53 a double has not every integer.
  const auto precedes = [integral](Scalar a, Scalar b) {
    return integral ? a.to<std::int64_t>() < b.to<std::int64_t>() : a.to_double() < b.to_double();
  };
  const bool leads_away = by > 0 ? precedes(end, start) : precedes(start, end);
  if (by == 0 || !std::isfinite(from) || !std::isfinite(to) || !std::isfinite(by) || leads_away) {
    throw Error("arange", "from " + std::to_string(from) + " to " + std::to_string(to) + " in steps of " +
                              std::to_string(by) + " is no range: the step must lead from the start to the end");
  }
  double count = std::ceil((to - from) / by);
  if (integral) {
    const auto number = [](Scalar value) { return static_cast<std::uint64_t>(value.to<std::int64_t>()); };
    const std::uint64_t length = by > 0 ? number(end) - number(start) : number(start) - number(end);
    const std::uint64_t each = by > 0 ? number(step) : 0 - number(step);
    const std::uint64_t steps = length / each + (length % each != 0 ? 1 : 0);
    count = static_cast<double>(steps);
  }
  if (count > 9e15) throw Error("arange", std::to_string(count) + " elements are too many");
  Tensor result = empty({static_cast<std::int64_t>(count)}, dtype);
  const auto write = [&]<class T>(T*) {
    T* out = result.data<T>();
    for (std::int64_t i = 0; i < result.numel(); ++i) {
      if constexpr (std::is_same_v<T, std::int64_t>) {
        out[i] = start.to<std::int64_t>() + i * step.to<std::int64_t>();
      } else {
        out[i] = static_cast<T>(from + static_cast<double>(i) * by);
      }
    }
  };
  switch (dtype) {
    case DType::float32: write(static_cast<float*>(nullptr)); break;
    case DType::float64: write(static_cast<double*>(nullptr)); break;
    case DType::int64: write(static_cast<std::int64_t*>(nullptr)); break;
    case DType::boolean: throw Error("arange", "bool has no ranges");
  }
  return result;
}

Tensor linspace(double start, double end, std::int64_t steps, DType dtype) {
  if (steps < 0) throw Error("linspace", "the number of steps must not be negative: " + std::to_string(steps));
  std::vector<double> values(static_cast<std::size_t>(steps));
  for (std::int64_t i = 0; i < steps; ++i) {
    // From both ends, so that the last value is exactly `end`.
    const double step = steps > 1 ? (end - start) / static_cast<double>(steps - 1) : 0;
    values[static_cast<std::size_t>(i)] =
        i < steps / 2 || steps == 1 ? start + step * static_cast<double>(i) : end - step * static_cast<double>(steps - 1 - i);
  }
  return tensor(values).to(dtype);
}

Tensor eye(std::int64_t n, std::int64_t m, DType dtype) {
  if (m == -1) m = n;
  Tensor result = zeros({n, m}, dtype);
  for (std::int64_t i = 0; i < std::min(n, m); ++i) result[{i, i}].fill_(1);
  return result;
}

}  // namespace gradus
