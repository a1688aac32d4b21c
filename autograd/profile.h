// Where the time, the arithmetic and the memory of training steps go.
//
//   Profile profile;                   // starts; one at a time
//   ... training steps ...
//   profile.stop();
//   std::cout << profile.table();
//   profile.save_trace("trace.json");  // for chrome://tracing and ui.perfetto.dev
//
// How it measures. Operations are seen where they are seen anyway: when they are written down for the
// backward pass (after their kernel has run), and one by one in the backward pass. An operation's time is the
// time since the event before it on the same thread. What is not recorded (masks, data, anything under
// no_grad) therefore counts into the next event; mark() gives it a line of its own, and optimisers mark their
// steps. Memory is seen in blocks larger than 1 KiB, as in memory_statistics(). Without a profile nothing is
// done per operation but to look at one flag where it is recorded.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gradus {

class ProfileRecorder;

/// What calls of one kind took.
struct ProfileCost {
  std::int64_t calls = 0;
  double milliseconds = 0;
  std::uint64_t flops = 0;  // of matrix products, 2 m n k each; nothing else is counted
};

/// An operation, a parameter, or a mark (whose costs stand in `forward`).
struct ProfileLine {
  std::string name;
  ProfileCost forward, backward;
  /// What the operation's forward allocated and what was still there when a backward pass began; of several
  /// passes the largest. A tensor counts where it was made, not where it is saved, so the sum over operations
  /// counts nothing twice.
  std::size_t kept_bytes = 0;
};

/// The moment at which most bytes were in use.
struct ProfilePeak {
  std::size_t bytes = 0;
  /// What was running, "mul backward"; empty where the most was in use before anything ran.
  std::string operation;
  std::size_t bytes_before = 0;  // of them from before the profile began
  /// Who had allocated the rest, largest first: "linear (hidden.weight, hidden.bias)".
  std::vector<std::pair<std::string, std::size_t>> holders;
};

/// Measures what its thread does while it lives. Products and memory of other threads are counted as well,
/// into whatever runs here at that time. Made, stopped and destroyed by one thread; throws where another
/// profile is running.
class [[nodiscard]] Profile {
 public:
  Profile();
  ~Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  /// Ends the measurement; nothing happens where it has ended.
  void stop();

  /// One line for each operation, the longest time first.
  std::vector<ProfileLine> operations() const;
  /// One line for each named parameter: the cost of all operations that use it, directly or by a view. One
  /// that uses two stands in the lines of both.
  std::vector<ProfileLine> parameters() const;
  /// What mark() has named, and "not in an operation".
  std::vector<ProfileLine> marks() const;
  ProfilePeak peak() const;

  /// All of it as text.
  std::string table() const;
  /// Writes every call as an event of Chrome's trace format, and the memory in use as a counter.
  void save_trace(const std::string& path) const;

  /// Says that the time since the last event went into `name`. Costs nothing to speak of where no profile
  /// runs.
  static void mark(const char* name);

 private:
  std::unique_ptr<ProfileRecorder> recorder_;
};

}  // namespace gradus
