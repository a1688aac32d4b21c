#include <gradus/autograd/indexing.h>
#include <gradus/autograd/sorting.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <numeric>

namespace gradus {
namespace {

/// NaN is larger than everything.
template <class T>
bool less(T a, T b) {
  if (b != b) return a == a;
  return a < b;
}

/// The order of every row of x (..., n); ties keep their order.
template <class T>
void sort_rows(const Tensor& x, const Tensor& indices, bool descending) {
  const std::int64_t length = x.shape().back();
  if (length == 0) return;
  for (std::int64_t row = 0; row < x.numel() / length; ++row) {
    const T* values = x.data<T>() + row * length;
    std::int64_t* order = indices.data<std::int64_t>() + row * length;
    std::iota(order, order + length, 0);
    std::stable_sort(order, order + length, [values, descending](std::int64_t a, std::int64_t b) {
      return descending ? less(values[b], values[a]) : less(values[a], values[b]);
    });
  }
}

}  // namespace

Tensor argsort(const Tensor& x, std::int64_t axis, bool descending) {
  if (!x.defined()) throw Error("sort", "got an undefined tensor");
  const int at = normalize_axis("sort", axis, x.shape());
  if (x.rank() == 0) return zeros({}, DType::int64);
  const Tensor rows = x.detach().transpose(at, -1).contiguous();
  const Tensor indices = empty(rows.shape(), DType::int64);
  switch (x.dtype()) {
    case DType::float32: sort_rows<float>(rows, indices, descending); break;
    case DType::float64: sort_rows<double>(rows, indices, descending); break;
    case DType::int64: sort_rows<std::int64_t>(rows, indices, descending); break;
    case DType::boolean: sort_rows<bool>(rows, indices, descending); break;
  }
  return indices.transpose(at, -1).contiguous();
}

ValuesAndIndices sort(const Tensor& x, std::int64_t axis, bool descending) {
  const Tensor indices = argsort(x, axis, descending);
  return {x.rank() == 0 ? x.clone() : gather(x, axis, indices), indices};
}

ValuesAndIndices topk(const Tensor& x, std::int64_t k, std::int64_t axis, bool largest) {
  const Tensor order = argsort(x, axis, largest);
  const std::int64_t size = x.rank() == 0 ? 1 : x.size(axis);
  if (k < 0 || k > size) {
    throw Error("topk", std::to_string(k) + " elements cannot be taken from axis " + std::to_string(axis) + " of " +
                            describe(x) + ", which has " + std::to_string(size));
  }
  if (x.rank() == 0) return {k == 1 ? x.clone() : x.reshape({1}).slice(0, 0, 0), order};
  const Tensor indices = order.narrow(axis, 0, k).contiguous();
  return {gather(x, axis, indices), indices};
}

}  // namespace gradus
