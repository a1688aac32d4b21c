// The operations of the manifest: from PyTorch's name to a call of Gradus. A new operation is one line of a
// table.
#pragma once
#include "arguments.h"

#include <map>

namespace oracle {

struct Operation {
  /// PyTorch's argument names in their order, for calls without names; "*dims" takes all that are left.
  const char* signature;
  Tensors (*run)(const Arguments&);
};
using OperationTable = std::map<std::string, Operation>;

const OperationTable& pointwise_operations();
const OperationTable& reduction_operations();
const OperationTable& shape_operations();
const OperationTable& product_operations();
const OperationTable& indexing_operations();
const OperationTable& loss_operations();

/// Null for one that no table holds.
const Operation* find_operation(const std::string& name);

/// Slicing steps of the manifest, one after the other: {"op": "transpose", "dim0": 0, "dim1": 1}.
Tensor apply_view(const Tensor& x, const Json& step);

}  // namespace oracle
