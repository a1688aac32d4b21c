#include "tokenizers.h"

#include "separate.h"
#include "unicode_classes.h"
#include "western.h"

#include <gradus/data/code_point_ranges.h>
#include <gradus/data/utf8.h>

#include <iterator>
#include <utility>

namespace scoring {
namespace {

constexpr std::pair<Tokenizer, std::string_view> names[] = {{Tokenizer::v13a, "13a"},
                                                            {Tokenizer::international, "intl"},
                                                            {Tokenizer::characters, "char"},
                                                            {Tokenizer::chinese, "zh"},
                                                            {Tokenizer::none, "none"}};

std::string pad(const std::string& text) { return " " + text + " "; }

std::string western(std::string_view segment) {
  std::string text = replace_all(segment, "<skipped>", "");
  text = replace_all(text, "-\n", "");  // a word that is divided at the end of a line
  text = replace_all(text, "\n", " ");
  return separate_stops(separate_marks(pad(unescape(text))));
}

std::string international(std::string_view segment) {
  std::u32string text = gradus::decode_utf8(segment);
  text = split_pairs(
      text, [](char32_t a, char32_t b) { return !is_number(a) && is_punctuation(b); }, Mark::second);
  text = split_pairs(
      text, [](char32_t a, char32_t b) { return is_punctuation(a) && !is_number(b); }, Mark::first);
  return set_apart(text, is_symbol);
}

// What sacreBLEU takes for Chinese. The first range is there because it writes the ideographs from U+20000 on
// with escapes of four digits: these are no range of theirs, and those above U+FFFF are not set apart.
constexpr gradus::CodePointRange chinese_characters[] = {
    {0x2001, 0x2A6D}, {0x2E80, 0x2EFF}, {0x2F00, 0x2FDF}, {0x2FF0, 0x303F},
    {0x3100, 0x312F}, {0x31A0, 0x31BF}, {0x31C0, 0x31EF}, {0x3200, 0x33FF},
    {0x3400, 0x4DB5}, {0x4E00, 0x9FBB}, {0xF900, 0xFA2D}, {0xFA30, 0xFA6A},
    {0xFA70, 0xFAD9}, {0xFE10, 0xFE1F}, {0xFE30, 0xFE4F}, {0xFF00, 0xFFEF}};

// White space at the ends is left out before and none is put there: a dot that begins a text follows nothing,
// and so is split off only where a digit does not follow it.
std::string chinese(std::string_view segment) {
  const std::vector<std::string_view> pieces = gradus::split_white_space(segment);
  if (pieces.empty()) return "";
  const auto size = static_cast<std::size_t>(pieces.back().end() - pieces.front().begin());
  const std::u32string text = gradus::decode_utf8(std::string_view(pieces.front().data(), size));
  const auto is_chinese = [](char32_t c) { return gradus::contains(chinese_characters, c); };
  return separate_stops(separate_marks(set_apart(text, is_chinese)));
}

std::string with_spaces(Tokenizer tokenizer, std::string_view segment) {
  switch (tokenizer) {
    case Tokenizer::v13a: return western(segment);
    case Tokenizer::international: return international(segment);
    case Tokenizer::characters: return set_apart(gradus::decode_utf8(segment), [](char32_t) { return true; });
    case Tokenizer::chinese: return chinese(segment);
    case Tokenizer::none: break;
  }
  return std::string(segment);
}

}  // namespace

std::string_view name(Tokenizer tokenizer) {
  for (const auto& [known, text] : names) {
    if (known == tokenizer) return text;
  }
  return "";
}

std::optional<Tokenizer> find_tokenizer(std::string_view name) {
  for (const auto& [tokenizer, text] : names) {
    if (text == name) return tokenizer;
  }
  return {};
}

std::vector<std::string> tokenizer_names() {
  std::vector<std::string> result;
  for (const auto& [tokenizer, text] : names) result.emplace_back(text);
  return result;
}

std::vector<std::string> tokenize(Tokenizer tokenizer, std::string_view segment) {
  const std::string text = with_spaces(tokenizer, segment);
  const std::vector<std::string_view> pieces = gradus::split_white_space(text);
  return {pieces.begin(), pieces.end()};
}

}  // namespace scoring
