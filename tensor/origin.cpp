#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>

#include <cstdint>
#include <cstdio>

namespace gradus {

void Origin::refuse(const std::string& why) const { throw Error(operation, what + " " + why); }

namespace {

/// Bytes of the code point at the front of `text` (not empty) and its value; 0 bytes where it is not UTF-8.
std::size_t decode(std::string_view text, std::uint32_t& value) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const std::uint32_t first = byte(0);
  if (first < 0x80) {
    value = first;
    return 1;
  }
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  value = first & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    value = value << 6 | (byte(i) & 0x3f);
  }
  constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};  // of so many bytes
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  return value < smallest[length] || value > 0x10ffff || surrogate ? 0 : length;
}

/// Controls, line and paragraph separators, and what turns the direction of a terminal's line.
bool is_control(std::uint32_t value) {
  return value < 0x20 || (value >= 0x7f && value < 0xa0) || value == 0x061c || value == 0xfeff ||
         (value >= 0x200b && value <= 0x200f) || (value >= 0x2028 && value <= 0x202e) ||
         (value >= 0x2060 && value <= 0x206f);
}

void append_escaped(std::string& result, std::uint32_t value) {
  char text[16];
  switch (value) {
    case '\\': result += "\\\\"; return;
    case '\n': result += "\\n"; return;
    case '\r': result += "\\r"; return;
    case '\t': result += "\\t"; return;
    default:
      std::snprintf(text, sizeof text, value < 0x100 && value != 0xad ? "\\x%02x" : "\\u{%x}", value);
      result += text;
  }
}

}  // namespace

bool is_utf8(std::string_view text) {
  std::uint32_t value = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = decode(text.substr(at), value);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::string printable(std::string_view text, std::size_t longest) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    if (result.size() >= longest) return result + "...";
    std::uint32_t value = 0;
    const std::size_t length = decode(text.substr(at), value);
    if (length == 0) append_escaped(result, static_cast<unsigned char>(text[at]));
    else if (is_control(value) || value == '\\') append_escaped(result, value);
    else result += text.substr(at, length);
    at += length == 0 ? 1 : length;
  }
  return result;
}

std::string path_text(std::string_view path) { return printable(path, 4096); }

}  // namespace gradus
