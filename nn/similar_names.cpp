#include <gradus/nn/similar_names.h>

#include <algorithm>
#include <numeric>
#include <unordered_set>

namespace gradus::detail {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty() && a.front() == b.front()) a.remove_prefix(1), b.remove_prefix(1);
  while (!a.empty() && !b.empty() && a.back() == b.back()) a.remove_suffix(1), b.remove_suffix(1);
  // Row i of the table: row[j] is the distance between the first i characters of a and the first j of b.
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];  // of the row before, one to the left
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string prefix_between(const std::vector<std::string_view>& names,
                           const std::vector<std::string_view>& others) {
  if (names.empty() || others.size() < names.size()) return "";
  const std::unordered_set<std::string_view> known(others.begin(), others.end());
  const std::string_view first = names.front();
  for (const std::string_view other : others) {
    if (other.size() < first.size() + 2 || !other.ends_with(first)) continue;
    const std::string prefix(other.substr(0, other.size() - first.size()));
    if (prefix.back() != '.') continue;
    const bool holds = std::all_of(names.begin(), names.end(), [&](std::string_view name) {
      return known.contains(prefix + std::string(name));
    });
    if (holds) return prefix;
  }
  return "";
}

}  // namespace gradus::detail
