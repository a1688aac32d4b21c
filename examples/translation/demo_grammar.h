// The sentences of the built-in corpus: a grammar that writes English, French and Chinese at once.
#pragma once
#include <gradus/data/random_bits.h>

#include <string>
#include <vector>

namespace translation {

struct DemoSentence {
  std::string english, french, chinese;
};

/// A sentence of a pattern drawn at random, each pattern as often as the others.
DemoSentence draw_sentence(gradus::RandomBits& random);

/// The sentence with this English. Throws std::invalid_argument where the grammar has none.
DemoSentence parse_sentence(const std::string& english);

}  // namespace translation
