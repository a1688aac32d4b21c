// Tensor: the one type a user sees. A cheap handle on a body of storage, layout, dtype and an opaque autograd slot.
//
// What is a member and what is a function: a member looks at one tensor (its data, shape, views, place in the graph)
// or writes into it (the name ends in an underscore); everything that computes something new is a function.
// Members that the autodiff records (views, copies, in-place forms) are defined in autograd/.
#pragma once
#include <gradus/tensor/dtype.h>
#include <gradus/tensor/layout.h>
#include <gradus/tensor/scalar.h>
#include <gradus/tensor/storage.h>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace gradus {

class Tensor;

/// What autograd hangs on a tensor. This folder knows how to count it and end it, nothing else.
struct AutogradSlot {
  std::atomic<std::int32_t> owners{0};
  bool requires_grad = false;
  void (*end)(AutogradSlot*) noexcept = nullptr;
  static void destroy(AutogradSlot* slot) noexcept { slot->end(slot); }
};

/// What a Tensor is a handle on.
struct TensorBody {
  std::atomic<std::int32_t> owners{0};
  DType dtype = DType::float32;
  Ref<Storage> storage;
  Layout layout;
  Ref<AutogradSlot> autograd;
  static void destroy(TensorBody* body) noexcept;
};

/// One axis of the short multi-axis form, x[{all, 0, range(1, 5)}].
struct Index {
  enum class Kind { single, range, new_axis } kind;
  std::int64_t start, stop, step;
  constexpr Index(std::int64_t position) : kind(Kind::single), start(position), stop(0), step(1) {}
  constexpr Index(int position) : Index(static_cast<std::int64_t>(position)) {}
  constexpr Index(Kind k, std::int64_t first, std::int64_t last, std::int64_t by)
      : kind(k), start(first), stop(last), step(by) {}
};
inline constexpr std::int64_t end_of_axis = std::numeric_limits<std::int64_t>::max();
/// The whole axis.
inline constexpr Index all{Index::Kind::range, 0, end_of_axis, 1};
/// A new axis of size 1.
inline constexpr Index new_axis{Index::Kind::new_axis, 0, 0, 1};
/// start, start + step, ... below stop; negative bounds count from the end.
constexpr Index range(std::int64_t start, std::int64_t stop = end_of_axis, std::int64_t step = 1) {
  return Index(Index::Kind::range, start, stop, step);
}

/// Element access by coordinates, without checks: a(i, j).
template <class T, int Rank>
struct Accessor {
  T* data;
  Shape shape, strides;
  template <class... I>
  T& operator()(I... index) const {
    static_assert(sizeof...(I) == Rank, "an accessor takes one index per axis");
    const std::int64_t at[] = {static_cast<std::int64_t>(index)...};
    std::int64_t position = 0;
    for (int axis = 0; axis < Rank; ++axis) position += at[axis] * strides[axis];
    return data[position];
  }
};

struct BackwardOptions {
  bool retain_graph = false;  // keep the graph for another pass
  bool create_graph = false;  // record the backward pass itself, so that it can be differentiated; implies retain_graph
};

class Tensor {
 public:
  /// An undefined tensor: no storage, no shape. Whatever needs these of it throws an Error.
  Tensor() = default;
  /// Takes over a body; for code that makes tensors.
  explicit Tensor(Ref<TensorBody> body) : body_(std::move(body)) {}
  Tensor(const Tensor&) = default;
  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(const Tensor&) & = default;
  Tensor& operator=(Tensor&&) & noexcept = default;
  /// Assigning to a view writes through it: x[0] = y, x[{all, 1}] = 2.0.
  void operator=(const Tensor& source) &&;
  void operator=(Scalar value) &&;

  bool defined() const { return static_cast<bool>(body_); }
  /// True where both are handles on the same body.
  bool is_same(const Tensor& other) const { return body_ == other.body_; }
  const Ref<TensorBody>& body() const { return body_; }

  // --- reading ---------------------------------------------------------------------------------------------------
  const Layout& layout() const { return defined_body().layout; }
  const Shape& shape() const { return layout().shape; }
  const Shape& strides() const { return layout().strides; }
  int rank() const { return layout().rank(); }
  std::int64_t size(std::int64_t axis) const;
  std::int64_t numel() const { return layout().count; }
  DType dtype() const { return defined_body().dtype; }
  bool is_contiguous() const { return layout().contiguous; }

  /// The only element, converted to T. Throws where there is not exactly one.
  template <class T = double>
  T item() const;
  /// Address of the first element; T must be the dtype. Other elements lie at the strides.
  template <class T>
  T* data() const {
    check_dtype(dtype_of<T>());
    return static_cast<T*>(body_->storage->data) + layout().offset;
  }
  /// Address of the first element without a type.
  void* raw_data() const {
    const TensorBody& body = defined_body();
    return static_cast<char*>(body.storage->data) +
           body.layout.offset * static_cast<std::int64_t>(size_of(body.dtype));
  }
  /// All elements in row-major order; T must be the dtype and the tensor contiguous.
  template <class T>
  std::span<T> span() const {
    check_contiguous();
    return {data<T>(), static_cast<std::size_t>(numel())};
  }
  /// A copy of all elements in row-major order, converted to T; any layout.
  template <class T>
  std::vector<T> to_vector() const;
  /// a(i, j, ...) for a tensor of that rank.
  template <class T, int Rank>
  Accessor<T, Rank> accessor() const {
    check_rank(Rank);
    return {data<T>(), shape(), strides()};
  }

  // --- views: no element is copied, gradients flow through ---------------------------------------------------------
  Tensor view(const Shape& wanted) const;     // throws where a copy would be needed
  Tensor reshape(const Shape& wanted) const;  // copies where it must; one size may be -1
  Tensor flatten(std::int64_t start_axis = 0, std::int64_t end_axis = -1) const;
  Tensor permute(const Shape& axes) const;
  Tensor transpose(std::int64_t axis0, std::int64_t axis1) const;
  Tensor t() const { return transpose(0, 1); }
  Tensor squeeze() const;
  Tensor squeeze(std::int64_t axis) const;
  Tensor unsqueeze(std::int64_t axis) const;
  Tensor expand(const Shape& shape) const;
  Tensor select(std::int64_t axis, std::int64_t index) const;
  Tensor slice(std::int64_t axis, std::int64_t start, std::int64_t stop = end_of_axis, std::int64_t step = 1) const;
  Tensor narrow(std::int64_t axis, std::int64_t start, std::int64_t length) const;
  Tensor operator[](std::int64_t index) const { return select(0, index); }
  Tensor operator[](std::initializer_list<Index> indices) const;

  // --- copies --------------------------------------------------------------------------------------------------------
  Tensor to(DType dtype) const;  // itself where the dtype is already that
  Tensor contiguous() const;     // itself where it is contiguous
  Tensor clone() const;          // a contiguous copy

  // --- writing in place ------------------------------------------------------------------------------------------------
  Tensor& fill_(Scalar value);
  Tensor& zero_() { return fill_(0); }
  Tensor& copy_(const Tensor& source);  // converts the dtype and broadcasts
  Tensor& add_(const Tensor& other, Scalar alpha = 1);
  Tensor& sub_(const Tensor& other, Scalar alpha = 1);
  Tensor& mul_(const Tensor& other);
  Tensor& div_(const Tensor& other);
  Tensor& add_(Scalar other);
  Tensor& sub_(Scalar other);
  Tensor& mul_(Scalar other);
  Tensor& div_(Scalar other);
  Tensor& operator+=(const Tensor& other) { return add_(other); }
  Tensor& operator-=(const Tensor& other) { return sub_(other); }
  Tensor& operator*=(const Tensor& other) { return mul_(other); }
  Tensor& operator/=(const Tensor& other) { return div_(other); }
  Tensor& operator+=(Scalar other) { return add_(other); }
  Tensor& operator-=(Scalar other) { return sub_(other); }
  Tensor& operator*=(Scalar other) { return mul_(other); }
  Tensor& operator/=(Scalar other) { return div_(other); }
  Tensor& clamp_(double low, double high);
  Tensor& masked_fill_(const Tensor& mask, Scalar value);
  /// Writes elements drawn uniformly from [low, high) or from a normal distribution (random.h).
  Tensor& uniform_(double low, double high);
  Tensor& normal_(double mean, double standard_deviation);
  /// How often the storage was written in place.
  std::uint32_t version() const {
    return defined_body().storage->version.load(std::memory_order_relaxed);
  }

  // --- autodiff (autograd/) ----------------------------------------------------------------------------------------------
  bool requires_grad() const { return body_ && body_->autograd && body_->autograd->requires_grad; }
  /// Makes a leaf collect gradients, or stop doing so (freezing).
  Tensor& requires_grad_(bool on = true);
  /// True for a tensor that no recorded operation made.
  bool is_leaf() const;
  /// The accumulated gradient; undefined where there is none.
  Tensor grad() const;
  void set_grad(const Tensor& gradient);
  /// Keeps the gradient of a tensor that is not a leaf as well.
  void retain_grad();
  /// Adds the gradients of this tensor to every leaf it was computed from. `gradient` has this tensor's shape; a tensor
  /// of one element needs none.
  void backward(const Tensor& gradient = {}, BackwardOptions options = {}) const;
  /// The same data, cut off from the graph.
  Tensor detach() const;
  /// The name under which errors and pictures speak of this tensor; "" where it has none.
  const std::string& name() const;
  Tensor& set_name(const std::string& name);

 private:
  const TensorBody& defined_body() const {
    if (!body_) [[unlikely]]
      undefined();
    return *body_;
  }
  void check_dtype(DType asked) const {
    if (asked != dtype()) wrong_dtype(asked);
  }
  void check_contiguous() const {
    if (!is_contiguous()) not_contiguous();
  }
  void check_rank(int asked) const {
    if (asked != rank()) wrong_rank(asked);
  }
  [[noreturn]] static void undefined();
  [[noreturn]] void wrong_dtype(DType asked) const;
  [[noreturn]] void not_contiguous() const;
  [[noreturn]] void wrong_rank(int asked) const;

  Ref<TensorBody> body_;
};

[[noreturn]] void refuse_undefined(const char* operation, std::initializer_list<const Tensor*> tensors);
/// Throws where one of the tensors is undefined.
inline void check_defined(const char* operation, std::initializer_list<const Tensor*> tensors) {
  for (const Tensor* tensor : tensors) {
    if (!tensor->defined()) [[unlikely]]
      refuse_undefined(operation, tensors);
  }
}
/// Throws where the tensor has several elements in one place: a write would write them over each other.
void check_no_internal_overlap(const char* operation, const Tensor& tensor);

/// "float32 (2, 3)": how errors speak of a tensor; with its name where it has one.
std::string describe(const Tensor& tensor);

/// The elements as NumPy prints them (print.h).
std::string to_string(const Tensor& tensor);

}  // namespace gradus
