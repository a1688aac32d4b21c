// What few nodes have: a name, hooks, an accumulated gradient. Only for the sources of this folder.
#pragma once
#include <gradus/autograd/hooks.h>
#include <gradus/autograd/node.h>

#include <string>
#include <utility>
#include <vector>

namespace gradus {

struct NodeExtras {
  std::string name;
  Tensor grad;
  bool retain_grad = false;
  std::vector<std::pair<std::uint64_t, std::function<Tensor(const Tensor&)>>> hooks;
};

/// The node of a tensor; a leaf is made for a tensor that has none.
Node& node_or_leaf(const Tensor& tensor);
/// The extras of a node, made where there are none.
NodeExtras& extras_of(Node& node);

}  // namespace gradus
