// Attention as a picture in the terminal.
#pragma once
#include <string>
#include <vector>

namespace translation {

/// One row per target word, one column per source word, the darker the more weight; at the right of a row the source
/// word it looks at most. `weights[i][j]` is how much target word i looks at source word j. With `colour` the cells are
/// shaded backgrounds (256-colour codes), otherwise characters.
std::string heatmap(const std::vector<std::string>& source, const std::vector<std::string>& target,
                    const std::vector<std::vector<float>>& weights, bool colour);

}  // namespace translation
