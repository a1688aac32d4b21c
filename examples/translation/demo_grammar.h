// The sentences of the built-in corpus: a grammar that writes English, French and Chinese at once.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace translation {

/// The splitmix64 generator (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
class DemoRandom {
 public:
  explicit DemoRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();

 private:
  std::uint64_t state_;
};

struct DemoSentence {
  std::string english, french, chinese;
};

/// A sentence of a pattern drawn at random, each pattern as often as the others.
DemoSentence draw_sentence(DemoRandom& random);

/// The sentence with this English. Throws std::invalid_argument where the grammar has none.
DemoSentence parse_sentence(const std::string& english);

}  // namespace translation
