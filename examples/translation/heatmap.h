// Attention as a picture in the terminal.
#pragma once
#include <string>
#include <vector>

namespace translation {

struct HeatmapOptions {
  bool colour = false;  // cells are shaded backgrounds (256-colour codes); otherwise characters
  int width = 0;        // columns of the terminal; more source words than fit go on below; 0: no bound
};
/// What suits standard output: colour and a width where it is a terminal.
HeatmapOptions heatmap_options();

/// One row per target word, one column per source word, the darker the more weight; at the right of a row the
/// source word it looks at most, if it looks at any. `weights[i][j]` is how much target word i looks at
/// source word j.
std::string heatmap(const std::vector<std::string>& source, const std::vector<std::string>& target,
                    const std::vector<std::vector<float>>& weights, const HeatmapOptions& options);

}  // namespace translation
