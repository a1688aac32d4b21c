// Scopes that change how the thread works while they live: no_grad, enable_grad, evaluating. Other threads do not see
// them: a new thread begins with recording and training on.
#pragma once

namespace gradus {

struct ThreadModes {
  bool grad_enabled = true;
  bool training = true;
};
ThreadModes& thread_modes();

inline bool grad_enabled() { return thread_modes().grad_enabled; }
inline bool is_training() { return thread_modes().training; }

/// While it lives nothing is recorded on this thread: `no_grad scope;`
class [[nodiscard]] no_grad {
 public:
  no_grad() : before_(thread_modes().grad_enabled) { thread_modes().grad_enabled = false; }
  ~no_grad() { thread_modes().grad_enabled = before_; }
  no_grad(const no_grad&) = delete;

 private:
  bool before_;
};

/// Recording on (or off, by the argument) while it lives.
class [[nodiscard]] enable_grad {
 public:
  explicit enable_grad(bool on = true) : before_(thread_modes().grad_enabled) { thread_modes().grad_enabled = on; }
  ~enable_grad() { thread_modes().grad_enabled = before_; }
  enable_grad(const enable_grad&) = delete;

 private:
  bool before_;
};

/// Evaluation while it lives: nothing is recorded and dropout passes its input through.
class [[nodiscard]] evaluating {
 public:
  evaluating() : before_(thread_modes()) { thread_modes() = {.grad_enabled = false, .training = false}; }
  ~evaluating() { thread_modes() = before_; }
  evaluating(const evaluating&) = delete;

 private:
  ThreadModes before_;
};

}  // namespace gradus
