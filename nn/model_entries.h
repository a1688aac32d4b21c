// The tensors of a model with their paths, tied ones as often as they occur: what the functions of model.h
// work on.
#pragma once
#include <gradus/nn/visit.h>

#include <string>
#include <vector>

namespace gradus::detail {

struct ModelEntry {
  std::string name;  // "decoder.layers.0.norm1.weight"
  Tensor tensor;     // a handle on the model's own
  bool buffer;
};

/// Every defined tensor of a model in the order of declaration. Completes the names of the parameters.
std::vector<ModelEntry> entries_of(const ModelView& model);

}  // namespace gradus::detail
