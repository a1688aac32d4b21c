// The record of one operation, and how an operation writes itself down.
//
//   Tensor exp(const Tensor& x) {
//     Tensor y = ...;                                        // run the kernel
//     if (recording(x)) {
//       record(y, "exp", {x}, [y = SavedOutput(y)](Sink& sink, const Tensor& gradient) {
//         sink.add(0, gradient * y.get(sink));
//       });
//     }
//     return y;
//   }
//
// The output's autograd slot is its node; the lambda lies behind the node in the same block.
#pragma once
#include <gradus/autograd/modes.h>
#include <gradus/tensor/memory.h>
#include <gradus/tensor/tensor_class.h>

#include <initializer_list>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace gradus {

class Sink;
struct NodeExtras;  // name, hooks, accumulated gradient, products put off: what few nodes have

/// One recorded operation, or a leaf (backward == nullptr).
struct Node : AutogradSlot {
  std::uint64_t id = 0;  // creation number: an operation's is larger than those of its inputs
  const char* operation = "leaf";
  DType dtype = DType::float32;  // of the output
  std::uint32_t input_count = 0;
  bool is_view = false;           // the output shares its input's storage
  bool spent = false;             // the backward pass has been through and has freed what was saved
  std::uint32_t block_bytes = 0;  // of node, edges and lambda together
  Ref<Node>* inputs = nullptr;    // null where an input needs no gradient
  void* closure = nullptr;
  void (*backward)(Node& self, Sink& sink, const Tensor& gradient) = nullptr;
  void (*drop_closure)(void* closure) noexcept = nullptr;
  Shape shape;                // of the output: what gradients are summed down to
  std::uint64_t visited = 0;  // number of the last pass that reached this node
  Tensor pending;             // gradient collected so far in this pass
  NodeExtras* extras = nullptr;
};

/// The node of a tensor, or null.
inline Node* node_of(const Tensor& tensor) {
  return tensor.defined() ? static_cast<Node*>(tensor.body()->autograd.get()) : nullptr;
}

/// True where an operation on these inputs has to be recorded.
template <class... Tensors>
bool recording(const Tensors&... inputs) {
  return grad_enabled() && (inputs.requires_grad() || ...);
}

/// Where a backward lambda puts the gradients of its inputs.
class Sink {
 public:
  Sink(Node& node, std::uint64_t pass, bool create_graph)
      : node_(node), pass_(pass), create_graph_(create_graph) {}

  /// True where this pass wants the gradient of that input.
  bool needs(int input) const {
    const Node* source = node_.inputs[input].get();
    return source && source->visited == pass_;
  }
  /// Adds a gradient of the input's shape, or of a shape that the input was broadcast to: the sum is taken
  /// here.
  void add(int input, Tensor gradient);
  /// A contiguous buffer of the input's shape for a kernel to add into; `fresh` says that it holds nothing
  /// yet and must be overwritten. Only where create_graph() is false.
  Tensor into(int input, bool& fresh);
  /// Adds left^T right to the gradient of an input (m, n), for left (rows, m) and right (rows, n): what the
  /// gradient of a weight is made of. A product of few rows is put off until more have come together or the
  /// input's own turn comes: a recurrent weight gets one in every step, and reading and writing (m, n) each
  /// time would cost more than the product. Only where create_graph() is false.
  void add_product(int input, const Tensor& left, const Tensor& right);
  /// True where the backward pass is recorded itself: it must be made of Tensor operations then.
  bool create_graph() const { return create_graph_; }
  /// For fused operations under create_graph: computes the output again by plain operations on the saved
  /// inputs and takes the gradients through those.
  template <class Twin>
  void replay(const Tensor& gradient, Twin&& twin) {
    const std::uint64_t before = last_node_id();
    replay_since(before, twin(), gradient);
  }
  Node& node() const { return node_; }

 private:
  static std::uint64_t last_node_id();
  void replay_since(std::uint64_t before, const Tensor& output, const Tensor& gradient);

  Node& node_;
  std::uint64_t pass_;
  bool create_graph_;
};

/// A tensor kept for the backward pass. Reading it checks that it was not overwritten in between.
class Saved {
 public:
  Saved() = default;
  explicit Saved(const Tensor& tensor) : tensor_(tensor), version_(tensor.defined() ? tensor.version() : 0) {}
  const Tensor& get(const Sink& sink) const {
    if (tensor_.defined() && tensor_.version() != version_) overwritten(sink);
    return tensor_;
  }

 private:
  [[noreturn]] void overwritten(const Sink& sink) const;
  Tensor tensor_;
  std::uint32_t version_ = 0;
};

/// The operation's own output, kept without a cycle: the handle to the node is put back when it is read.
class SavedOutput {
 public:
  SavedOutput() = default;
  explicit SavedOutput(const Tensor& output);
  Tensor get(const Sink& sink) const;

 private:
  Saved alias_;
};

/// A node for an operation on `inputs`, with room for a closure; it becomes the slot of `output`.
Node* make_node(Tensor& output, const char* operation, std::span<const Tensor* const> inputs,
                std::size_t closure_bytes);

/// Writes down that `output` was computed from `inputs`. `backward(Sink&, const Tensor& gradient)` adds the
/// gradient of each input to the sink; with create_graph it runs with recording on, so it is written in
/// Tensor operations.
template <class Backward>
void record(Tensor& output, const char* operation, std::span<const Tensor* const> inputs,
            Backward&& backward) {
  using Closure = std::decay_t<Backward>;
  static_assert(alignof(Closure) <= 16);
  Node* node = make_node(output, operation, inputs, sizeof(Closure));
  new (node->closure) Closure(std::forward<Backward>(backward));
  node->backward = [](Node& self, Sink& sink, const Tensor& gradient) {
    (*static_cast<Closure*>(self.closure))(sink, gradient);
  };
  node->drop_closure = [](void* closure) noexcept { static_cast<Closure*>(closure)->~Closure(); };
}
template <class Backward>
void record(Tensor& output, const char* operation, std::initializer_list<const Tensor*> inputs,
            Backward&& backward) {
  record(output, operation, std::span<const Tensor* const>(inputs.begin(), inputs.size()),
         std::forward<Backward>(backward));
}

}  // namespace gradus
