#include "heatmap.h"

#include <gradus/data/utf8.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace translation {
namespace {

int width_of(const std::string& text) { return static_cast<int>(gradus::display_width(text)); }

std::string padded(const std::string& text, int width) {
  return text + std::string(static_cast<std::size_t>(std::max(0, width - width_of(text))), ' ');
}

std::string cell(float weight, int width, bool colour) {
  const double share = std::clamp<double>(weight, 0, 1);
  char number[16];
  std::snprintf(number, sizeof number, "%2d", static_cast<int>(std::lround(share * 100)));
  if (colour) {
    // Greys from the background's black (232) to white (255); dark text on light cells.
    const int grey = 232 + static_cast<int>(std::lround(share * 23));
    const int text = share > 0.5 ? 16 : 250;
    return "\033[48;5;" + std::to_string(grey) + ";38;5;" + std::to_string(text) + "m" +
           padded(number, width) + "\033[0m";
  }
  static const char* const shades[] = {" ", "░", "▒", "▓", "█"};
  const char* shade = shades[std::lround(share * 4)];
  return padded(std::string(shade) + shade + number, width);
}

/// The source words first to last (not included) that stand side by side, and the width of each.
struct Panel {
  std::size_t first, last;
  std::vector<int> widths;
};

/// As many words to a panel as `room` columns hold, at least one; room 0: all.
std::vector<Panel> panels_of(const std::vector<std::string>& source, int room) {
  std::vector<Panel> panels{{0, 0, {}}};
  int used = 0;
  for (std::size_t j = 0; j < source.size(); ++j) {
    const int width = std::max(5, width_of(source[j]) + 1);
    if (room > 0 && used > 0 && used + width > room) {
      panels.push_back({j, j, {}});
      used = 0;
    }
    panels.back().widths.push_back(width);
    panels.back().last = j + 1;
    used += width;
  }
  return panels;
}

int longest(const std::vector<std::string>& words) {
  int width = 0;
  for (const std::string& word : words) width = std::max(width, width_of(word));
  return width;
}

}  // namespace

HeatmapOptions heatmap_options() {
  if (isatty(STDOUT_FILENO) != 1) return {};
  winsize size{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
  return {.colour = true, .width = known ? size.ws_col : 0};
}

std::string heatmap(const std::vector<std::string>& source, const std::vector<std::string>& target,
                    const std::vector<std::vector<float>>& weights, const HeatmapOptions& options) {
  const int row_width = longest(target) + 2;
  const int room = options.width > 0 ? std::max(1, options.width - row_width - longest(source) - 2) : 0;
  std::string text;
  for (const Panel& panel : panels_of(source, room)) {
    if (panel.first > 0) text += "\n";
    text += padded("", row_width);
    for (std::size_t j = panel.first; j < panel.last; ++j) {
      text += padded(source[j], panel.widths[j - panel.first]);
    }
    text += "\n";
    for (std::size_t i = 0; i < target.size() && i < weights.size(); ++i) {
      text += padded(target[i], row_width);
      const std::size_t columns = std::min(source.size(), weights[i].size());
      for (std::size_t j = panel.first; j < std::min(panel.last, columns); ++j) {
        text += cell(weights[i][j], panel.widths[j - panel.first], options.colour);
      }
      constexpr float least = 0.005F;  // what is no percent is nothing
      const auto end = weights[i].begin() + static_cast<std::ptrdiff_t>(columns);
      const auto most = std::max_element(weights[i].begin(), end);
      const auto at = static_cast<std::size_t>(most - weights[i].begin());
      if (most != end && *most >= least && at >= panel.first && at < panel.last) text += "  " + source[at];
      text += "\n";
    }
  }
  return text;
}

}  // namespace translation
