// Tables of ranges of code points.
#pragma once
#include <algorithm>
#include <cstddef>
#include <iterator>

namespace gradus {

struct CodePointRange {
  char32_t first, last;
};

/// Whether one of the sorted `ranges` holds `value`.
template <std::size_t N>
bool contains(const CodePointRange (&ranges)[N], char32_t value) {
  const CodePointRange* next =
      std::upper_bound(std::begin(ranges), std::end(ranges), value,
                       [](char32_t v, const CodePointRange& range) { return v < range.first; });
  return next != std::begin(ranges) && value <= std::prev(next)->last;
}

}  // namespace gradus
