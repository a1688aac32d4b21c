#include "chrf.h"

#include "ngrams.h"

#include <gradus/data/utf8.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace scoring {
namespace {

using gradus::Error;

constexpr double epsilon = 1e-16;

void check_range(const char* what, int value, int least, int most) {
  if (value >= least && value <= most) return;
  throw Error("chrf", std::string(what) + " is " + std::to_string(value) + "; it has to be " +
                          std::to_string(least) + " to " + std::to_string(most));
}

bool is_ascii_punctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

bool is_single_character(std::string_view word) {
  const auto first = gradus::decode_utf8(word, 0);
  return first && first->length == word.size();
}

std::vector<std::string> words_of(std::string_view segment) {
  std::vector<std::string> words;
  for (const std::string_view word : gradus::split_white_space(segment)) {
    std::size_t cut = 0;  // where the word falls into two
    if (!is_single_character(word)) {
      if (is_ascii_punctuation(word.back())) cut = word.size() - 1;
      else if (is_ascii_punctuation(word.front())) cut = 1;
    }
    if (cut > 0) words.emplace_back(word.substr(0, cut));
    words.emplace_back(word.substr(cut));
  }
  return words;
}

Sequence characters_of(std::string_view segment, bool whitespace) {
  Sequence result;
  for (const char32_t c : gradus::decode_utf8(segment)) {
    if (whitespace || !gradus::is_white_space(c)) result.push_back(c);
  }
  return result;
}

/// Appends the counts of one order for the reference `which`, 1 or more.
void append(Statistics& result, const NgramCounts& counts, std::size_t which) {
  double hypothesis = 0, reference = 0, matches = 0;
  for (std::size_t gram = 0; gram < counts.front().size(); ++gram) {
    const std::int64_t ours = counts.front()[gram], theirs = counts[which][gram];
    hypothesis += static_cast<double>(ours);
    reference += static_cast<double>(theirs);
    matches += static_cast<double>(std::min(ours, theirs));
  }
  result.insert(result.end(), {reference > 0 ? hypothesis : 0, reference, matches});
}

/// (1 + beta^2) precision recall / (beta^2 precision + recall); Popović 2015, equation 1.
double f_score(double precision, double recall, double beta, double otherwise) {
  const double divisor = beta * beta * precision + recall;
  return divisor > 0 ? (1 + beta * beta) * precision * recall / divisor : otherwise;
}

}  // namespace

Chrf::Chrf(const ChrfOptions& options) : options_(options) {
  check_range("char_order", options.char_order, 1, 100);
  check_range("word_order", options.word_order, 0, 100);
  check_range("beta", options.beta, 1, 1000);
}

std::string Chrf::name() const {
  return "chrF" + std::to_string(options_.beta) +
         std::string(static_cast<std::size_t>(options_.word_order), '+');
}

std::string Chrf::signature() const {
  return std::string("case:") + (options_.lowercase ? "lc" : "mixed") +
         "|eff:" + (options_.eps_smoothing ? "no" : "yes") + "|nc:" + std::to_string(options_.char_order) +
         "|nw:" + std::to_string(options_.word_order) + "|space:" + (options_.whitespace ? "yes" : "no");
}

Statistics Chrf::statistics(const std::string& hypothesis, std::span<const std::string> references) const {
  std::vector<Sequence> characters;
  std::vector<std::vector<std::string>> words;
  const auto add = [&](const std::string& text) {
    const std::string segment = prepare_segment(text, options_.lowercase);
    characters.push_back(characters_of(segment, options_.whitespace));
    words.push_back(options_.word_order > 0 ? words_of(segment) : std::vector<std::string>());
  };
  add(hypothesis);
  for (const std::string& reference : present(references)) add(reference);
  const std::vector<NgramCounts> of_characters = count_ngrams(characters, options_.char_order);
  const std::vector<NgramCounts> of_words = count_ngrams(number_tokens(words), options_.word_order);

  Statistics best;
  double best_score = -1;
  for (std::size_t k = 1; k < characters.size(); ++k) {
    Statistics candidate;
    for (const NgramCounts& counts : of_characters) append(candidate, counts, k);
    for (const NgramCounts& counts : of_words) append(candidate, counts, k);
    const double candidate_score = score(candidate).score;
    if (candidate_score <= best_score) continue;
    best = std::move(candidate);
    best_score = candidate_score;
  }
  return best;
}

ChrfScore Chrf::score(const Statistics& sum) const {
  const auto orders = static_cast<std::size_t>(options_.char_order + options_.word_order);
  if (sum.size() != 3 * orders) {
    throw Error("chrf", "the statistics are " + std::to_string(sum.size()) + " numbers; for " +
                            std::to_string(orders) + " orders they are " + std::to_string(3 * orders));
  }
  double precisions = 0, recalls = 0, scores = 0, averaged = 0;
  for (std::size_t i = 0; i < orders; ++i) {
    const double hypothesis = sum[3 * i], reference = sum[3 * i + 1], matches = sum[3 * i + 2];
    const double precision = hypothesis > 0 ? matches / hypothesis : epsilon;
    const double recall = reference > 0 ? matches / reference : epsilon;
    scores += f_score(precision, recall, options_.beta, epsilon);
    if (hypothesis > 0 && reference > 0) {
      precisions += precision;
      recalls += recall;
      ++averaged;
    }
  }
  if (options_.eps_smoothing) return {100 * scores / static_cast<double>(orders)};
  if (averaged == 0) return {0};
  return {100 * f_score(precisions / averaged, recalls / averaged, options_.beta, 0)};
}

}  // namespace scoring
