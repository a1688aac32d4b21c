#include <gradus/autograd/modes.h>
#include <gradus/nn/model.h>
#include <gradus/nn/model_entries.h>
#include <gradus/nn/similar_names.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

namespace gradus {
namespace {

using detail::ModelEntry;

std::string kind_of(const Tensor& tensor) {
  return tensor.defined() ? name_of(tensor.dtype()) + (" " + to_string(tensor.shape())) : "undefined";
}

/// "hidden.weight, float32 (4, 3)".
std::string line_of(std::string_view name, const Tensor& tensor) {
  return printable(name) + ", " + kind_of(tensor);
}

bool same_shape(const Tensor& a, const Tensor& b) { return b.defined() && a.shape() == b.shape(); }

/// True where one shape is the other from its end to its start, and not the same.
bool is_transposed(const Tensor& a, const Tensor& b) {
  return b.defined() && !(a.shape() == b.shape()) &&
         std::equal(a.shape().begin(), a.shape().end(), std::make_reverse_iterator(b.shape().end()),
                    std::make_reverse_iterator(b.shape().begin()));
}

/// True where one tensor can be copied into the other.
bool fits(const Tensor& target, const Tensor& source) {
  return same_shape(target, source) &&
         (target.dtype() == source.dtype() || (is_floating(target.dtype()) && is_floating(source.dtype())));
}

std::string misfit_line(std::string_view name, const Tensor& target, const Tensor& source) {
  std::string line =
      printable(name) + " is " + kind_of(target) + " in the model and " + kind_of(source) + " in the state";
  if (is_transposed(target, source)) line += ": it is transposed";
  if (same_shape(target, source))
    line += ": of the dtypes, only float32 and float64 are converted into each other";
  return line;
}

/// True where both become the same values in a tensor of this dtype.
bool same_values(const Tensor& a, const Tensor& b, DType dtype) {
  if (a.is_same(b)) return true;
  const Tensor first = a.to(dtype).contiguous(), second = b.to(dtype).contiguous();
  const std::size_t bytes = static_cast<std::size_t>(first.numel()) * size_of(dtype);
  return bytes == 0 || std::memcmp(first.raw_data(), second.raw_data(), bytes) == 0;
}

/// BatchNorm's counter, which PyTorch's older files lack.
bool may_be_missing(const ModelEntry& entry) {
  constexpr std::string_view counter = "num_batches_tracked";
  return entry.buffer && entry.name.ends_with(counter) &&
         (entry.name.size() == counter.size() || entry.name[entry.name.size() - counter.size() - 1] == '.');
}

/// A model and a state, compared name by name; neither is changed.
class Comparison {
 public:
  Comparison(const ModelView& model, const NamedTensors& state, std::string_view prefix)
      : entries_(detail::entries_of(model)) {
    for (const auto& [name, tensor] : state) {
      const bool ours = std::string_view(name).starts_with(prefix);
      if (ours && !given_.emplace(std::string_view(name).substr(prefix.size()), &tensor).second) {
        misfits_.push_back({name, printable(name) + " stands twice in the state"});
      }
    }
    for (const ModelEntry& entry : entries_) match(entry);
    note_missing();
    note_unexpected(state, prefix);
  }

  /// Throws where the state must not be copied.
  void check(bool strict, const char* operation, const std::string& subject) const {
    const bool wrong_names = lacks_ || !report_.unexpected.empty() || !report_.untied.empty();
    if (misfits_.empty() && !(strict && wrong_names)) return;
    std::string hint = report_.hint;
    if (hint.empty()) {
      hint = misfits_.empty()
                 ? "{.strict = false} takes the tensors that fit"
                 : "{.strict = false} does not take these either: change them in the state, or leave "
                   "them out of it";
    }
    throw Error(operation, subject + " does not fit the model:" + detail::listed("missing", report_.missing) +
                               detail::listed("unexpected", report_.unexpected) +
                               detail::listed("of another shape or dtype", misfits_) +
                               detail::listed("tied in the model, different in the state", report_.untied) +
                               "\n  " + hint);
  }

  LoadReport copy() {
    const no_grad scope;
    for (auto& [target, source] : copies_) target.copy_(*source);
    return std::move(report_);
  }

 private:
  /// Finds the tensor for an entry of the model, and says where it does not fit.
  void match(const ModelEntry& entry) {
    const auto found = given_.find(entry.name);
    if (found == given_.end()) return;
    const Tensor& source = *found->second;
    const auto [first, fresh] = covered_.emplace(entry.tensor.body().get(), found);
    if (!fits(entry.tensor, source)) {
      misfits_.push_back({entry.name, misfit_line(entry.name, entry.tensor, source)});
      return;
    }
    if (source.dtype() == DType::float64 && entry.tensor.dtype() == DType::float32) {
      report_.converted.push_back({entry.name, printable(entry.name) + ", float64 to float32"});
    }
    if (fresh) {
      copies_.emplace_back(entry.tensor, &source);
    } else if (const auto& [name, other] = *first->second;
               fits(entry.tensor, *other) && !same_values(source, *other, entry.tensor.dtype())) {
      report_.untied.push_back({entry.name, printable(entry.name) + " and " + printable(name)});
    }
  }

  void note_missing() {
    for (const ModelEntry& entry : entries_) {
      if (covered_.contains(entry.tensor.body().get())) {
        ++report_.loaded;
        continue;
      }
      const bool optional = may_be_missing(entry);
      report_.missing.push_back(
          {entry.name, line_of(entry.name, entry.tensor) + (optional ? ": it may be missing" : "")});
      absent_.push_back(&entry);
      if (!optional) lacks_ = true;
    }
  }

  void note_unexpected(const NamedTensors& state, std::string_view prefix) {
    std::unordered_set<std::string_view> known;
    for (const ModelEntry& entry : entries_) known.insert(entry.name);
    std::vector<const NamedTensors::value_type*> unexpected;
    std::vector<std::string_view> names;
    for (const auto& given : state) {
      const std::string_view name = given.first;
      if (name.starts_with(prefix) && known.contains(name.substr(prefix.size()))) continue;
      unexpected.push_back(&given);
      names.push_back(name);
    }
    report_.hint = hint_for(names, prefix);
    for (const auto* given : unexpected) {
      const auto& [name, tensor] = *given;
      const bool compared = report_.hint.empty() && report_.unexpected.size() < LoadReport::notes_shown;
      report_.unexpected.push_back(
          {name, line_of(name, tensor) + (compared ? suggestion(name, tensor) : "")});
    }
  }

  /// What to do about that which a wrapper puts before all names, in the state or in the model.
  std::string hint_for(const std::vector<std::string_view>& unexpected, std::string_view prefix) const {
    if (given_.empty() && !unexpected.empty()) {
      return "no name in the state begins with \"" + printable(prefix) + "\"";
    }
    if (!covered_.empty()) return "";  // some names agree as they are
    std::vector<std::string_view> needed, absent;
    for (const ModelEntry* entry : absent_) {
      absent.push_back(entry->name);
      if (!may_be_missing(*entry)) needed.push_back(entry->name);
    }
    if (const std::string wrapper = detail::prefix_between(needed, unexpected); !wrapper.empty()) {
      const bool all = std::all_of(unexpected.begin(), unexpected.end(),
                                   [&](std::string_view name) { return name.starts_with(wrapper); });
      return "all missing names stand in the state behind \"" + printable(wrapper) + "\": {" +
             (all ? "" : ".strict = false, ") + ".prefix = \"" + printable(wrapper) + "\"} takes it off" +
             (all ? "" : " and leaves the others aside");
    }
    if (const std::string part = detail::prefix_between(unexpected, absent); !part.empty()) {
      return "all unexpected names are those of the model's part \"" +
             printable(part.substr(0, part.size() - 1)) + "\": load into that part";
    }
    return "";
  }

  /// The missing name that may be meant: one of the same shape or transposed where the name is not too far
  /// away, else any that is near.
  std::string suggestion(std::string_view name, const Tensor& tensor) const {
    constexpr std::size_t longest = 256;  // longer names, from who knows where, would take long to compare
    const ModelEntry* best = nullptr;
    std::pair<int, std::size_t> best_rank;  // how the shapes differ, then the distance
    for (const ModelEntry* entry : absent_) {
      const std::size_t length = std::max(name.size(), entry->name.size());
      if (length > longest) continue;
      const int shapes = same_shape(entry->tensor, tensor) ? 0 : is_transposed(entry->tensor, tensor) ? 1 : 2;
      const std::size_t most = shapes == 2 ? std::max<std::size_t>(2, length / 4) : length * 2 / 3;
      const std::pair rank(shapes, detail::edit_distance(name, entry->name));
      if (rank.second <= most && (!best || rank < best_rank)) best = entry, best_rank = rank;
    }
    if (!best) return "";
    const std::string question = ": did you mean " + printable(best->name);
    if (best_rank.first == 0) return question + "?";
    if (best_rank.first == 1) return question + "? It is transposed";
    return question + ", " + kind_of(best->tensor) + "?";
  }

  using Given = std::unordered_map<std::string_view, const Tensor*>;

  std::vector<ModelEntry> entries_;
  Given given_;                                                           // by the name without the prefix
  std::unordered_map<const TensorBody*, Given::const_iterator> covered_;  // the first name in the state
  std::vector<std::pair<Tensor, const Tensor*>> copies_;
  std::vector<const ModelEntry*> absent_;
  std::vector<LoadNote> misfits_;
  LoadReport report_;
  bool lacks_ = false;  // a tensor that must not be missing
};

LoadReport load_into(const ModelView& model, const NamedTensors& state, const LoadOptions& options,
                     const char* operation, const std::string& subject) {
  Comparison comparison(model, state, options.prefix);
  comparison.check(options.strict, operation, subject);
  return comparison.copy();
}

}  // namespace

LoadReport load_state_dict(const ModelView& model, const NamedTensors& state, const LoadOptions& options) {
  return load_into(model, state, options, "load_state_dict", "the state");
}

LoadReport load(const ModelView& model, const std::string& path, const LoadOptions& options) {
  return load_into(model, load_tensors(path).tensors, options, "load", "'" + path_text(path) + "'");
}

}  // namespace gradus
