#include "bleu.h"

#include "ngrams.h"

#include <gradus/tensor/error.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace scoring {
namespace {

using gradus::Error;

constexpr int highest_order = 100;
constexpr double largest_smoothing = 1e9;  // in n-grams

void check(const BleuOptions& options) {
  if (options.max_order < 1 || options.max_order > highest_order) {
    throw Error("bleu", "max_order is " + std::to_string(options.max_order) + "; it has to be 1 to " +
                            std::to_string(highest_order));
  }
  if (options.smooth_value && !(*options.smooth_value >= 0 && *options.smooth_value <= largest_smoothing)) {
    throw Error("bleu", "smooth_value is " + std::to_string(*options.smooth_value) + "; it has to be 0 to " +
                            fixed(largest_smoothing, 0));
  }
}

void check(const Statistics& sum, std::size_t orders) {
  if (sum.size() != 2 + 2 * orders) {
    throw Error("bleu", "the statistics are " + std::to_string(sum.size()) + " numbers; for a max_order of " +
                            std::to_string(orders) + " they are " + std::to_string(2 + 2 * orders));
  }
  for (std::size_t i = 0; i < orders; ++i) {
    const double count = sum[2 + i], total = sum[2 + orders + i];
    if (count >= 0 && count <= total) continue;
    throw Error("bleu", "order " + std::to_string(i + 1) + " has " + fixed(count, 0) + " matches among " +
                            fixed(total, 0) + " n-grams; matches have to be 0 to that number");
  }
}

/// `texts` are the hypothesis and its references.
std::size_t closest_length(const std::vector<Sequence>& texts) {
  const auto distance = [&](std::size_t length) {
    return std::abs(static_cast<std::int64_t>(length) - static_cast<std::int64_t>(texts.front().size()));
  };
  std::size_t closest = texts.at(1).size();
  for (std::size_t k = 2; k < texts.size(); ++k) {
    const std::size_t length = texts[k].size();
    const std::int64_t gain = distance(closest) - distance(length);
    if (gain > 0 || (gain == 0 && length < closest)) closest = length;
  }
  return closest;
}

/// Matches of the hypothesis, each n-gram counted no more often than in the reference that has it most.
std::int64_t clipped_matches(const NgramCounts& counts) {
  std::int64_t matches = 0;
  for (std::size_t gram = 0; gram < counts.front().size(); ++gram) {
    std::int64_t most = 0;
    for (std::size_t k = 1; k < counts.size(); ++k) most = std::max(most, counts[k][gram]);
    matches += std::min(counts.front()[gram], most);
  }
  return matches;
}

double brevity_penalty(std::int64_t hypothesis_length, std::int64_t reference_length) {
  if (hypothesis_length >= reference_length) return 1;
  if (hypothesis_length == 0) return 0;
  return std::exp(1 - static_cast<double>(reference_length) / static_cast<double>(hypothesis_length));
}

/// exp(mean(log precision)); any precision of 0 makes it 0, for log(0) is minus infinity.
double geometric_mean(std::span<const double> precisions) {
  double sum = 0;
  for (const double precision : precisions) sum += std::log(precision);
  return std::exp(sum / static_cast<double>(precisions.size()));
}

double default_value(Smoothing smoothing) { return smoothing == Smoothing::floor ? 0.1 : 1; }

}  // namespace

Bleu::Bleu(const BleuOptions& options) : options_(options) { check(options); }

std::string Bleu::signature() const {
  std::string smoothing;
  const std::string value =
      "[" + fixed(options_.smooth_value.value_or(default_value(options_.smoothing)), 2) + "]";
  switch (options_.smoothing) {
    case Smoothing::none: smoothing = "none"; break;
    case Smoothing::exp: smoothing = "exp"; break;
    case Smoothing::floor: smoothing = "floor" + value; break;
    case Smoothing::add_k: smoothing = "add-k" + value; break;
  }
  return std::string("case:") + (options_.lowercase ? "lc" : "mixed") +
         "|eff:" + (options_.effective_order ? "yes" : "no") +
         "|tok:" + std::string(scoring::name(options_.tokenizer)) + "|smooth:" + smoothing +
         (options_.max_order == 4 ? "" : "|order:" + std::to_string(options_.max_order));
}

Statistics Bleu::statistics(const std::string& hypothesis, std::span<const std::string> references) const {
  const auto tokens = [this](const std::string& segment) {
    return tokenize(options_.tokenizer, prepare_segment(segment, options_.lowercase));
  };
  std::vector<std::vector<std::string>> texts{tokens(hypothesis)};
  for (const std::string& reference : present(references)) texts.push_back(tokens(reference));
  const std::vector<Sequence> sequences = number_tokens(texts);
  const std::size_t length = sequences.front().size();

  Statistics result{static_cast<double>(length), static_cast<double>(closest_length(sequences))};
  for (const NgramCounts& counts : count_ngrams(sequences, options_.max_order)) {
    result.push_back(static_cast<double>(clipped_matches(counts)));
  }
  for (int order = 1; order <= options_.max_order; ++order) {
    result.push_back(static_cast<double>(number_of_ngrams(length, order)));
  }
  return result;
}

/// Fills the precisions, smoothing the counts and totals of `result` on the way; gives the number of orders
/// to average.
std::size_t Bleu::smooth(BleuScore& result) const {
  const std::size_t orders = result.counts.size();
  const double value = options_.smooth_value.value_or(default_value(options_.smoothing));
  double divisor = 1;
  std::size_t reached = 0;
  for (std::size_t i = 0; i < orders; ++i) {
    double &count = result.counts[i], &total = result.totals[i];
    if (options_.smoothing == Smoothing::add_k && i > 0) {
      count += value;
      total += value;
    }
    if (total == 0) break;
    reached = i + 1;
    double matches = count;
    if (count == 0 && options_.smoothing == Smoothing::exp) matches = 1 / (divisor *= 2);
    if (count == 0 && options_.smoothing == Smoothing::floor) matches = value;
    result.precisions[i] = 100 * matches / total;
  }
  return options_.effective_order && reached > 0 ? reached : orders;
}

BleuScore Bleu::score(const Statistics& sum) const {
  const auto orders = static_cast<std::size_t>(options_.max_order);
  check(sum, orders);
  BleuScore result;
  result.hypothesis_length = static_cast<std::int64_t>(sum[0]);
  result.reference_length = static_cast<std::int64_t>(sum[1]);
  const auto counts = sum.begin() + 2, totals = counts + options_.max_order;
  result.counts.assign(counts, totals);
  result.totals.assign(totals, sum.end());
  result.precisions.assign(orders, 0.0);
  result.brevity_penalty = brevity_penalty(result.hypothesis_length, result.reference_length);
  if (std::all_of(counts, totals, [](double count) { return count == 0; })) return result;

  const std::size_t averaged = smooth(result);
  const double mean = geometric_mean(std::span<const double>(result.precisions).first(averaged));
  result.score = result.brevity_penalty * mean;
  // Rounding may reach just above 100. A large value of smoothing goes beyond it rightly.
  if (result.score < 100 + 1e-9) result.score = std::min(100.0, result.score);
  return result;
}

std::string BleuScore::details() const {
  std::string parts;
  for (const double precision : precisions) parts += (parts.empty() ? "" : "/") + fixed(precision, 1);
  const double ratio = reference_length == 0
                           ? 0
                           : static_cast<double>(hypothesis_length) / static_cast<double>(reference_length);
  return parts + " (BP = " + fixed(brevity_penalty, 3) + " ratio = " + fixed(ratio, 3) +
         " hyp_len = " + std::to_string(hypothesis_length) +
         " ref_len = " + std::to_string(reference_length) + ")";
}

}  // namespace scoring
