#include "ngrams.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace scoring {
namespace {

/// Replaces the (n-1)-grams of `grams`, by number, with n-grams, and returns how many different ones there
/// are. An n-gram is the (n-1)-gram where it starts and the last of its tokens; for n = 1 the former is 0.
std::size_t extend(std::vector<Sequence>& grams, const std::vector<Sequence>& texts, std::size_t order) {
  std::vector<std::vector<std::uint64_t>> keys(texts.size());
  std::vector<std::uint64_t> different;
  for (std::size_t t = 0; t < texts.size(); ++t) {
    for (std::size_t i = 0; i + order <= texts[t].size(); ++i) {
      keys[t].push_back((std::uint64_t{grams[t][i]} << 32) | texts[t][i + order - 1]);
    }
    different.insert(different.end(), keys[t].begin(), keys[t].end());
  }
  std::sort(different.begin(), different.end());
  different.erase(std::unique(different.begin(), different.end()), different.end());
  for (std::size_t t = 0; t < texts.size(); ++t) {
    grams[t].resize(keys[t].size());
    std::transform(keys[t].begin(), keys[t].end(), grams[t].begin(), [&](std::uint64_t key) {
      const auto place = std::lower_bound(different.begin(), different.end(), key);
      return static_cast<std::uint32_t>(place - different.begin());
    });
  }
  return different.size();
}

}  // namespace

std::vector<Sequence> number_tokens(const std::vector<std::vector<std::string>>& texts) {
  std::unordered_map<std::string_view, std::uint32_t> numbers;
  std::vector<Sequence> result;
  for (const std::vector<std::string>& tokens : texts) {
    Sequence& sequence = result.emplace_back();
    for (const std::string& token : tokens) {
      sequence.push_back(numbers.emplace(token, static_cast<std::uint32_t>(numbers.size())).first->second);
    }
  }
  return result;
}

std::vector<NgramCounts> count_ngrams(const std::vector<Sequence>& texts, int max_order) {
  std::vector<Sequence> grams;
  for (const Sequence& text : texts) grams.emplace_back(text.size(), 0);
  std::vector<NgramCounts> result;
  for (int order = 1; order <= max_order; ++order) {
    const std::size_t different = extend(grams, texts, static_cast<std::size_t>(order));
    NgramCounts& counts = result.emplace_back(texts.size(), std::vector<std::int64_t>(different));
    for (std::size_t t = 0; t < texts.size(); ++t) {
      for (const std::uint32_t gram : grams[t]) ++counts[t][gram];
    }
  }
  return result;
}

std::int64_t number_of_ngrams(std::size_t length, int order) {
  return std::max<std::int64_t>(0, static_cast<std::int64_t>(length) - order + 1);
}

}  // namespace scoring
