// What few nodes have: a name, hooks, an accumulated gradient, products put off. Only for the sources of this
// folder.
#pragma once
#include <gradus/autograd/hooks.h>
#include <gradus/autograd/node.h>

#include <string>
#include <utility>
#include <vector>

namespace gradus {

/// left^T right, still to be added to a gradient.
struct PendingProduct {
  Tensor left, right;  // (rows, m), (rows, n), both with contiguous rows
};

struct NodeExtras {
  // From the caching allocator: a slice of a weight needs one in every step.
  static void* operator new(std::size_t bytes) { return allocate(bytes); }
  static void operator delete(void* block, std::size_t bytes) { deallocate(block, bytes); }

  std::string name;
  Tensor grad;
  bool retain_grad = false;
  std::vector<std::pair<std::uint64_t, std::function<Tensor(const Tensor&)>>> hooks;
  CachedVector<PendingProduct> products;
  std::int64_t product_rows = 0;     // of all of them
  const Node* put_off_by = nullptr;  // the operation that they are of, the last one of several
};

/// The node of a tensor; a leaf is made for a tensor that has none.
Node& node_or_leaf(const Tensor& tensor);
/// The extras of a node, made where there are none.
NodeExtras& extras_of(Node& node);

}  // namespace gradus
