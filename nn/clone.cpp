#include <gradus/autograd/modes.h>
#include <gradus/nn/clone.h>

namespace gradus {

Tensor CloneMap::copy(const Tensor& tensor) {
  if (!tensor.defined()) return {};
  for (const auto& [original, copied] : copies_) {
    if (original.is_same(tensor)) return copied;
  }
  no_grad scope;
  const bool converts = dtype_ && is_floating(tensor.dtype()) && tensor.dtype() != *dtype_;
  Tensor copied = converts ? tensor.detach().to(*dtype_) : tensor.detach().clone();
  if (!tensor.name().empty()) copied.set_name(tensor.name());
  if (tensor.requires_grad()) copied.requires_grad_();
  copies_.emplace_back(tensor, copied);
  return copied;
}

}  // namespace gradus
