// Spaces between what tokenizers set apart, in text of bytes or of code points.
#pragma once

#include <gradus/data/utf8.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace scoring {

/// Which of two neighbours is the mark that is split off.
enum class Mark { first, second };

/// Writes every two neighbours for which `matches` holds with a space between them and one on the side of the
/// mark; goes on behind the two: of "a.,b", "a." is one and ",b" the next.
template <class Text, class Predicate>
Text split_pairs(const Text& text, Predicate matches, Mark mark) {
  constexpr typename Text::value_type space = ' ';
  Text result;
  std::size_t i = 0;
  while (i < text.size()) {
    if (i + 1 < text.size() && matches(text[i], text[i + 1])) {
      if (mark == Mark::first) result += space;
      ((result += text[i]) += space) += text[i + 1];
      if (mark == Mark::second) result += space;
      i += 2;
    } else {
      result += text[i++];
    }
  }
  return result;
}

/// Spaces around every code point for which `single` holds; UTF-8.
template <class Predicate>
std::string set_apart(const std::u32string& text, Predicate single) {
  std::string result;
  for (const char32_t c : text) {
    const std::string_view space = single(c) ? " " : "";
    result += space;
    gradus::append_utf8(result, c);
    result += space;
  }
  return result;
}

}  // namespace scoring
