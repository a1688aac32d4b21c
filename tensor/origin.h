// What the readers of files share for their messages: where something was found, and text that nobody vouches
// for.
#pragma once
#include <string>
#include <string_view>

namespace gradus {

/// What is read, and on whose behalf; every reader of a file throws through it.
struct Origin {
  std::string operation;  // "load_npz"
  std::string what;       // "'weights.npz'" or "'weights.npz', member 'w.npy',"

  /// Throws the Error "[operation] what why".
  [[noreturn]] void refuse(const std::string& why) const;
};

/// True for strict UTF-8: no overlong form, no surrogate, nothing above U+10FFFF, nothing cut off.
bool is_utf8(std::string_view text);

/// A text from a file, to be shown: at most `longest` bytes of it, then "..."; control characters (those that
/// turn the direction of writing among them), backslashes and bytes that are no UTF-8 as \n, \t, \x1b,
/// \u{202e}.
std::string printable(std::string_view text, std::size_t longest = 120);

/// A path as messages show it: whole, and printable.
std::string path_text(std::string_view path);

}  // namespace gradus
