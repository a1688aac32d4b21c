// A bar for long work: done, rate, time left. On a terminal it is redrawn in place; elsewhere a line is
// written now and then.
#pragma once
#include <chrono>
#include <string>

namespace translation {

class Progress {
 public:
  /// Writes to standard error. `total` is of any unit; `done` of it was done before, in a time that does not
  /// count.
  Progress(std::string label, double total, double done = 0);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { finish(); }
  /// `note` stands behind the bar: loss, tokens/s.
  void update(double done, const std::string& note);
  /// Ends the line of the bar.
  void finish();

 private:
  std::string label_;
  double total_, before_;
  bool terminal_;
  std::chrono::steady_clock::time_point start_, last_;
};

/// "42 s", "3 min 05 s", "2 h 03 min".
std::string duration_text(double seconds);

}  // namespace translation
