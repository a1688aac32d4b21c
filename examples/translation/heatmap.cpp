#include "heatmap.h"

#include <gradus/data/utf8.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace translation {
namespace {

std::string padded(const std::string& text, int width) {
  return text + std::string(static_cast<std::size_t>(std::max(0, width - static_cast<int>(gradus::display_width(text)))), ' ');
}

std::string cell(float weight, int width, bool colour) {
  const double share = std::clamp<double>(weight, 0, 1);
  char number[16];
  std::snprintf(number, sizeof number, "%2d", static_cast<int>(std::lround(share * 100)));
  if (colour) {
    // Greys from the background's black (232) to white (255); dark text on light cells.
    const int grey = 232 + static_cast<int>(std::lround(share * 23));
    const int text = share > 0.5 ? 16 : 250;
    return "\033[48;5;" + std::to_string(grey) + ";38;5;" + std::to_string(text) + "m" + padded(number, width) + "\033[0m";
  }
  static const char* const shades[] = {" ", "░", "▒", "▓", "█"};
  const char* shade = shades[std::lround(share * 4)];
  return padded(std::string(shade) + shade + number, width);
}

}  // namespace

std::string heatmap(const std::vector<std::string>& source, const std::vector<std::string>& target,
                    const std::vector<std::vector<float>>& weights, bool colour) {
  int row_width = 0;
  for (const std::string& word : target) row_width = std::max(row_width, static_cast<int>(gradus::display_width(word)));
  std::vector<int> widths;
  std::string text = std::string(static_cast<std::size_t>(row_width) + 2, ' ');
  for (const std::string& word : source) {
    widths.push_back(std::max(5, static_cast<int>(gradus::display_width(word)) + 1));
    text += padded(word, widths.back());
  }
  text += "\n";
  for (std::size_t i = 0; i < target.size() && i < weights.size(); ++i) {
    text += padded(target[i], row_width + 2);
    const std::size_t columns = std::min(source.size(), weights[i].size());
    for (std::size_t j = 0; j < columns; ++j) text += cell(weights[i][j], widths[j], colour);
    const auto most = std::max_element(weights[i].begin(), weights[i].begin() + static_cast<std::ptrdiff_t>(columns));
    if (columns > 0) text += "  " + source[static_cast<std::size_t>(most - weights[i].begin())];
    text += "\n";
  }
  return text;
}

}  // namespace translation
