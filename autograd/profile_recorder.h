// What a Profile writes down, and the hooks by which it hears of operations. Only for the sources of this
// folder.
#pragma once
#include <gradus/autograd/node.h>
#include <gradus/autograd/profile.h>
#include <gradus/tensor/memory.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace gradus {

/// True while a profile runs, on whichever thread: the flag to look at before a hook is called.
[[gnu::visibility("hidden")]] extern constinit std::atomic<bool> profiling;  // hidden: read without a detour

/// An operation has been computed and recorded.
void profile_forward(const Node& node);
/// The products that an operation's backward pass had put off are made.
void profile_products(const Node& operation);
/// A node's part of a backward pass is done (of a leaf: its gradient is stored).
void profile_backward(const Node& node);
/// A backward pass begins.
void profile_pass();

/// The calls of an operation with the same named parameters, or a mark.
struct ProfileRow {
  bool is_mark = false;
  std::string name;
  std::vector<std::uint64_t> parameters;  // numbers of their nodes
  ProfileCost forward, backward;
  std::size_t kept_bytes = 0;
};

/// One call on the time line.
struct ProfileEvent {
  std::uint32_t slot;            // 2 * row, + 1 for backward
  std::int64_t begin, duration;  // nanoseconds since the profile began
  std::uint64_t flops;
  std::size_t used_bytes;  // at its end
};

class ProfileRecorder final : public MemoryObserver {
 public:
  ProfileRecorder();
  ~ProfileRecorder() { stop(); }
  ProfileRecorder(const ProfileRecorder&) = delete;
  void stop();

  void forward(const Node& node) { end_event(slot_of(node, false)); }
  void backward(const Node& node) { end_event(slot_of(node, true)); }
  /// They belong to an operation whose call is counted already.
  void products(const Node& node) { end_event(slot_of(node, true), 0); }
  void mark(const char* name);
  void pass_begins();
  void allocated(const void* block, std::size_t bytes, std::size_t used) noexcept override;
  void freed(const void* block, std::size_t bytes, std::size_t used) noexcept override;

  const std::vector<ProfileRow>& rows() const { return rows_; }
  const std::vector<ProfileEvent>& events() const { return events_; }
  const std::string& parameter_name(std::uint64_t id) const { return parameter_names_.at(id); }
  ProfilePeak peak() const;
  double milliseconds() const { return static_cast<double>(last_) * 1e-6; }
  /// "linear (hidden.weight, hidden.bias) backward"
  std::string label(std::uint32_t slot) const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Block {
    std::size_t bytes;
    std::uint32_t slot;
  };
  /// Row 0: what was allocated since the last event, until the next one says for what.
  static constexpr std::uint32_t unnamed = 0;
  static constexpr std::uint32_t nobody = 0xffffffff;

  std::int64_t now() const { return std::chrono::nanoseconds(Clock::now() - start_).count(); }
  std::uint32_t slot_of(const Node& node, bool backward);
  std::uint32_t row_of(bool is_mark, const char* name, std::vector<std::uint64_t> parameters);
  void end_event(std::uint32_t slot, std::int64_t calls = 1);
  std::size_t settle_memory(std::uint32_t slot);

  const Clock::time_point start_ = Clock::now();
  bool running_ = true;
  std::int64_t last_ = 0;  // end of the last event
  std::uint64_t last_flops_ = 0;
  std::vector<ProfileRow> rows_;
  std::vector<ProfileEvent> events_;
  std::map<std::tuple<bool, std::string, std::vector<std::uint64_t>>, std::uint32_t> row_numbers_;
  std::map<std::uint64_t, std::string> parameter_names_;

  mutable std::mutex memory_mutex_;  // guards what follows: blocks come and go on any thread
  std::unordered_map<const void*, Block> blocks_;
  std::vector<const void*> unnamed_blocks_;
  std::vector<std::size_t> held_;  // bytes of the living blocks, by slot
  std::size_t used_ = 0;
  bool at_peak_ = true;  // nothing was freed since the highest point, so held_ is what was held there
  std::size_t peak_bytes_ = 0;
  std::uint32_t peak_slot_ = nobody;
  std::vector<std::size_t> peak_held_;
};

}  // namespace gradus
