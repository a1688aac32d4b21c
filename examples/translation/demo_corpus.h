// The built-in corpus of the translator: sentence pairs of a small grammar, from English to French or
// Chinese.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace translation {

struct DemoPair {
  std::string source, target;
};

struct DemoCorpus {
  std::vector<DemoPair> train, valid, test;
};

enum class DemoLanguage { french, chinese };

struct DemoSizes {
  std::int64_t train = 8000, valid = 300, test = 600;
};

/// Distinct sentences of 3 to 12 English words, drawn with the seed alone. Every word of the validation set,
/// the test set and the showcase occurs in the training set, on both sides. Throws std::invalid_argument for
/// a training set below 200, in which the words of the showcase might find no room, a negative size, and one
/// above 300000.
DemoCorpus make_demo_corpus(DemoLanguage language, std::uint64_t seed, const DemoSizes& sizes = {});

/// English sentences to show what was learnt; none is in a training or validation set.
std::vector<std::string> demo_showcase();

/// The right translation. Throws std::invalid_argument for a sentence outside the grammar.
std::string demo_translation(DemoLanguage language, const std::string& english);

}  // namespace translation
