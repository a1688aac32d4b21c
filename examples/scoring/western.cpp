#include "western.h"

#include "separate.h"

namespace scoring {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_stop(char c) { return c == '.' || c == ','; }

bool is_mark(char c) {
  const bool printable = c > ' ' && c <= '~';
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return printable && !letter && !is_digit(c) && !is_stop(c) && c != '\'' && c != '-';
}

}  // namespace

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string result;
  std::size_t start = 0;
  for (std::size_t found = text.find(from); found != std::string_view::npos; found = text.find(from, start)) {
    (result += text.substr(start, found - start)) += to;
    start = found + from.size();
  }
  return result += text.substr(start);
}

std::string unescape(std::string_view text) {
  if (text.find('&') == std::string_view::npos) return std::string(text);
  std::string result = replace_all(text, "&quot;", "\"");
  result = replace_all(result, "&amp;", "&");
  result = replace_all(result, "&lt;", "<");
  return replace_all(result, "&gt;", ">");
}

std::string separate_marks(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (is_mark(c)) ((result += ' ') += c) += ' ';
    else result += c;
  }
  return result;
}

// Bytes do for characters here: the last byte of one is no digit, and its first byte is none either.
std::string separate_stops(std::string_view text) {
  std::string result = split_pairs(
      std::string(text), [](char a, char b) { return !is_digit(a) && is_stop(b); }, Mark::second);
  result = split_pairs(
      result, [](char a, char b) { return is_stop(a) && !is_digit(b); }, Mark::first);
  return split_pairs(
      result, [](char a, char b) { return is_digit(a) && b == '-'; }, Mark::second);
}

}  // namespace scoring
