#include <gradus/nn/model.h>
#include <gradus/nn/model_entries.h>

#include <unordered_set>

namespace gradus {
namespace {

/// Calls f(parameter) for every parameter, tied ones as often as they occur; asks for no memory.
template <class F>
class ParameterVisitor final : public ModelVisitor {
 public:
  explicit ParameterVisitor(F f) : f_(f) {}
  void tensor(std::string_view, const Tensor& tensor, bool buffer) override {
    if (tensor.defined() && !buffer) f_(tensor);
  }
  void enter(std::string_view, std::string_view) override {}
  void leave() override {}

 private:
  F f_;
};

template <class F>
void for_each_parameter(const ModelView& model, F f) {
  ParameterVisitor<F> visitor(f);
  model.visit("", visitor);
}

}  // namespace

NamedTensors named_parameters(const ModelView& model) {
  NamedTensors result;
  std::unordered_set<const TensorBody*> seen;
  for (detail::ModelEntry& entry : detail::entries_of(model)) {
    if (!entry.buffer && seen.insert(entry.tensor.body().get()).second) {
      result.emplace_back(std::move(entry.name), std::move(entry.tensor));
    }
  }
  return result;
}

std::vector<Tensor> parameters(const ModelView& model) {
  std::vector<Tensor> result;
  for (auto& [name, tensor] : named_parameters(model)) result.push_back(std::move(tensor));
  return result;
}

NamedTensors state_dict(const ModelView& model) {
  NamedTensors result;
  for (detail::ModelEntry& entry : detail::entries_of(model)) {
    result.emplace_back(std::move(entry.name), entry.tensor.detach());
  }
  return result;
}

void save(const ModelView& model, const std::string& path) { save_tensors(path, state_dict(model)); }

std::int64_t num_parameters(const ModelView& model) {
  std::int64_t count = 0;
  for (const auto& [name, tensor] : named_parameters(model)) count += tensor.numel();
  return count;
}

void zero_grad(const ModelView& model) {
  for_each_parameter(model, [](Tensor parameter) { parameter.set_grad({}); });
}

void freeze(const ModelView& model, bool frozen) {
  for_each_parameter(model, [frozen](Tensor parameter) { parameter.requires_grad_(!frozen); });
}

void set_names(const ModelView& model) { detail::entries_of(model); }

}  // namespace gradus
