// Which names may be meant by others: for the reports of loading.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::detail {

/// How many characters must be inserted, removed or replaced to make one text the other (Levenshtein 1966).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The prefix, ending in a dot, behind which every one of `names` stands among `others`; "" where there is
/// none or no name: {"0.bias"} and {"module.0.bias", "x"} -> "module.".
std::string prefix_between(const std::vector<std::string_view>& names,
                           const std::vector<std::string_view>& others);

}  // namespace gradus::detail
