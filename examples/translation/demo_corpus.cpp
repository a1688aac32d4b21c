#include "demo_corpus.h"

#include "demo_baselines.h"
#include "demo_grammar.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

namespace translation {

namespace {

std::string target_of(DemoLanguage language, const DemoSentence& sentence) {
  return language == DemoLanguage::french ? sentence.french : sentence.chinese;
}

// The words of one or more pairs, those of the two sides apart from each other.
class Words {
 public:
  explicit Words(DemoLanguage language) : characters_(language == DemoLanguage::chinese) {}

  void add(const DemoPair& pair) {
    const std::vector<std::string> words = of(pair);
    words_.insert(words.begin(), words.end());
  }
  void remove(const DemoPair& pair) {
    for (const std::string& word : of(pair)) words_.erase(word);
  }
  bool has_all(const DemoPair& pair) const {
    const std::vector<std::string> words = of(pair);
    return std::all_of(words.begin(), words.end(),
                       [&](const std::string& word) { return words_.count(word) > 0; });
  }
  bool has_some(const DemoPair& pair) const {
    const std::vector<std::string> words = of(pair);
    return std::any_of(words.begin(), words.end(),
                       [&](const std::string& word) { return words_.count(word) > 0; });
  }
  std::int64_t count() const { return static_cast<std::int64_t>(words_.size()); }

 private:
  std::vector<std::string> of(const DemoPair& pair) const {
    std::vector<std::string> words;
    for (const std::string& word : demo_words(pair.source, false)) words.push_back("source " + word);
    for (const std::string& word : demo_words(pair.target, characters_)) words.push_back("target " + word);
    return words;
  }

  bool characters_;
  std::set<std::string> words_;
};

}  // namespace

DemoCorpus make_demo_corpus(DemoLanguage language, std::uint64_t seed, const DemoSizes& sizes) {
  const std::int64_t smallest = std::min({sizes.train, sizes.valid, sizes.test});
  if (sizes.train < 200 || smallest < 0 || std::max({sizes.train, sizes.valid, sizes.test}) > 300000) {
    throw std::invalid_argument("make_demo_corpus: sizes " + std::to_string(sizes.train) + ", " +
                                std::to_string(sizes.valid) + ", " + std::to_string(sizes.test) +
                                "; 200 to 300000 for training, 0 to 300000 for the others");
  }
  DemoCorpus corpus;
  gradus::RandomBits random(seed);
  std::set<std::string> taken;
  Words known(language), missing(language);
  for (const std::string& english : demo_showcase()) {
    taken.insert(english);
    missing.add({english, demo_translation(language, english)});
  }
  const auto draw = [&] {
    for (;;) {
      const DemoSentence sentence = draw_sentence(random);
      if (!taken.count(sentence.english)) return DemoPair{sentence.english, target_of(language, sentence)};
    }
  };
  const auto keep = [&](std::vector<DemoPair>& part, const DemoPair& pair) {
    taken.insert(pair.source);
    part.push_back(pair);
  };
  for (std::int64_t left = sizes.train; left > 0;) {
    const DemoPair pair = draw();
    // The last places are for the words of the showcase that have not come yet.
    if (missing.count() >= left && !missing.has_some(pair)) continue;
    keep(corpus.train, pair);
    known.add(pair);
    missing.remove(pair);
    --left;
  }
  for (auto [part, size] : {std::pair{&corpus.valid, sizes.valid}, std::pair{&corpus.test, sizes.test}}) {
    while (static_cast<std::int64_t>(part->size()) < size) {
      const DemoPair pair = draw();
      if (known.has_all(pair)) keep(*part, pair);
    }
  }
  return corpus;
}

std::vector<std::string> demo_showcase() {
  return {
      "I love you",
      "I love programming",
      "the girl eats a red apple",
      "we read a book in the garden today",
      "she does not see him",
      "my brother has three small dogs",
      "he wants to swim",
      "do you drink a coffee ?",
      "where is my sister's hat ?",
      "there are two black cats in the kitchen",
      "the houses are very big",
      "this car is more expensive than my bicycle",
      "I drink a tea because I am tired",
      "my mother reads a letter but I do not sleep",
  };
}

std::string demo_translation(DemoLanguage language, const std::string& english) {
  return target_of(language, parse_sentence(english));
}

}  // namespace translation
