#include <gradus/autograd/node_extras.h>
#include <gradus/autograd/profile_recorder.h>
#include <gradus/tensor/blas.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <utility>

namespace gradus {
namespace {

constinit thread_local ProfileRecorder* recorder_of_thread = nullptr;

/// The leaf behind views of it.
const Node* behind_views(const Node* node) {
  while (node && node->is_view) node = node->inputs[0].get();
  return node;
}

}  // namespace

constinit std::atomic<bool> profiling{false};

void profile_forward(const Node& node) {
  if (recorder_of_thread) recorder_of_thread->forward(node);
}

void profile_products(const Node& operation) {
  if (recorder_of_thread) recorder_of_thread->products(operation);
}

void profile_backward(const Node& node) {
  if (recorder_of_thread) recorder_of_thread->backward(node);
}

void profile_pass() {
  if (recorder_of_thread) recorder_of_thread->pass_begins();
}

void Profile::mark(const char* name) {
  if (recorder_of_thread) recorder_of_thread->mark(name);
}

ProfileRecorder::ProfileRecorder() {
  if (profiling.exchange(true)) {
    throw Error("Profile",
                "another profile is running, and there can be one at a time; call its stop() first");
  }
  row_of(true, "", {});
  const std::size_t used = observe_memory(this);
  {
    const std::scoped_lock lock(memory_mutex_);
    used_ = used;
    peak_bytes_ = std::max(peak_bytes_, used);
  }
  count_product_flops(true);
  last_flops_ = product_flops();
  recorder_of_thread = this;
  last_ = now();
}

void ProfileRecorder::stop() {
  if (!running_) return;
  running_ = false;
  mark("not in an operation");
  recorder_of_thread = nullptr;
  count_product_flops(false);
  observe_memory(nullptr);
  profiling = false;
}

// --- events ---

std::uint32_t ProfileRecorder::row_of(bool is_mark, const char* name, std::vector<std::uint64_t> parameters) {
  const auto number = static_cast<std::uint32_t>(rows_.size());
  const auto [at, fresh] = row_numbers_.try_emplace({is_mark, name, parameters}, number);
  if (fresh) {
    rows_.push_back({is_mark, name, std::move(parameters), {}, {}, 0});
    const std::scoped_lock lock(memory_mutex_);
    held_.resize(2 * rows_.size());
  }
  return at->second;
}

std::uint32_t ProfileRecorder::slot_of(const Node& node, bool backward) {
  std::vector<std::uint64_t> parameters;
  const auto look_at = [&](const Node* leaf) {
    if (!leaf || leaf->backward || !leaf->extras || leaf->extras->name.empty()) return;
    if (std::find(parameters.begin(), parameters.end(), leaf->id) != parameters.end()) return;
    parameters.push_back(leaf->id);
    parameter_names_.insert_or_assign(leaf->id, leaf->extras->name);
  };
  const bool is_leaf = backward && !node.backward;
  if (is_leaf) look_at(&node);
  for (std::uint32_t i = 0; i < node.input_count; ++i) look_at(behind_views(node.inputs[i].get()));
  return 2 * row_of(false, is_leaf ? "store gradient" : node.operation, std::move(parameters)) +
         (backward ? 1 : 0);
}

void ProfileRecorder::mark(const char* name) { end_event(2 * row_of(true, name, {})); }

/// Everything since the last event was for `slot`. What this itself takes is counted for nobody.
void ProfileRecorder::end_event(std::uint32_t slot, std::int64_t calls) {
  const std::int64_t duration = now() - last_;
  const std::uint64_t flops = product_flops();
  ProfileRow& row = rows_[slot / 2];
  ProfileCost& cost = slot % 2 ? row.backward : row.forward;
  cost.calls += calls;
  cost.milliseconds += static_cast<double>(duration) * 1e-6;
  cost.flops += flops - last_flops_;
  events_.push_back({slot, last_, duration, flops - last_flops_, settle_memory(slot)});
  last_flops_ = flops;
  last_ = now();
}

void ProfileRecorder::pass_begins() {
  mark("not in an operation");
  const std::scoped_lock lock(memory_mutex_);
  for (std::size_t i = 1; i < rows_.size(); ++i) {
    if (!rows_[i].is_mark) rows_[i].kept_bytes = std::max(rows_[i].kept_bytes, held_[2 * i]);
  }
}

// --- memory ---

void ProfileRecorder::allocated(const void* block, std::size_t bytes, std::size_t used) noexcept {
  const std::scoped_lock lock(memory_mutex_);
  blocks_[block] = {bytes, unnamed};
  unnamed_blocks_.push_back(block);
  held_[unnamed] += bytes;
  used_ = used;
  if (used <= peak_bytes_) return;
  peak_bytes_ = used;
  peak_slot_ = unnamed;
  at_peak_ = true;
}

void ProfileRecorder::freed(const void* block, std::size_t, std::size_t used) noexcept {
  const std::scoped_lock lock(memory_mutex_);
  if (std::exchange(at_peak_, false)) peak_held_ = held_;
  used_ = used;
  const auto found = blocks_.find(block);
  if (found == blocks_.end()) return;  // from before the profile
  held_[found->second.slot] -= found->second.bytes;
  blocks_.erase(found);
}

/// What was allocated since the last event was for `slot`. Returns the bytes in use.
std::size_t ProfileRecorder::settle_memory(std::uint32_t slot) {
  const std::scoped_lock lock(memory_mutex_);
  for (const void* block : unnamed_blocks_) {
    const auto found = blocks_.find(block);
    if (found != blocks_.end() && found->second.slot == unnamed) found->second.slot = slot;
  }
  unnamed_blocks_.clear();
  held_[slot] += std::exchange(held_[unnamed], 0);
  if (peak_slot_ == unnamed) peak_slot_ = slot;
  peak_held_.resize(held_.size());
  peak_held_[slot] += std::exchange(peak_held_[unnamed], 0);
  return used_;
}

ProfilePeak ProfileRecorder::peak() const {
  const std::scoped_lock lock(memory_mutex_);
  ProfilePeak peak;
  peak.bytes = peak.bytes_before = peak_bytes_;
  if (peak_slot_ != nobody) peak.operation = rows_[peak_slot_ / 2].name + (peak_slot_ % 2 ? " backward" : "");
  const std::vector<std::size_t>& held = at_peak_ ? held_ : peak_held_;
  for (std::size_t slot = 0; slot < held.size(); ++slot) {
    if (held[slot] == 0) continue;
    peak.holders.emplace_back(label(static_cast<std::uint32_t>(slot)), held[slot]);
    peak.bytes_before -= held[slot];
  }
  std::stable_sort(peak.holders.begin(), peak.holders.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return peak;
}

std::string ProfileRecorder::label(std::uint32_t slot) const {
  const ProfileRow& row = rows_[slot / 2];
  std::string text = row.name;
  for (std::size_t i = 0; i < row.parameters.size(); ++i) {
    text += (i == 0 ? " (" : ", ") + parameter_name(row.parameters[i]);
  }
  if (!row.parameters.empty()) text += ")";
  return text + (slot % 2 ? " backward" : "");
}

}  // namespace gradus
