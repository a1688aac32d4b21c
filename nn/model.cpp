#include <gradus/autograd/modes.h>
#include <gradus/nn/model.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace gradus {
namespace {

struct Entry {
  std::string name;
  Tensor tensor;
  bool buffer;
};

/// "weight" becomes "hidden.weight", but not the other way round, and no tied parameter changes its name.
void complete_name(Tensor parameter, const std::string& path) {
  const std::string& name = parameter.name();
  const bool part_of_path = path.size() > name.size() && path.ends_with(name) &&
                            (name.empty() || path[path.size() - name.size() - 1] == '.');
  if (part_of_path) parameter.set_name(path);
}

/// Lists every defined tensor of a model under its path.
class Collector final : public ModelVisitor {
 public:
  void tensor(std::string_view name, const Tensor& tensor, bool buffer) override {
    if (!tensor.defined()) return;
    enter(name, "");
    if (!buffer) complete_name(tensor, path_);
    entries.push_back({path_, tensor, buffer});
    leave();
  }
  void enter(std::string_view name, std::string_view) override {
    lengths_.push_back(path_.size());
    if (!path_.empty() && !name.empty()) path_ += '.';
    path_ += name;
  }
  void leave() override {
    path_.resize(lengths_.back());
    lengths_.pop_back();
  }
  std::vector<Entry> entries;

 private:
  std::string path_;
  std::vector<std::size_t> lengths_;
};

std::vector<Entry> entries_of(const ModelView& model) {
  Collector collector;
  model.visit("", collector);
  return std::move(collector.entries);
}

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

/// True where one tensor can be copied into the other.
bool fits(const Tensor& target, const Tensor& source) {
  if (!source.defined() || !(target.shape() == source.shape())) return false;
  return target.dtype() == source.dtype() || (is_floating(target.dtype()) && is_floating(source.dtype()));
}

std::string listed(const char* title, const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return items.empty() ? "" : std::string("\n  ") + title + ": " + text;
}

}  // namespace

NamedTensors named_parameters(const ModelView& model) {
  NamedTensors result;
  std::unordered_set<const TensorBody*> seen;
  for (Entry& entry : entries_of(model)) {
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
  for (Entry& entry : entries_of(model)) result.emplace_back(std::move(entry.name), entry.tensor.detach());
  return result;
}

LoadReport load_state_dict(const ModelView& model, const NamedTensors& state, LoadOptions options) {
  std::unordered_map<std::string_view, const Tensor*> given;
  for (const auto& [name, tensor] : state) given[name] = &tensor;

  std::vector<std::pair<Tensor, const Tensor*>> copies;
  std::unordered_set<const TensorBody*> covered;
  std::unordered_set<std::string_view> known;
  std::vector<std::string> misfits;
  const std::vector<Entry> entries = entries_of(model);
  for (const Entry& entry : entries) {
    known.insert(entry.name);
    const auto found = given.find(entry.name);
    if (found == given.end()) continue;
    covered.insert(entry.tensor.body().get());
    if (fits(entry.tensor, *found->second)) {
      copies.emplace_back(entry.tensor, found->second);
    } else {
      const auto kind = [](const Tensor& tensor) {
        return tensor.defined() ? name_of(tensor.dtype()) + (" " + to_string(tensor.shape())) : "undefined";
      };
      misfits.push_back(entry.name + " is " + kind(entry.tensor) + " in the model and " +
                        kind(*found->second) + " in the state");
    }
  }

  LoadReport report;
  for (const Entry& entry : entries) {
    if (!covered.contains(entry.tensor.body().get())) report.missing.push_back(entry.name);
  }
  for (const auto& [name, tensor] : state) {
    if (!known.contains(name)) report.unexpected.push_back(name);
  }
  const bool wrong_names = !report.missing.empty() || !report.unexpected.empty();
  if (!misfits.empty() || (options.strict && wrong_names)) {
    throw Error("load_state_dict",
                "the state does not fit the model:" + listed("missing", report.missing) +
                    listed("unexpected", report.unexpected) + listed("of another shape", misfits) +
                    (misfits.empty() ? "\n  {.strict = false} takes the names that fit" : ""));
  }
  no_grad scope;
  for (auto& [target, source] : copies) target.copy_(*source);
  return report;
}

void save(const ModelView& model, const std::string& path) { save_tensors(path, state_dict(model)); }

LoadReport load(const ModelView& model, const std::string& path, LoadOptions options) {
  return load_state_dict(model, load_tensors(path).tensors, options);
}

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

void set_names(const ModelView& model) { entries_of(model); }

}  // namespace gradus
