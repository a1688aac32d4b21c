#include <gradus/data/bleu.h>
#include <gradus/data/utf8.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <span>
#include <string_view>
#include <unordered_map>

namespace gradus {
namespace {

// How often each n-gram occurs. An n-gram is named by its tokens joined with spaces, which no token contains.
using NgramCounts = std::unordered_map<std::string, std::int64_t>;

// The sentence as it is compared; `number` is its place in the corpus.
std::string prepare(const std::string& sentence, std::size_t number, const BleuOptions& options) {
  if (const std::optional<std::size_t> invalid = find_invalid_utf8(sentence)) {
    throw Error("bleu", "sentence " + std::to_string(number) + " (from 0) is invalid UTF-8 at byte offset " +
                            std::to_string(*invalid));
  }
  return options.lowercase ? lowercase(sentence) : sentence;
}

NgramCounts count_ngrams(const std::vector<std::string_view>& tokens, std::size_t order) {
  NgramCounts counts;
  for (std::size_t first = 0; first + order <= tokens.size(); ++first) {
    std::string ngram(tokens[first]);
    for (std::size_t i = 1; i < order; ++i) (ngram += ' ') += tokens[first + i];
    ++counts[ngram];
  }
  return counts;
}

// Matches of one order, each n-gram counted no more often than in the reference that has it most.
std::int64_t count_matches(const std::vector<std::string_view>& hypothesis,
                           const std::vector<std::vector<std::string_view>>& references, std::size_t order) {
  NgramCounts most;
  for (const std::vector<std::string_view>& reference : references) {
    for (const auto& [ngram, count] : count_ngrams(reference, order))
      most[ngram] = std::max(most[ngram], count);
  }
  std::int64_t matches = 0;
  for (const auto& [ngram, count] : count_ngrams(hypothesis, order)) {
    const auto found = most.find(ngram);
    if (found != most.end()) matches += std::min(count, found->second);
  }
  return matches;
}

std::int64_t closest_length(std::int64_t length,
                            const std::vector<std::vector<std::string_view>>& references) {
  auto closest = static_cast<std::int64_t>(references.front().size());
  for (const std::vector<std::string_view>& reference : references) {
    const auto candidate = static_cast<std::int64_t>(reference.size());
    const std::int64_t gain = std::abs(closest - length) - std::abs(candidate - length);
    if (gain > 0 || (gain == 0 && candidate < closest)) closest = candidate;
  }
  return closest;
}

void add_sentence(const std::vector<std::string_view>& hypothesis,
                  const std::vector<std::vector<std::string_view>>& references, BleuStatistics& statistics) {
  const auto length = static_cast<std::int64_t>(hypothesis.size());
  statistics.hypothesis_length += length;
  statistics.reference_length += closest_length(length, references);
  for (std::size_t i = 0; i < statistics.counts.size(); ++i) {
    statistics.counts[i] += count_matches(hypothesis, references, i + 1);
    statistics.totals[i] += std::max<std::int64_t>(0, length - static_cast<std::int64_t>(i));
  }
}

void check_options(const BleuOptions& options) {
  if (options.max_order < 1) {
    throw Error("bleu", "max_order is " + std::to_string(options.max_order) + "; it has to be 1 or more");
  }
  if (options.smooth_value && !(*options.smooth_value >= 0 && std::isfinite(*options.smooth_value))) {
    throw Error("bleu",
                "smooth_value is " + std::to_string(*options.smooth_value) + "; it has to be 0 or more");
  }
}

void check_references(std::size_t sentences, const std::vector<std::vector<std::string>>& references) {
  if (sentences == 0) throw Error("bleu", "there are no sentences to score");
  if (references.empty()) throw Error("bleu", "there are no references; give one set of them or more");
  for (std::size_t k = 0; k < references.size(); ++k) {
    if (references[k].size() == sentences) continue;
    throw Error("bleu", "there are " + std::to_string(sentences) + " hypotheses, but reference set " +
                            std::to_string(k) + " has " + std::to_string(references[k].size()) +
                            " sentences; each hypothesis needs its reference");
  }
}

void check_statistics(const BleuStatistics& statistics, std::size_t orders) {
  const std::vector<std::int64_t>&counts = statistics.counts, &totals = statistics.totals;
  if (counts.size() != orders || totals.size() != orders) {
    throw Error("bleu", "the statistics hold " + std::to_string(counts.size()) + " counts and " +
                            std::to_string(totals.size()) + " totals; max_order is " +
                            std::to_string(orders));
  }
  for (std::size_t i = 0; i < orders; ++i) {
    if (counts[i] >= 0 && counts[i] <= totals[i]) continue;
    throw Error("bleu", "order " + std::to_string(i + 1) + " has " + std::to_string(counts[i]) +
                            " matches among " + std::to_string(totals[i]) +
                            " n-grams; matches have to be 0 to that number");
  }
}

double brevity_penalty(std::int64_t hypothesis_length, std::int64_t reference_length) {
  if (hypothesis_length >= reference_length) return 1;
  if (hypothesis_length == 0) return 0;
  return std::exp(1 - static_cast<double>(reference_length) / static_cast<double>(hypothesis_length));
}

// Fills the precisions, smoothing the counts and totals of `result` on the way; gives the number of orders to
// average.
std::size_t smooth(BleuScore& result, const BleuOptions& options) {
  const std::size_t orders = result.counts.size();
  const double added = options.smooth_value.value_or(1), least = options.smooth_value.value_or(0.1);
  double divisor = 1;
  std::size_t reached = 0;
  for (std::size_t i = 0; i < orders; ++i) {
    double &count = result.counts[i], &total = result.totals[i];
    if (options.smoothing == BleuSmoothing::add_k && i > 0) {
      count += added;
      total += added;
    }
    if (total == 0) break;
    reached = i + 1;
    double matches = count;
    if (count == 0 && options.smoothing == BleuSmoothing::exp) matches = 1 / (divisor *= 2);
    if (count == 0 && options.smoothing == BleuSmoothing::floor) matches = least;
    result.precisions[i] = 100 * matches / total;
  }
  return options.effective_order ? reached : orders;
}

// exp(mean(log precision)); any precision of 0 makes it 0, for log(0) is minus infinity.
double geometric_mean(std::span<const double> precisions) {
  double sum = 0;
  for (const double precision : precisions) sum += std::log(precision);
  return std::exp(sum / static_cast<double>(precisions.size()));
}

}  // namespace

BleuStatistics bleu_statistics(const std::vector<std::string>& hypotheses,
                               const std::vector<std::vector<std::string>>& references,
                               const BleuOptions& options) {
  check_options(options);
  check_references(hypotheses.size(), references);
  const auto orders = static_cast<std::size_t>(options.max_order);
  BleuStatistics statistics{std::vector<std::int64_t>(orders), std::vector<std::int64_t>(orders)};
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    const std::string hypothesis = prepare(hypotheses[i], i, options);
    std::vector<std::string> sentences;
    for (const std::vector<std::string>& set : references) sentences.push_back(prepare(set[i], i, options));
    std::vector<std::vector<std::string_view>> tokens;
    for (const std::string& sentence : sentences) tokens.push_back(split_white_space(sentence));
    add_sentence(split_white_space(hypothesis), tokens, statistics);
  }
  return statistics;
}

BleuScore bleu_score(const BleuStatistics& statistics, const BleuOptions& options) {
  check_options(options);
  check_statistics(statistics, static_cast<std::size_t>(options.max_order));
  BleuScore result;
  result.precisions.assign(statistics.counts.size(), 0.0);
  result.counts.assign(statistics.counts.begin(), statistics.counts.end());
  result.totals.assign(statistics.totals.begin(), statistics.totals.end());
  result.hypothesis_length = statistics.hypothesis_length;
  result.reference_length = statistics.reference_length;
  result.brevity_penalty = brevity_penalty(result.hypothesis_length, result.reference_length);
  const bool no_match =
      std::all_of(result.counts.begin(), result.counts.end(), [](double count) { return count == 0; });
  if (no_match || result.totals.front() == 0) return result;

  const std::size_t averaged = smooth(result, options);
  const double mean = geometric_mean(std::span<const double>(result.precisions).first(averaged));
  result.score = std::min(100.0, result.brevity_penalty * mean);  // rounding may reach just above 100
  return result;
}

BleuScore corpus_bleu(const std::vector<std::string>& hypotheses,
                      const std::vector<std::vector<std::string>>& references, const BleuOptions& options) {
  return bleu_score(bleu_statistics(hypotheses, references, options), options);
}

std::string BleuScore::describe() const {
  const auto fixed = [](double value, int digits) {
    char text[64];
    return std::string(text,
                       std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits).ptr);
  };
  std::string parts;
  for (const double precision : precisions) parts += (parts.empty() ? "" : "/") + fixed(precision, 1);
  const double ratio = reference_length == 0
                           ? 0
                           : static_cast<double>(hypothesis_length) / static_cast<double>(reference_length);
  return "BLEU = " + fixed(score, 2) + " " + parts + " (BP = " + fixed(brevity_penalty, 3) +
         " ratio = " + fixed(ratio, 3) + " hyp_len = " + std::to_string(hypothesis_length) +
         " ref_len = " + std::to_string(reference_length) + ")";
}

}  // namespace gradus
