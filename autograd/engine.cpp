#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/engine.h>
#include <gradus/autograd/node_extras.h>
#include <gradus/autograd/profile_recorder.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/blas.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <atomic>

namespace gradus {
namespace {

using NodeList = CachedVector<Node*>;

constinit std::atomic<std::uint64_t> last_pass{0};

/// A pass, and what its nodes hold of another one that waits for its end: a hook may run a pass over the
/// graph that it was called from.
class Pass {
 public:
  Pass() : number_(++last_pass), nested_(running++ > 0) {}
  ~Pass() {
    --running;
    for (Waiting& waiting : waiting_) {
      Node& node = *waiting.node;
      node.visited = waiting.visited;
      node.pending = std::move(waiting.pending);
      if (!node.extras) continue;
      node.extras->products = std::move(waiting.products);
      node.extras->product_rows = waiting.product_rows;
      node.extras->put_off_by = waiting.put_off_by;
    }
  }
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;

  std::uint64_t number() const { return number_; }
  /// Takes the node over.
  void mark(Node& node) {
    if (nested_) [[unlikely]]
      put_aside(node);
    node.visited = number_;
  }

 private:
  struct Waiting {
    Node* node;
    std::uint64_t visited;
    Tensor pending;
    CachedVector<PendingProduct> products;
    std::int64_t product_rows;
    const Node* put_off_by;
  };
  void put_aside(Node& node) {
    Waiting waiting{&node, node.visited, std::exchange(node.pending, {}), {}, 0, nullptr};
    if (node.extras) {
      waiting.products = std::exchange(node.extras->products, {});
      waiting.product_rows = std::exchange(node.extras->product_rows, 0);
      waiting.put_off_by = std::exchange(node.extras->put_off_by, nullptr);
    }
    waiting_.push_back(std::move(waiting));
  }

  static constinit thread_local int running;
  std::uint64_t number_;
  bool nested_;
  std::vector<Waiting> waiting_;
};
constinit thread_local int Pass::running = 0;

/// All nodes that can be reached from the roots and were made after `floor`, shown to `mark`, which gives
/// them the number `pass`; oldest first. Creation order is a topological order, so no search of ours has to
/// find one.
template <class Mark>
NodeList reachable(std::span<Node* const> roots, std::uint64_t pass, std::uint64_t floor, const Mark& mark) {
  NodeList found;
  const auto reach = [&](Node* node) {
    if (!node || node->visited == pass || node->id <= floor) return;
    mark(*node);
    found.push_back(node);
  };
  for (Node* root : roots) reach(root);
  for (std::size_t next = 0; next < found.size(); ++next) {  // grows while it is read
    const Node* node = found[next];
    for (std::uint32_t i = 0; i < node->input_count; ++i) reach(node->inputs[i].get());
  }
  std::sort(found.begin(), found.end(), [](const Node* a, const Node* b) { return a->id < b->id; });
  return found;
}

/// True where nobody else can see the tensor's bytes, so that they may be added to in place.
bool is_exclusive(const Tensor& tensor) {
  return tensor.is_contiguous() && tensor.body().unique() && tensor.body()->storage.unique() &&
         !tensor.body()->storage->borrowed;
}

/// Adds a gradient to what the node has collected; broadcasting is undone here and nowhere else.
void accumulate(Node& node, Tensor gradient, bool create_graph) {
  if (!(gradient.shape() == node.shape)) gradient = sum_to(gradient, node.shape);
  if (gradient.dtype() != node.dtype) gradient = gradient.to(node.dtype);
  if (!node.pending.defined()) {
    node.pending = std::move(gradient);
  } else if (!create_graph && is_exclusive(node.pending)) {
    node.pending.add_(gradient);
  } else {
    node.pending = node.pending + gradient;
  }
}

/// The buffer that gradients of a node are added into; `fresh` where it holds nothing yet.
const Tensor& gradient_buffer(Node& node, bool& fresh) {
  fresh = !node.pending.defined();
  if (fresh) {
    node.pending = empty(node.shape, node.dtype);
  } else if (!is_exclusive(node.pending)) {
    node.pending = node.pending.clone();
  }
  return node.pending;
}

/// A matrix as BLAS takes it.
Tensor with_contiguous_rows(const Tensor& matrix) {
  const bool contiguous = matrix.strides()[1] == 1 && matrix.strides()[0] >= matrix.size(1);
  return contiguous ? matrix : matrix.contiguous();
}

/// Makes the products that were put off; gives the operation that they are of, null where there are none.
const Node* make_products(Node& node) {
  if (!node.extras || node.extras->products.empty()) return nullptr;
  NodeExtras& extras = *node.extras;
  bool fresh = false;
  const Tensor& buffer = gradient_buffer(node, fresh);
  CachedVector<GemmTerm> terms;
  for (const PendingProduct& product : extras.products) {
    terms.push_back({.k = product.left.size(0),
                     .a = {product.left.raw_data(), product.left.strides()[0], true},
                     .b = {product.right.raw_data(), product.right.strides()[0]}});
  }
  gemm_sum(node.dtype, node.shape[0], node.shape[1], {terms.data(), terms.size()}, fresh ? 0 : 1,
           buffer.raw_data(), node.shape[1]);
  extras.products.clear();
  extras.product_rows = 0;
  return std::exchange(extras.put_off_by, nullptr);
}

Tensor run_hooks(const Node& node, Tensor gradient) {
  if (!node.extras || node.extras->hooks.empty()) return gradient;
  const auto hooks = node.extras->hooks;  // one may remove itself, or register another
  for (const auto& [id, hook] : hooks) {
    Tensor changed = hook(gradient);
    if (!changed.defined()) continue;
    if (!(changed.shape() == gradient.shape()) || changed.dtype() != gradient.dtype()) {
      throw Error("hook", "returned " + describe(changed) + " in place of a gradient " + describe(gradient));
    }
    gradient = std::move(changed);
  }
  return gradient;
}

/// Adds to .grad(). The stored tensor is contiguous and belongs to nobody else.
void store_gradient(Node& node, Tensor gradient, bool create_graph) {
  Tensor& grad = extras_of(node).grad;
  if (grad.defined()) {
    if (create_graph) grad = grad + gradient;
    else grad.add_(gradient);
  } else {
    grad = is_exclusive(gradient) ? std::move(gradient) : gradient.clone();
  }
}

[[noreturn]] void second_pass(const Node& node) {
  throw Error("backward", std::string("the graph has been used and freed: a second backward pass through '") +
                              node.operation + "' " + to_string(node.shape) +
                              " needs {.retain_graph = true} on the first");
}

/// Clears what a pass has collected, also when it ends by an exception.
class PendingGuard {
 public:
  explicit PendingGuard(const NodeList& nodes) : nodes_(nodes) {}
  ~PendingGuard() {
    for (Node* node : nodes_) {
      node->pending = {};
      if (!node->extras) continue;
      node->extras->products.clear();
      node->extras->product_rows = 0;
      node->extras->put_off_by = nullptr;
    }
  }
  PendingGuard(const PendingGuard&) = delete;

 private:
  const NodeList& nodes_;
};

/// True where the pass goes on behind the node: not at a leaf, nor at an input of grad() that no other one is
/// behind.
bool leads_on(const Node& node, std::uint64_t pass) {
  if (!node.backward) return false;
  return std::any_of(node.inputs, node.inputs + node.input_count,
                     [pass](const Ref<Node>& input) { return input && input->visited == pass; });
}

/// Leads the collected gradients of `nodes` (oldest first) back to their inputs. `captured` is called with
/// every node and its full gradient, which it may take where the node is a leaf.
template <class Captured>
void run_nodes(const NodeList& nodes, std::uint64_t pass, BackwardOptions options, const Captured& captured) {
  const PendingGuard guard(nodes);
  for (auto position = nodes.rbegin(); position != nodes.rend(); ++position) {
    Node& node = **position;
    if (node.visited != pass) continue;
    const Node* put_off_by = make_products(node);
    if (put_off_by && profiling.load(std::memory_order_relaxed)) [[unlikely]]
      profile_products(*put_off_by);
    if (!node.pending.defined()) continue;
    Tensor gradient = run_hooks(node, std::exchange(node.pending, {}));
    captured(node, gradient);
    if (leads_on(node, pass)) {
      if (node.spent) second_pass(node);  // a pass of a hook's has been through
      Sink sink(node, pass, options.create_graph);
      node.backward(node, sink, gradient);
      if (!options.retain_graph) {
        node.drop_closure(node.closure);
        node.closure = nullptr;
        node.spent = true;
      }
    }
    if (profiling.load(std::memory_order_relaxed)) [[unlikely]]
      profile_backward(node);
  }
}

void seed(std::span<const Tensor> outputs, std::span<const Tensor> gradients) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Tensor& output = outputs[i];
    if (!output.requires_grad()) {
      throw Error("backward", describe(output) + " does not depend on anything that requires a gradient");
    }
    Tensor gradient = i < gradients.size() ? gradients[i] : Tensor();
    if (!gradient.defined()) {
      if (output.numel() != 1) {
        throw Error("backward",
                    describe(output) + " has " + std::to_string(output.numel()) +
                        " elements: give the gradient that it starts from, or reduce it to one (sum, mean)");
      }
      gradient = ones_like(output);
    } else if (!(gradient.shape() == output.shape())) {
      throw Error("backward", "the gradient " + describe(gradient) + " has not the shape of the output " +
                                  describe(output));
    }
    accumulate(*node_of(output), gradient, true);
  }
  if (profiling.load(std::memory_order_relaxed)) [[unlikely]]
    profile_pass();
}

std::vector<Node*> roots_of(std::span<const Tensor> outputs) {
  std::vector<Node*> roots;
  for (const Tensor& output : outputs) roots.push_back(node_of(output));
  return roots;
}

}  // namespace

void Sink::add(int input, Tensor gradient) {
  if (needs(input)) accumulate(*node_.inputs[input], std::move(gradient), create_graph_);
}

Tensor Sink::into(int input, bool& fresh) { return gradient_buffer(*node_.inputs[input], fresh); }

void Sink::add_product(int input, const Tensor& left, const Tensor& right) {
  constexpr std::int64_t enough_rows = 2048;
  const no_grad scope;
  Node& target = *node_.inputs[input];
  NodeExtras& extras = extras_of(target);
  extras.products.push_back({with_contiguous_rows(left), with_contiguous_rows(right)});
  extras.product_rows += left.size(0);
  extras.put_off_by = &node_;
  if (extras.product_rows >= enough_rows) make_products(target);
}

void Sink::replay_since(std::uint64_t before, const Tensor& output, const Tensor& gradient) {
  if (!output.requires_grad()) return;
  Node* const root = node_of(output);
  const NodeList nodes =
      reachable(std::span(&root, 1), pass_, before, [this](Node& node) { node.visited = pass_; });
  accumulate(*root, gradient, true);
  run_nodes(nodes, pass_, {.retain_graph = true, .create_graph = true}, [](const Node&, const Tensor&) {});
}

void Tensor::backward(const Tensor& gradient, BackwardOptions options) const {
  options.retain_graph = options.retain_graph || options.create_graph;
  const enable_grad scope(options.create_graph);
  Pass pass;
  Node* const root = node_of(*this);
  const Ref<Node> kept(root);  // a hook may let go of this tensor
  const NodeList nodes =
      reachable(std::span(&root, 1), pass.number(), 0, [&](Node& node) { pass.mark(node); });
  for (const Node* node : nodes) {
    if (node->spent) second_pass(*node);
  }
  const PendingGuard guard(nodes);
  seed(std::span(this, 1), std::span(&gradient, 1));
  run_nodes(nodes, pass.number(), options, [&](Node& node, Tensor& arrived) {
    if (!node.requires_grad) return;  // a leaf that was frozen since
    if (!node.backward) store_gradient(node, std::move(arrived), options.create_graph);
    else if (node.extras && node.extras->retain_grad) store_gradient(node, arrived, options.create_graph);
  });
}

std::vector<Tensor> grad(std::span<const Tensor> outputs, std::span<const Tensor> inputs,
                         std::span<const Tensor> gradients, BackwardOptions options) {
  if (!gradients.empty() && gradients.size() != outputs.size()) {
    throw Error("grad", std::to_string(outputs.size()) + " outputs need as many gradients, not " +
                            std::to_string(gradients.size()));
  }
  options.retain_graph = options.retain_graph || options.create_graph;
  std::vector<const Node*> targets;
  for (const Tensor& input : inputs) {
    if (!input.requires_grad()) throw Error("grad", describe(input) + " does not require a gradient");
    targets.push_back(node_of(input));
  }
  const enable_grad scope(options.create_graph);
  Pass reached;
  const std::vector<Node*> roots = roots_of(outputs);
  const std::vector<Ref<Node>> kept(roots.begin(), roots.end());  // a hook may let go of the outputs
  const NodeList nodes = reachable(roots, reached.number(), 0, [&](Node& node) { reached.mark(node); });
  const PendingGuard guard(nodes);

  // Only what leads to an input is gone through; oldest first, so a node comes after everything it was
  // computed from.
  const std::uint64_t pass = ++last_pass;
  std::vector<const Node*> sorted = targets;
  std::sort(sorted.begin(), sorted.end());
  for (Node* node : nodes) {
    bool needed = std::binary_search(sorted.begin(), sorted.end(), node);
    for (std::uint32_t i = 0; i < node->input_count && !needed; ++i) {
      needed = node->inputs[i] && node->inputs[i]->visited == pass;
    }
    if (needed) node->visited = pass;
    if (needed && node->spent && leads_on(*node, pass)) second_pass(*node);
  }
  seed(outputs, gradients);
  std::vector<Tensor> results(inputs.size());
  run_nodes(nodes, pass, options, [&](Node& node, const Tensor& arrived) {
    if (!std::binary_search(sorted.begin(), sorted.end(), &node)) return;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      if (targets[i] == &node) results[i] = arrived;
    }
  });
  for (Tensor& result : results) {
    if (result.defined() && !is_exclusive(result)) result = result.clone();
  }
  return results;
}

Tensor grad(const Tensor& output, const Tensor& input, const Tensor& gradient, BackwardOptions options) {
  const std::span<const Tensor> gradients =
      gradient.defined() ? std::span(&gradient, 1) : std::span<const Tensor>();
  return grad(std::span(&output, 1), std::span(&input, 1), gradients, options)[0];
}

}  // namespace gradus
