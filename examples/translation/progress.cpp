#include "progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace translation {

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::min(seconds, 1e9) + 0.5);
  char text[48];
  if (whole < 60) std::snprintf(text, sizeof text, "%d s", static_cast<int>(whole));
  else if (whole < 3600)
    std::snprintf(text, sizeof text, "%d min %02d s", static_cast<int>(whole / 60),
                  static_cast<int>(whole % 60));
  else
    std::snprintf(text, sizeof text, "%d h %02d min", static_cast<int>(whole / 3600),
                  static_cast<int>(whole / 60 % 60));
  return text;
}

Progress::Progress(std::string label, double total, double done)
    : label_(std::move(label)),
      total_(total),
      before_(done),
      terminal_(isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()),
      last_(start_) {}

void Progress::update(double done, const std::string& note) {
  done = std::min(done, total_);
  const auto now = std::chrono::steady_clock::now();
  const std::chrono::duration<double> pause(terminal_ ? 0.1 : 10.0);
  if (now - last_ < pause && (done < total_ || !terminal_)) return;
  last_ = now;
  const double share = total_ > 0 ? done / total_ : 1;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const std::string left = done > before_ ? duration_text(elapsed * (total_ - done) / (done - before_)) : "?";
  if (!terminal_) {
    std::fprintf(stderr, "%s %3.0f %%  %s  %s left\n", label_.c_str(), 100 * share, note.c_str(),
                 left.c_str());
    return;
  }
  constexpr int width = 24;
  const int full = static_cast<int>(share * width);
  std::string bar;
  for (int i = 0; i < width; ++i) bar += i < full ? "█" : "░";
  std::fprintf(stderr, "\r\033[K%s %s %3.0f %%  %s  %s left", label_.c_str(), bar.c_str(), 100 * share,
               note.c_str(), left.c_str());
}

void Progress::finish() {
  if (terminal_) std::fprintf(stderr, "\r\033[K");
}

}  // namespace translation
