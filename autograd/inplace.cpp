// Members of Tensor that write into its storage.
//
// What a write means for the graph: a tensor that requires a gradient and was computed is written by
// computing the new value aside, copying it over, and taking over its node. A write that would lose a
// gradient in silence is refused: into a leaf, and wherever other tensors that share the storage would not
// learn of it.
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/index_checks.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/elementwise.h>
#include <gradus/tensor/error.h>

namespace gradus {
namespace {

void bump_version(const Tensor& tensor) {
  tensor.body()->storage->version.fetch_add(1, std::memory_order_relaxed);
}

/// Throws where a write must not happen; true where it has to be recorded.
bool must_record(const char* operation, const Tensor& self, const Tensor* source = nullptr) {
  check_defined(operation, {&self});
  if (source) check_defined(operation, {source});
  check_no_internal_overlap(operation, self);
  if (!grad_enabled()) return false;
  if (self.requires_grad()) {
    if (self.is_leaf()) {
      throw Error(operation, describe(self) +
                                 " is a leaf that requires a gradient and must not be written in place "
                                 "while operations are recorded; use a no_grad scope");
    }
    if (node_of(self)->is_view) {
      throw Error(operation, describe(self) +
                                 " is a view of a recorded tensor; writing through it would lose gradients: "
                                 "build the result with where, cat or stack, or write in a no_grad scope");
    }
  } else if (!source || !source->requires_grad()) {
    return false;
  }
  if (!self.body()->storage.unique()) {
    throw Error(operation,
                describe(self) +
                    " shares its storage with tensors that would not learn of a recorded write: a "
                    "view, a detach(), or what an operation keeps for its backward pass. Compute a "
                    "new tensor (y = y + x; of parts by where, cat or stack), or write in a no_grad scope");
  }
  return true;
}

/// The source in self's dtype, and in memory of its own where a write to self would disturb it.
Tensor prepared(const char* operation, const Tensor& self, const Tensor& source) {
  if (broadcast_shapes(operation, self.shape(), source.shape()) == self.shape()) {
    const bool same_elements = source.shape() == self.shape() && source.strides() == self.strides() &&
                               source.layout().offset == self.layout().offset;
    const bool overlaps = source.body()->storage == self.body()->storage && !same_elements;
    const Tensor converted = source.to(self.dtype());
    return overlaps && converted.is_same(source) ? source.clone() : converted;
  }
  throw Error(operation, "the result of " + describe(self) + " and " + describe(source) + " has shape " +
                             to_string(broadcast_shapes(operation, self.shape(), source.shape())) +
                             " and does not fit in place");
}

/// Puts a recorded result in self's place.
void adopt(const char* operation, Tensor& self, const Tensor& result) {
  if (!(result.shape() == self.shape()) || result.dtype() != self.dtype()) {
    throw Error(operation, "the result " + describe(result) + " does not fit in place of " + describe(self));
  }
  run_copy(result, self);
  bump_version(self);
  self.body()->autograd = result.body()->autograd;
}

Tensor& binary_(const char* operation, BinaryOp op, Tensor& self, const Tensor& other, double alpha = 1) {
  if (is_floating(other.dtype()) && !is_floating(self.dtype())) {
    throw Error(operation, "the result of " + describe(self) + " and " + describe(other) +
                               " is floating and does not fit in place of " + name_of(self.dtype()));
  }
  const no_grad scope;
  run_binary(operation, op, self, prepared(operation, self, other), self, alpha);
  bump_version(self);
  return self;
}

}  // namespace

Tensor& Tensor::add_(const Tensor& other, Scalar alpha) {
  check_alpha("add_", alpha, dtype());
  if (must_record("add_", *this, &other)) adopt("add_", *this, add(*this, other, alpha));
  else binary_("add_", BinaryOp::add, *this, other, alpha.to_double());
  return *this;
}

Tensor& Tensor::sub_(const Tensor& other, Scalar alpha) {
  check_alpha("sub_", alpha, dtype());
  if (must_record("sub_", *this, &other)) adopt("sub_", *this, sub(*this, other, alpha));
  else binary_("sub_", BinaryOp::sub, *this, other, alpha.to_double());
  return *this;
}

Tensor& Tensor::mul_(const Tensor& other) {
  if (must_record("mul_", *this, &other)) {
    const Tensor before = other.requires_grad() ? clone() : *this;  // the gradient of `other` needs it
    adopt("mul_", *this, mul(before, other.is_same(*this) ? before : other));
    return *this;
  }
  binary_("mul_", BinaryOp::mul, *this, other);
  return *this;
}

Tensor& Tensor::div_(const Tensor& other) {
  if (must_record("div_", *this, &other))
    adopt("div_", *this, div(*this, other.is_same(*this) ? clone() : other));
  else binary_("div_", BinaryOp::div, *this, other);
  return *this;
}

namespace {

/// A number beside a tensor, refused where it would turn integers into fractions.
Tensor number(const char* operation, const Tensor& self, Scalar value) {
  check_defined(operation, {&self});
  return full({}, value, value.integral() || is_floating(self.dtype()) ? self.dtype() : DType::float32);
}

}  // namespace

Tensor& Tensor::add_(Scalar other) { return add_(number("add_", *this, other)); }
Tensor& Tensor::sub_(Scalar other) { return sub_(number("sub_", *this, other)); }
Tensor& Tensor::mul_(Scalar other) { return mul_(number("mul_", *this, other)); }
Tensor& Tensor::div_(Scalar other) { return div_(number("div_", *this, other)); }

Tensor& Tensor::fill_(Scalar value) {
  if (must_record("fill_", *this)) {
    adopt("fill_", *this,
          masked_fill(*this, ones({}, DType::boolean), value));  // the old value gets a gradient of zero
    return *this;
  }
  const no_grad scope;
  run_copy(full({}, value, dtype()), *this);
  bump_version(*this);
  return *this;
}

Tensor& Tensor::copy_(const Tensor& source) {
  if (must_record("copy_", *this, &source)) {
    adopt("copy_", *this, source.to(dtype()).expand(shape()).clone());
    return *this;
  }
  const no_grad scope;
  run_copy(prepared("copy_", *this, source), *this);
  bump_version(*this);
  return *this;
}

Tensor& Tensor::clamp_(double low, double high) {
  if (must_record("clamp_", *this)) {
    adopt("clamp_", *this, clamp(clone(), low, high));  // whose gradient needs what is written over
    return *this;
  }
  const double bounds[] = {low, high};
  run_unary("clamp_", UnaryOp::clamp, *this, *this, bounds);
  bump_version(*this);
  return *this;
}

Tensor& Tensor::masked_fill_(const Tensor& mask, Scalar value) {
  if (must_record("masked_fill_", *this)) {
    adopt("masked_fill_", *this, masked_fill(*this, mask, value));
    return *this;
  }
  const no_grad scope;
  const Tensor filled = masked_fill(*this, mask, value);
  run_copy(prepared("masked_fill_", *this, filled), *this);
  bump_version(*this);
  return *this;
}

void Tensor::operator=(const Tensor& source) && { copy_(source); }
void Tensor::operator=(Scalar value) && { fill_(value); }

}  // namespace gradus
