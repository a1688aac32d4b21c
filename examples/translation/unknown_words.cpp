#include "unknown_words.h"

#include <gradus/tensor/error.h>

#include <algorithm>

namespace translation {

using namespace gradus;

std::string with_source_words(const Translation& translation, std::span<const std::string> source_words,
                              const Vocabulary& target) {
  std::vector<std::string> words;
  for (std::size_t t = 0; t < translation.ids.size(); ++t) {
    if (translation.ids[t] != Vocabulary::unknown) {
      words.push_back(target.token(translation.ids[t]));
      continue;
    }
    const std::vector<float>& looked = translation.weights[t];  // the last is at the end of the source
    words.push_back(source_words[static_cast<std::size_t>(std::max_element(looked.begin(), looked.end() - 1) -
                                                          looked.begin())]);
  }
  return Tokenizer{Tokenizer::words}.detokenize(words);
}

void check_source_words(const Predictor& predictor, const Language& source, const Language& target) {
  for (const auto& [side, language] : {std::pair{"source", &source}, std::pair{"target", &target}}) {
    const std::string kind = language->token_kind();
    if (kind == "words") continue;
    throw Error("run", "--replace-unknown puts a word of the source in the place of <unk>, and the " +
                           std::string(side) + " tokens of this model are " +
                           (kind == "characters" ? "characters" : "pieces of words (" + kind + ")") +
                           ", not words");
  }
  if (!predictor.has_attention()) {
    throw Error("run",
                "--replace-unknown takes the source word that <unk> looked at most, and the model has no "
                "attention");
  }
}

}  // namespace translation
