#include <gradus/autograd/indexing.h>
#include <gradus/autograd/sorting.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/memory.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>

namespace gradus {
namespace {

/// NaN is larger than everything.
template <class T>
bool less(T a, T b) {
  if (b != b) return a == a;
  return a < b;
}

template <class T>
struct Entry {
  T value;
  std::int64_t index;
};

/// Numbers to a block that is passed over as a whole where none of them comes before the last one chosen.
constexpr std::int64_t block = 32;

/// True where one of these may come before `last`; NaN may.
template <class T>
bool any_before(const T* values, T last, bool descending) {
  int found = 0;  // without a branch, for vectors
  if (descending) {
    for (std::int64_t i = 0; i < block; ++i) found |= !(values[i] <= last);
  } else {
    for (std::int64_t i = 0; i < block; ++i) found |= !(values[i] >= last);
  }
  return found != 0;
}

/// The first `chosen.size()` of a row in order, where these are few: every element is compared with the last
/// one chosen so far, and few go further.
template <class T, class Before>
void choose_first(const T* values, std::int64_t length, bool descending, Before before,
                  CachedVector<Entry<T>>& chosen) {
  const auto k = static_cast<std::int64_t>(chosen.size());
  const auto insert = [&](std::int64_t index, std::int64_t end) {  // among chosen[0, end), moving the rest
    const Entry<T> entry{values[index], index};
    const auto to = std::upper_bound(chosen.begin(), chosen.begin() + end, entry, before);
    std::move_backward(to, chosen.begin() + end, chosen.begin() + end + 1);
    *to = entry;
  };
  for (std::int64_t i = 0; i < k; ++i) insert(i, i);
  const Entry<T>& last = chosen.back();
  for (std::int64_t i = k; i < length;) {
    if (i + block <= length && !any_before(values + i, last.value, descending)) {
      i += block;
      continue;
    }
    for (const std::int64_t end = std::min(i + block, length); i < end; ++i) {
      if (before({values[i], i}, last)) insert(i, k - 1);
    }
  }
}

/// The first k places of the order of every row of x (..., n), in indices (..., k). Equal elements keep their
/// order.
template <class T>
void order_rows(const Tensor& x, const Tensor& indices, bool descending) {
  const std::int64_t length = x.shape().back(), k = indices.shape().back();
  if (length == 0 || k == 0) return;
  const auto before = [descending](const Entry<T>& a, const Entry<T>& b) {
    return descending ? less(b.value, a.value) : less(a.value, b.value);
  };
  const auto before_or_first = [before](const Entry<T>& a, const Entry<T>& b) {
    return before(a, b) || (!before(b, a) && a.index < b.index);
  };
  constexpr std::int64_t few = 64;
  const bool choose = k <= few && k < length;
  parallel_for(x.numel() / length, std::max<std::int64_t>(1, 4096 / length),
               [&](std::int64_t begin, std::int64_t end) {
                 CachedVector<Entry<T>> order(static_cast<std::size_t>(choose ? k : length));
                 for (std::int64_t row = begin; row < end; ++row) {
                   const T* values = x.data<T>() + row * length;
                   if (choose) {
                     choose_first(values, length, descending, before, order);
                   } else {
                     for (std::int64_t i = 0; i < length; ++i)
                       order[static_cast<std::size_t>(i)] = {values[i], i};
                     if (k < length)
                       std::partial_sort(order.begin(), order.begin() + k, order.end(), before_or_first);
                     else std::stable_sort(order.begin(), order.end(), before);
                   }
                   std::int64_t* to = indices.data<std::int64_t>() + row * k;
                   for (std::int64_t i = 0; i < k; ++i) to[i] = order[static_cast<std::size_t>(i)].index;
                 }
               });
}

/// The indices of the first k in order along axis `at` of a tensor of at least one axis.
Tensor first_in_order(const Tensor& x, std::int64_t k, int at, bool descending) {
  const Tensor rows = x.detach().transpose(at, -1).contiguous();
  Shape shape = rows.shape();
  shape[shape.rank() - 1] = k;
  const Tensor indices = empty(shape, DType::int64);
  switch (x.dtype()) {
    case DType::float32: order_rows<float>(rows, indices, descending); break;
    case DType::float64: order_rows<double>(rows, indices, descending); break;
    case DType::int64: order_rows<std::int64_t>(rows, indices, descending); break;
    case DType::boolean: order_rows<bool>(rows, indices, descending); break;
  }
  return indices.transpose(at, -1).contiguous();
}

int checked_axis(const char* operation, const Tensor& x, std::int64_t axis) {
  check_defined(operation, {&x});
  return normalize_axis(operation, axis, x.shape());
}

}  // namespace

Tensor argsort(const Tensor& x, std::int64_t axis, bool descending) {
  const int at = checked_axis("argsort", x, axis);
  if (x.rank() == 0) return zeros({}, DType::int64);
  return first_in_order(x, x.shape()[at], at, descending);
}

ValuesAndIndices sort(const Tensor& x, std::int64_t axis, bool descending) {
  const int at = checked_axis("sort", x, axis);
  if (x.rank() == 0) return {x.clone(), zeros({}, DType::int64)};
  const Tensor indices = first_in_order(x, x.shape()[at], at, descending);
  return {gather(x, at, indices), indices};
}

ValuesAndIndices topk(const Tensor& x, std::int64_t k, std::int64_t axis, bool largest) {
  const int at = checked_axis("topk", x, axis);
  const std::int64_t size = x.rank() == 0 ? 1 : x.shape()[at];
  if (k < 0 || k > size) {
    throw Error("topk", std::to_string(k) + " elements cannot be taken from axis " + std::to_string(axis) +
                            " of " + describe(x) + ", which has " + std::to_string(size));
  }
  if (x.rank() == 0) {  // as PyTorch: all of a number is the number, none of it is empty
    if (k == 1) return {x.clone(), zeros({}, DType::int64)};
    return {x.reshape({1}).narrow(0, 0, 0), empty({0}, DType::int64)};
  }
  const Tensor indices = first_in_order(x, k, at, largest);
  return {gather(x, at, indices), indices};
}

}  // namespace gradus
