#include "demo_baselines.h"

#include "demo_lexicon.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <sstream>

namespace translation {

namespace {

// Numbers for words, in the order in which they come.
class Numbering {
 public:
  std::size_t number(const std::string& word) {
    return numbers_.emplace(word, numbers_.size()).first->second;
  }
  std::vector<std::size_t> numbers(const std::vector<std::string>& words) {
    std::vector<std::size_t> result;
    for (const std::string& word : words) result.push_back(number(word));
    return result;
  }
  std::size_t size() const { return numbers_.size(); }
  /// The words by their numbers.
  std::vector<std::string> words() const {
    std::vector<std::string> result(numbers_.size());
    for (const auto& [word, index] : numbers_) result[index] = word;
    return result;
  }

 private:
  std::map<std::string, std::size_t> numbers_;
};

std::vector<std::string> longest_words(const std::string& sentence) {
  static const std::vector<std::string> listed = chinese_words();
  static const std::set<std::string> lexicon(listed.begin(), listed.end());
  const std::size_t longest = 12;  // bytes: four characters
  std::vector<std::string> words;
  for (std::size_t at = 0; at < sentence.size();) {
    std::size_t length = std::min(longest, sentence.size() - at);
    while (length > 1 && !lexicon.count(sentence.substr(at, length))) --length;
    words.push_back(sentence.substr(at, length));
    at += length;
  }
  return words;
}

double percent(std::size_t hits, std::size_t all) {
  return all == 0 ? 0.0 : 100.0 * static_cast<double>(hits) / static_cast<double>(all);
}

using Numbered = std::vector<std::size_t>;

// The most likely target word of each source word.
std::vector<std::size_t> dictionary(const std::vector<std::pair<Numbered, Numbered>>& pairs,
                                    std::size_t source_words) {
  // probability[s][t] of target word t for source word s; equal for all t before the first round.
  std::vector<std::map<std::size_t, double>> probability(source_words);
  for (const auto& [source, target] : pairs) {
    for (const std::size_t s : source) {
      for (const std::size_t t : target) probability[s][t] = 1.0;
    }
  }
  for (int round = 0; round < 5; ++round) {
    std::vector<std::map<std::size_t, double>> counts(source_words);
    for (const auto& [source, target] : pairs) {
      for (const std::size_t t : target) {
        double total = 0;
        for (const std::size_t s : source) total += probability[s].at(t);
        for (const std::size_t s : source) counts[s][t] += probability[s].at(t) / total;
      }
    }
    for (auto& row : counts) {
      double total = 0;
      for (const auto& [t, count] : row) total += count;
      for (auto& [t, count] : row) count /= total;
    }
    probability = std::move(counts);
  }
  std::vector<std::size_t> best;
  for (const auto& row : probability) {
    best.push_back(std::max_element(row.begin(), row.end(), [](const auto& a, const auto& b) {
                     return a.second < b.second;
                   })->first);
  }
  return best;
}

std::size_t edit_distance(const Numbered& a, const Numbered& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> demo_words(const std::string& sentence, bool is_characters) {
  if (is_characters) return longest_words(sentence);
  std::istringstream stream(sentence);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

double dictionary_exact_match(const DemoCorpus& corpus, bool target_is_characters) {
  Numbering source, target;
  std::vector<std::pair<Numbered, Numbered>> pairs;
  for (const DemoPair& pair : corpus.train) {
    pairs.emplace_back(source.numbers(demo_words(pair.source, false)),
                       target.numbers(demo_words(pair.target, target_is_characters)));
  }
  const std::size_t known = source.size();
  const std::vector<std::size_t> best = dictionary(pairs, known);
  const std::vector<std::string> words = target.words();
  std::size_t hits = 0;
  for (const DemoPair& pair : corpus.test) {
    std::string line;
    for (const std::size_t s : source.numbers(demo_words(pair.source, false))) {
      if (s >= known) continue;
      if (!line.empty() && !target_is_characters) line += ' ';
      line += words[best[s]];
    }
    hits += line == pair.target ? 1 : 0;
  }
  return percent(hits, corpus.test.size());
}

double nearest_exact_match(const DemoCorpus& corpus) {
  Numbering numbering;
  std::vector<Numbered> train;
  for (const DemoPair& pair : corpus.train)
    train.push_back(numbering.numbers(demo_words(pair.source, false)));
  std::size_t hits = 0;
  for (const DemoPair& pair : corpus.test) {
    const Numbered wanted = numbering.numbers(demo_words(pair.source, false));
    std::size_t nearest = 0, least = std::numeric_limits<std::size_t>::max();
    for (std::size_t i = 0; i < train.size(); ++i) {
      // No sentence is nearer than the difference of the lengths.
      const std::size_t length = train[i].size();
      if ((length > wanted.size() ? length - wanted.size() : wanted.size() - length) >= least) continue;
      const std::size_t distance = edit_distance(train[i], wanted);
      if (distance < least) {
        least = distance;
        nearest = i;
      }
    }
    if (!train.empty() && corpus.train[nearest].target == pair.target) ++hits;
  }
  return percent(hits, corpus.test.size());
}

}  // namespace translation
