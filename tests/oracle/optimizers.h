// Optimisers by PyTorch's names and attributes.
#pragma once
#include "cases.h"

#include <gradus/optim/optim.h>

#include <memory>

namespace oracle {

/// A group of parameters with its own attributes.
struct ParameterGroup {
  Tensors parameters;
  Json attributes;
};
std::unique_ptr<gradus::optim::Optimizer> make_optimizer(const std::string& name,
                                                         const std::vector<ParameterGroup>& groups);

}  // namespace oracle
