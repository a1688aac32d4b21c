// Splitting a line into tokens and joining tokens into a line.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace gradus {

/// Splits lines into tokens, one of two ways:
///
/// - `words`: the pieces between white space. Joined with single spaces.
/// - `characters`: every code point is a token, which suits Chinese; a run of white space is the one token
///   "▁" (U+2581), visible in vocabularies and attention maps. A "▁" of the text itself becomes the token
///   "▁▁", so that joining never confuses the two.
///
/// Either way `detokenize(tokenize(line))` is the line with each run of white space made one space and none
/// at its ends, and white space is that of `is_white_space`.
struct Tokenizer {
  enum Kind { words, characters };

  Kind kind = words;

  /// The kind called `words` or `characters`, for options and saved settings. Throws Error for another name.
  static Tokenizer named(std::string_view name);
  std::string_view name() const;

  /// The tokens of a line; none for an empty line. Throws Error when the line is not valid UTF-8.
  std::vector<std::string> tokenize(std::string_view line) const;

  std::string detokenize(const std::vector<std::string>& tokens) const;
};

}  // namespace gradus
