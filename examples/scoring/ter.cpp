#include "ter.h"

#include "ngrams.h"
#include "separate.h"
#include "shifts.h"
#include "western.h"

#include <gradus/data/code_point_ranges.h>
#include <gradus/data/utf8.h>
#include <gradus/tensor/error.h>

#include <algorithm>

namespace scoring {
namespace {

using gradus::CodePointRange;
using gradus::contains;

// Ideographs, their radicals and strokes, and signs made of them. Kana stay together.
constexpr CodePointRange ideographs[] = {{0x2E80, 0x2EFF}, {0x31C0, 0x31EF}, {0x3200, 0x4DBF},
                                         {0x4E00, 0x9FFF}, {0xF900, 0xFAFF}, {0xFE30, 0xFE4F}};
constexpr CodePointRange asian_punctuation[] = {{0x3001, 0x3002}, {0x3008, 0x3011}, {0x3014, 0x301F},
                                                {0x30FB, 0x30FB}, {0xFF01, 0xFF02}, {0xFF08, 0xFF09},
                                                {0xFF0C, 0xFF0C}, {0xFF0E, 0xFF0E}, {0xFF1A, 0xFF1B},
                                                {0xFF1F, 0xFF1F}, {0xFF61, 0xFF65}};

/// tercom's rules for all languages and for Western ones.
std::string normalize(const std::string& segment) {
  std::string text = replace_all(" " + segment + " ", "\n-", "");
  text = separate_marks(unescape(replace_all(text, "\n", " ")));
  return separate_stops(replace_all(text, "'s ", " 's "));
}

bool is_asian(char32_t c) { return contains(ideographs, c) || contains(asian_punctuation, c); }

std::string without_punctuation(const std::string& segment, bool asian) {
  std::string result;
  for (const char32_t c : gradus::decode_utf8(segment)) {
    const bool western = std::u32string_view(U".,?:;!\"()").find(c) != std::u32string_view::npos;
    if (!western && !(asian && contains(asian_punctuation, c))) gradus::append_utf8(result, c);
  }
  return result;
}

const char* yes_or_no(bool value) { return value ? "yes" : "no"; }

}  // namespace

std::string Ter::signature() const {
  return std::string("case:") + (options_.case_sensitive ? "mixed" : "lc") +
         "|tok:tercom|norm:" + yes_or_no(options_.normalized) + "|punct:" + yes_or_no(!options_.no_punct) +
         "|asian:" + yes_or_no(options_.asian_support);
}

std::vector<std::string> Ter::tokens(const std::string& segment) const {
  std::string text = prepare_segment(segment, !options_.case_sensitive);
  if (options_.normalized) text = normalize(text);
  if (options_.normalized && options_.asian_support) text = set_apart(gradus::decode_utf8(text), is_asian);
  if (options_.no_punct) text = without_punctuation(text, options_.asian_support);
  const std::vector<std::string_view> pieces = gradus::split_white_space(text);
  return {pieces.begin(), pieces.end()};
}

Statistics Ter::statistics(const std::string& hypothesis, std::span<const std::string> references) const {
  std::vector<std::vector<std::string>> texts{tokens(hypothesis)};
  for (const std::string& reference : present(references)) texts.push_back(tokens(reference));
  const std::vector<Sequence> sequences = number_tokens(texts);
  std::int64_t fewest = 0;
  double length = 0;
  for (std::size_t k = 1; k < sequences.size(); ++k) {
    const std::int64_t edits = count_edits(sequences.front(), sequences[k]);
    fewest = k == 1 ? edits : std::min(fewest, edits);
    length += static_cast<double>(sequences[k].size());
  }
  return {static_cast<double>(fewest), length / static_cast<double>(sequences.size() - 1)};
}

TerScore Ter::score(const Statistics& sum) const {
  if (sum.size() != 2) {
    throw gradus::Error("ter",
                        "the statistics are " + std::to_string(sum.size()) + " numbers; they have to be 2");
  }
  const double edits = sum[0], length = sum[1];
  const double score = length > 0 ? 100 * edits / length : edits > 0 ? 100 : 0;
  return {score, edits, length};
}

}  // namespace scoring
