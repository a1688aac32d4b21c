#include <gradus/data/case_tables.h>
#include <gradus/data/utf8.h>

#include <algorithm>
#include <iterator>

namespace gradus {
namespace {

constexpr char32_t capital_dotted_i = 0x0130, capital_sigma = 0x03A3, final_sigma = 0x03C2;

char32_t lowercase_of(char32_t value) {
  const CaseMapping* next =
      std::upper_bound(std::begin(case_mappings), std::end(case_mappings), value,
                       [](char32_t v, const CaseMapping& mapping) { return v < mapping.first; });
  if (next == std::begin(case_mappings)) return value;
  const CaseMapping& mapping = *std::prev(next);
  const bool mapped = value <= mapping.last && (value - mapping.first) % mapping.step == 0;
  return mapped ? static_cast<char32_t>(static_cast<std::int32_t>(value) + mapping.distance) : value;
}

/// The first code point of [from, to) that is not case-ignorable is a letter with case.
template <class Iterator>
bool meets_cased(Iterator from, Iterator to) {
  from = std::find_if(from, to, [](char32_t c) { return !contains(case_ignorable, c); });
  return from != to && contains(cased, *from);
}

/// A sigma ends a word after a letter and not before one (Unicode Standard, table 3-17, Final_Sigma).
bool ends_word(const std::u32string& text, std::size_t place) {
  const auto before = text.rbegin() + static_cast<std::ptrdiff_t>(text.size() - place);
  const auto after = text.begin() + static_cast<std::ptrdiff_t>(place) + 1;
  return meets_cased(before, text.rend()) && !meets_cased(after, text.end());
}

}  // namespace

std::string lowercase(std::string_view text) {
  const std::u32string points = decode_utf8(text);
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const char32_t c = points[i];
    if (c < 0x80) {
      result += static_cast<char>(c >= U'A' && c <= U'Z' ? c + 32 : c);
    } else if (c == capital_dotted_i) {
      result += "i\u0307";  // Unicode's full mapping: i and a combining dot
    } else if (c == capital_sigma && ends_word(points, i)) {
      append_utf8(result, final_sigma);
    } else {
      append_utf8(result, lowercase_of(c));
    }
  }
  return result;
}

}  // namespace gradus
