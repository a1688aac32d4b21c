#include <gradus/autograd/node_extras.h>
#include <gradus/autograd/profile_recorder.h>
#include <gradus/tensor/error.h>

#include <atomic>

namespace gradus {
namespace {

constinit std::atomic<std::uint64_t> last_id{0};

constexpr std::size_t rounded_up(std::size_t bytes) { return (bytes + 15) / 16 * 16; }

/// Nodes of this thread that wait for their end. Ending one may end its inputs, and those theirs: a list, not a
/// recursion, so that a chain of any length can go.
struct DyingList {
  Node* head;
  bool active;
};
constinit thread_local DyingList dying{nullptr, false};

void free_node(Node* node) noexcept {
  if (node->closure) node->drop_closure(node->closure);
  for (std::uint32_t i = 0; i < node->input_count; ++i) node->inputs[i].~Ref();
  delete node->extras;
  const std::size_t bytes = node->block_bytes;
  node->~Node();
  deallocate(node, bytes);
}

void end_node(AutogradSlot* slot) noexcept {
  Node* node = static_cast<Node*>(slot);
  node->visited = reinterpret_cast<std::uintptr_t>(dying.head);  // nobody reads it any more: the link of the list
  dying.head = node;
  if (dying.active) return;
  dying.active = true;
  while (dying.head) {
    Node* next = dying.head;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the link that was stored above
    dying.head = reinterpret_cast<Node*>(static_cast<std::uintptr_t>(next->visited));
    free_node(next);
  }
  dying.active = false;
}

Node* new_node(std::size_t input_count, std::size_t closure_bytes) {
  const std::size_t edges_at = rounded_up(sizeof(Node));
  const std::size_t closure_at = rounded_up(edges_at + input_count * sizeof(Ref<Node>));
  const std::size_t bytes = closure_at + closure_bytes;
  char* block = static_cast<char*>(allocate(bytes));
  Node* node = new (block) Node;
  node->end = end_node;
  node->id = last_id.fetch_add(1, std::memory_order_relaxed) + 1;
  node->block_bytes = static_cast<std::uint32_t>(bytes);
  node->input_count = static_cast<std::uint32_t>(input_count);
  node->inputs = reinterpret_cast<Ref<Node>*>(block + edges_at);
  node->closure = closure_bytes > 0 ? block + closure_at : nullptr;
  return node;
}

}  // namespace

ThreadModes& thread_modes() {
  constinit thread_local ThreadModes modes;
  return modes;
}

Node* make_node(Tensor& output, const char* operation, std::span<const Tensor* const> inputs,
                std::size_t closure_bytes) {
  Node* node = new_node(inputs.size(), closure_bytes);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    new (&node->inputs[i]) Ref<Node>(inputs[i]->requires_grad() ? node_of(*inputs[i]) : nullptr);
  }
  node->operation = operation;
  node->requires_grad = true;
  node->dtype = output.dtype();
  node->shape = output.shape();
  output.body()->autograd = Ref<AutogradSlot>(node);
  if (profiling.load(std::memory_order_relaxed)) [[unlikely]] profile_forward(*node);
  return node;
}

std::uint64_t Sink::last_node_id() { return last_id.load(std::memory_order_relaxed); }

Node& node_or_leaf(const Tensor& tensor) {
  if (Node* node = node_of(tensor)) return *node;
  const Shape& shape = tensor.shape();  // first, as an undefined tensor has none
  Node* leaf = new_node(0, 0);
  leaf->dtype = tensor.dtype();
  leaf->shape = shape;
  tensor.body()->autograd = Ref<AutogradSlot>(leaf);
  return *leaf;
}

NodeExtras& extras_of(Node& node) {
  if (!node.extras) node.extras = new NodeExtras;
  return *node.extras;
}

// --- what is kept for the backward pass -------------------------------------------------------------------------------

void Saved::overwritten(const Sink& sink) const {
  throw Error(std::string(sink.node().operation) + " backward",
              "needs " + describe(tensor_) + " as it was (version " + std::to_string(version_) +
                  "), but it has been written in place since (version " + std::to_string(tensor_.version()) +
                  "); write into a clone() instead, or use the form that returns a new tensor");
}

namespace {

/// Another body on the same data, with the given slot.
Tensor alias_of(const Tensor& tensor, Ref<AutogradSlot> slot) {
  Ref<TensorBody> body(new (allocate(sizeof(TensorBody))) TensorBody);
  body->dtype = tensor.dtype();
  body->storage = tensor.body()->storage;
  body->layout = tensor.layout();
  body->autograd = std::move(slot);
  return Tensor(std::move(body));
}

}  // namespace

SavedOutput::SavedOutput(const Tensor& output) : alias_(alias_of(output, {})) {}

Tensor SavedOutput::get(const Sink& sink) const {
  const Tensor& alias = alias_.get(sink);
  return sink.create_graph() ? alias_of(alias, Ref<AutogradSlot>(&sink.node())) : alias;
}

// --- members of Tensor that concern its place in the graph ----------------------------------------------------------------

Tensor& Tensor::requires_grad_(bool on) {
  if (on && !is_floating(dtype())) {
    throw Error("requires_grad_", describe(*this) + " cannot have a gradient: only float32 and float64 can");
  }
  if (!on && !is_leaf()) {
    throw Error("requires_grad_", describe(*this) + " was computed by " + node_of(*this)->operation +
                                      ": only leaves can be frozen; use detach()");
  }
  if (on || node_of(*this)) node_or_leaf(*this).requires_grad = on;
  return *this;
}

bool Tensor::is_leaf() const {
  const Node* node = node_of(*this);
  return !node || !node->backward;
}

Tensor Tensor::grad() const {
  const Node* node = node_of(*this);
  return node && node->extras ? node->extras->grad : Tensor();
}

void Tensor::set_grad(const Tensor& gradient) {
  if (gradient.defined() && (!(gradient.shape() == shape()) || gradient.dtype() != dtype())) {
    throw Error("set_grad", describe(gradient) + " cannot be the gradient of " + describe(*this) +
                                ": shape and dtype must be the same");
  }
  if (!gradient.defined() && !grad().defined()) return;
  extras_of(node_or_leaf(*this)).grad = gradient;
}

void Tensor::retain_grad() {
  if (!requires_grad()) throw Error("retain_grad", describe(*this) + " does not require a gradient");
  extras_of(*node_of(*this)).retain_grad = true;
}

Tensor Tensor::detach() const { return alias_of(*this, {}); }

const std::string& Tensor::name() const {
  static const std::string none;
  const Node* node = node_of(*this);
  return node && node->extras ? node->extras->name : none;
}

Tensor& Tensor::set_name(const std::string& name) {
  extras_of(node_or_leaf(*this)).name = name;
  return *this;
}

// --- hooks -------------------------------------------------------------------------------------------------------------------

HookHandle register_hook(const Tensor& tensor, std::function<Tensor(const Tensor&)> hook) {
  if (!tensor.requires_grad()) {
    throw Error("register_hook", describe(tensor) + " does not require a gradient, so the hook would never run");
  }
  static std::atomic<std::uint64_t> last_hook{0};
  const std::uint64_t id = ++last_hook;
  extras_of(*node_of(tensor)).hooks.emplace_back(id, std::move(hook));
  return {id};
}

void remove_hook(const Tensor& tensor, HookHandle handle) {
  Node* node = node_of(tensor);
  if (!node || !node->extras) return;
  std::erase_if(node->extras->hooks, [&](const auto& entry) { return entry.first == handle.id; });
}

}  // namespace gradus
