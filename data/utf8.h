// UTF-8 text: strict validation, code points, white space, width on a terminal, lower case.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gradus {

/// One code point as it stands in a text.
struct CodePoint {
  char32_t value;
  std::size_t length;  // bytes, 1 to 4
};

/// The code point that starts at byte `offset` (less than `text.size()`), or nothing where the bytes are not
/// strict UTF-8: a stray continuation byte, an overlong form, a surrogate, a value above U+10FFFF, a
/// truncated sequence. Well-formedness is that of table 3-7 of the Unicode Standard.
std::optional<CodePoint> decode_utf8(std::string_view text, std::size_t offset);

/// The code points of a text. Throws Error, naming the byte and its offset, when `text` is not valid UTF-8.
std::u32string decode_utf8(std::string_view text);

/// Appends a code point (a scalar value up to U+10FFFF) to a text.
void append_utf8(std::string& text, char32_t value);

/// The byte offset of the first sequence that is not strict UTF-8, or nothing when the whole text is valid.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

/// The code points of a text in order; the pieces point into `text`, which has to outlive them.
/// Throws Error, naming the byte and its offset, when `text` is not valid UTF-8.
std::vector<std::string_view> split_code_points(std::string_view text);

/// The pieces of a text between runs of white space, without empty pieces; they point into `text`.
/// Throws Error when `text` is not valid UTF-8.
std::vector<std::string_view> split_white_space(std::string_view text);

/// Unicode white space (no-break space U+00A0 and ideographic space U+3000 among it) and the four information
/// separators U+001C to U+001F: the set on which Python's `str.split()` splits, and so every published BLEU
/// score.
bool is_white_space(char32_t code_point);

/// The number of terminal columns that a text takes: 2 for East Asian wide characters and emoji, 0 for
/// control characters, zero-width characters and combining marks (of the Latin, Greek, Cyrillic, Hebrew,
/// Arabic, Devanagari, Thai and kana scripts and the general ones), else 1. A byte that is not valid UTF-8
/// counts 1. An emoji joined of several counts as its parts.
std::size_t display_width(std::string_view text);

/// A text in lower case, as Python's `str.lower()` has it: every letter that has a small one, a capital sigma
/// at the end of a word the final one, `İ` two code points. Throws Error when `text` is not valid UTF-8.
std::string lowercase(std::string_view text);

}  // namespace gradus
