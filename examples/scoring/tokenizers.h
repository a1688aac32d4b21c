// How BLEU splits a segment into tokens.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scoring {

/// The tokenizers of sacreBLEU (Post, "A call for clarity in reporting BLEU scores", 2018) that need no
/// model.
enum class Tokenizer {
  v13a,           // "13a": that of mteval-v13a, for Western text; knows ASCII punctuation alone
  international,  // "intl": that of mteval-v14; knows punctuation and symbols of all scripts
  characters,     // "char": every code point but white space is a token
  chinese,        // "zh": every Chinese character, and the rest by the rules of 13a
  none,           // "none": what stands between white space
};

/// The name in signatures and on the command line.
std::string_view name(Tokenizer tokenizer);

/// The tokenizer of a name, if there is one.
std::optional<Tokenizer> find_tokenizer(std::string_view name);

/// The names of all: "13a", "intl", "char", "zh", "none".
std::vector<std::string> tokenizer_names();

/// The tokens of a segment. White space is that of Unicode, and never part of a token.
/// Throws Error when `segment` is not valid UTF-8.
std::vector<std::string> tokenize(Tokenizer tokenizer, std::string_view segment);

}  // namespace scoring
