#include <gradus/autograd/modes.h>
#include <gradus/autograd/profile.h>
#include <gradus/optim/optimizer.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>
#include <gradus/tensor/kernels/optim.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <unordered_map>

namespace gradus::optim {
namespace {

constexpr std::int64_t chunk = 16384;  // elements of one tile of a step

std::string number_name(std::size_t number, const char* what) { return std::to_string(number) + "." + what; }
std::string lr_name(std::size_t group) { return "group." + std::to_string(group) + ".lr"; }

std::string to_text(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6).ptr};
}

void* byte_offset(const Tensor& tensor, std::int64_t elements) {
  if (!tensor.defined()) return nullptr;
  return static_cast<char*>(tensor.raw_data()) +
         elements * static_cast<std::int64_t>(size_of(tensor.dtype()));
}

void check_parameter(const char* name, const Tensor& parameter) {
  if (!parameter.defined()) throw Error(name, "a parameter is undefined; take them from parameters(model)");
  if (!is_floating(parameter.dtype())) {
    throw Error(name, describe(parameter) + " cannot be trained: parameters are float32 or float64");
  }
  if (!parameter.is_leaf()) {
    throw Error(name, describe(parameter) +
                          " was computed by an operation: only leaves can be trained; use detach()");
  }
  if (!parameter.is_contiguous()) {
    throw Error(name, describe(parameter) + " does not lie in row-major order: train a clone() of it");
  }
}

}  // namespace

void check_at_least_zero(const char* optimizer, const char* option, double value) {
  if (!(value >= 0)) throw Error(optimizer, option + (" is " + to_text(value) + "; it must be at least 0"));
}

void check_below_one(const char* optimizer, const char* option, double value) {
  if (!(value >= 0 && value < 1)) {
    throw Error(optimizer, option + (" is " + to_text(value) + "; it must lie in [0, 1)"));
  }
}

// --- groups ------------------------------------------------------------------------------------------------

void Optimizer::add_parameters(std::span<const Tensor> parameters) {
  if (parameters.empty()) {
    throw Error(name_, "the list of parameters is empty; did you mean parameters(model)?");
  }
  std::vector<Slot> group;
  group.reserve(parameters.size());
  const auto holds = [](const std::vector<Slot>& slots, const Tensor& parameter) {
    return std::any_of(slots.begin(), slots.end(),
                       [&](const Slot& slot) { return slot.parameter.is_same(parameter); });
  };
  for (const Tensor& parameter : parameters) {
    check_parameter(name_, parameter);
    for (std::size_t earlier = 0; earlier < groups_.size(); ++earlier) {
      if (holds(groups_[earlier], parameter)) {
        throw Error(name_, describe(parameter) + " is already in group " + std::to_string(earlier) +
                               ": a parameter belongs to one group");
      }
    }
    if (!holds(group, parameter)) group.push_back({parameter, {}, 0});
  }
  groups_.push_back(std::move(group));
}

void Optimizer::check_group(const char* operation, std::size_t group) const {
  if (group >= groups_.size()) {
    throw Error(operation, "there is no group " + std::to_string(group) + " in " + name_ + ": it has " +
                               std::to_string(groups_.size()));
  }
}

std::vector<Tensor> Optimizer::parameters(std::size_t group) const {
  check_group("parameters", group);
  std::vector<Tensor> result;
  for (const Slot& slot : groups_[group]) result.push_back(slot.parameter);
  return result;
}

double Optimizer::lr(std::size_t group) const {
  check_group("lr", group);
  return learning_rate(group);
}

void Optimizer::set_lr(double lr) {
  for (std::size_t group = 0; group < groups_.size(); ++group) set_lr(group, lr);
}

void Optimizer::set_lr(std::size_t group, double lr) {
  check_group("set_lr", group);
  if (!(lr >= 0)) throw Error("set_lr", "the learning rate is " + to_text(lr) + "; it must be at least 0");
  set_learning_rate(group, lr);
}

void Optimizer::zero_grad() {
  for (std::vector<Slot>& group : groups_) {
    for (Slot& slot : group) slot.parameter.set_grad({});
  }
}

// --- the step ----------------------------------------------------------------------------------------------

void Optimizer::step() {
  Profile::mark("not in an operation");
  no_grad scope;
  for (std::size_t group = 0; group < groups_.size(); ++group) step_group(group);
  Profile::mark("optimizer step");
}

/// Makes the state arrays that the group keeps and this parameter has not yet.
void Optimizer::prepare(std::size_t group, Slot& slot, bool& first) {
  const StateNames names = state_names(group);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!names[i] || slot.state[i].defined()) continue;
    slot.state[i] = full_like(slot.parameter, initial_state(group));
    first = true;
  }
}

void Optimizer::step_group(std::size_t group) {
  segments_.clear();
  std::int64_t total = 0;
  for (Slot& slot : groups_[group]) {
    Tensor gradient = slot.parameter.grad();
    if (!gradient.defined()) continue;
    bool first = false;
    prepare(group, slot, first);
    segments_.push_back({&slot, gradient.contiguous(), total, first});
    total += slot.parameter.numel();
  }
  for (Segment& segment : segments_) ++segment.slot->steps;
  parallel_for(total, chunk, [&](std::int64_t begin, std::int64_t end) { run_segments(group, begin, end); });
  for (Segment& segment : segments_) {
    segment.slot->parameter.body()->storage->version.fetch_add(1, std::memory_order_relaxed);
    segment.gradient = Tensor();
  }
}

/// Updates the elements [begin, end) of the group, counted over all its parameters with a gradient.
void Optimizer::run_segments(std::size_t group, std::int64_t begin, std::int64_t end) const {
  auto segment = std::upper_bound(segments_.begin(), segments_.end(), begin,
                                  [](std::int64_t place, const Segment& s) { return place < s.start; });
  for (--segment; segment != segments_.end() && segment->start < end; ++segment) {
    const Slot& slot = *segment->slot;
    const std::int64_t from = std::max(begin - segment->start, std::int64_t{0});
    const std::int64_t to = std::min(end - segment->start, slot.parameter.numel());
    if (from >= to) continue;
    OptimRun run{byte_offset(slot.parameter, from), byte_offset(segment->gradient, from), {}, to - from};
    const StateNames names = state_names(group);
    for (std::size_t i = 0; i < names.size(); ++i) {
      run.state[i] = names[i] ? byte_offset(slot.state[i], from) : nullptr;
    }
    update(group, slot.steps, segment->first, slot.parameter.dtype(), run);
  }
}

// --- checkpoints -------------------------------------------------------------------------------------------

NamedTensors Optimizer::state_dict() const {
  NamedTensors result;
  std::size_t number = 0;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    result.emplace_back(lr_name(group), full({}, learning_rate(group), DType::float64));
    const StateNames names = state_names(group);
    for (const Slot& slot : groups_[group]) {
      result.emplace_back(number_name(number, "step"), full({}, slot.steps, DType::int64));
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] && slot.state[i].defined()) {
          result.emplace_back(number_name(number, names[i]), slot.state[i]);
        }
      }
      ++number;
    }
  }
  return result;
}

void Optimizer::load_state_dict(const NamedTensors& state) {
  std::unordered_map<std::string_view, const Tensor*> given;
  for (const auto& [name, tensor] : state) given.emplace(name, &tensor);
  const auto take = [&](const std::string& name, const Shape& shape, DType dtype, bool required) {
    const auto found = given.find(name);
    if (found == given.end()) {
      if (required) {
        throw Error("load_state_dict", std::string(name_) + " finds no '" + name + "' in the state");
      }
      return Tensor();
    }
    const Tensor tensor = *found->second;
    if (!(tensor.shape() == shape) || tensor.dtype() != dtype) {
      throw Error("load_state_dict", "'" + name + "' is " + describe(tensor) + " in the state, and " +
                                         name_of(dtype) + " " + to_string(shape) + " in " + name_);
    }
    given.erase(found);
    return tensor;
  };

  // Everything is read before anything is changed.
  std::vector<std::vector<Slot>> groups = groups_;
  std::vector<double> rates;
  std::size_t number = 0;
  for (std::size_t group = 0; group < groups.size(); ++group) {
    rates.push_back(take(lr_name(group), {}, DType::float64, true).item<double>());
    if (!(rates.back() >= 0)) {
      throw Error("load_state_dict", "'" + lr_name(group) + "' is not a learning rate");
    }
    const StateNames names = state_names(group);
    for (Slot& slot : groups[group]) {
      slot.steps = take(number_name(number, "step"), {}, DType::int64, true).item<std::int64_t>();
      if (slot.steps < 0 || slot.steps == INT64_MAX) {  // there has to be one more
        throw Error("load_state_dict", "'" + number_name(number, "step") + "' is " +
                                           std::to_string(slot.steps) + ", which is no number of steps");
      }
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (!names[i]) continue;
        const Tensor saved = take(number_name(number, names[i]), slot.parameter.shape(),
                                  slot.parameter.dtype(), slot.steps > 0);
        slot.state[i] = saved.defined() ? saved.clone() : Tensor();
      }
      ++number;
    }
  }
  if (!given.empty()) {
    throw Error("load_state_dict",
                name_ + (" does not know '" + printable(given.begin()->first) + "' of the state"));
  }
  groups_ = std::move(groups);
  for (std::size_t group = 0; group < rates.size(); ++group) set_learning_rate(group, rates[group]);
}

}  // namespace gradus::optim
