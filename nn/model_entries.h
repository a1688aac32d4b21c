// The tensors of a model with their paths, tied ones as often as they occur: what the functions of model.h
// work on.
#pragma once
#include <gradus/nn/visit.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::detail {

/// A visitor that knows the path of where it is: "decoder.layers.0", empty at the model itself.
class PathVisitor : public ModelVisitor {
 public:
  void enter(std::string_view name, std::string_view type) override;
  void leave() override;

 protected:
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::vector<std::size_t> lengths_;  // of the paths around it
};

struct ModelEntry {
  std::string name;  // "decoder.layers.0.norm1.weight"
  Tensor tensor;     // a handle on the model's own
  bool buffer;
};

/// Every defined tensor of a model in the order of declaration. Completes the names of the parameters.
std::vector<ModelEntry> entries_of(const ModelView& model);

}  // namespace gradus::detail
