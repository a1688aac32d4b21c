#include <gradus/nn/model_entries.h>

#include <mutex>

namespace gradus::detail {
namespace {

/// "weight" becomes "hidden.weight", but not the other way round, and no tied parameter changes its name.
void complete_name(Tensor parameter, const std::string& path) {
  const std::string& name = parameter.name();
  const bool part_of_path = path.size() > name.size() && path.ends_with(name) &&
                            (name.empty() || path[path.size() - name.size() - 1] == '.');
  if (part_of_path) parameter.set_name(path);
}

/// Lists every defined tensor of a model under its path.
class Collector final : public PathVisitor {
 public:
  void tensor(std::string_view name, const Tensor& tensor, bool buffer) override {
    if (!tensor.defined()) return;
    enter(name, "");
    if (!buffer) complete_name(tensor, path());
    entries.push_back({path(), tensor, buffer});
    leave();
  }
  std::vector<ModelEntry> entries;
};

}  // namespace

void PathVisitor::enter(std::string_view name, std::string_view) {
  lengths_.push_back(path_.size());
  if (!path_.empty() && !name.empty()) path_ += '.';
  path_ += name;
}

void PathVisitor::leave() {
  path_.resize(lengths_.back());
  lengths_.pop_back();
}

std::vector<ModelEntry> entries_of(const ModelView& model) {
  // The first visit writes the names, also where threads share a model for reading: each begins a search by
  // asking for its parameters.
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  Collector collector;
  model.visit("", collector);
  return std::move(collector.entries);
}

}  // namespace gradus::detail
