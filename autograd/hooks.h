// Hooks: functions that see, and may change, the gradient of a tensor on its way through a backward pass.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <functional>

namespace gradus {

/// Names one hook, so that it can be taken off again.
struct HookHandle {
  std::uint64_t id = 0;
};

/// Calls `hook(gradient)` with the whole gradient of the tensor in every backward pass, before it travels on.
/// The hook returns a tensor of the same shape and dtype to put in its place, or an undefined one to leave
/// it. Hooks run in the order they were added; one that is added during a pass first runs in the next. A hook
/// may run a backward pass of its own, in the thread that it was called in; where that goes through nodes of
/// the outer one, it needs {.retain_graph = true}.
HookHandle register_hook(const Tensor& tensor, std::function<Tensor(const Tensor& gradient)> hook);
/// Takes a hook off; nothing happens where it is gone already.
void remove_hook(const Tensor& tensor, HookHandle handle);

}  // namespace gradus
