#include <gradus/data/tokenizer.h>
#include <gradus/data/utf8.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>

namespace gradus {
namespace {

constexpr std::string_view space_token = "\u2581";       // stands for white space
constexpr std::string_view mark_token = "\u2581\u2581";  // stands for a U+2581 of the text

std::vector<std::string> tokenize_characters(std::string_view line) {
  std::vector<std::string> tokens;
  for (const std::string_view word : split_white_space(line)) {
    if (!tokens.empty()) tokens.emplace_back(space_token);
    for (const std::string_view character : split_code_points(word)) {
      tokens.emplace_back(character == space_token ? mark_token : character);
    }
  }
  return tokens;
}

std::string join_words(const std::vector<std::string>& tokens) {
  std::string line;
  for (const std::string& token : tokens) {
    if (!line.empty()) line += ' ';
    line += token;
  }
  return line;
}

std::string join_characters(const std::vector<std::string>& tokens) {
  std::string line;
  for (const std::string& token : tokens) {
    if (token == space_token) {
      line += ' ';
    } else {
      line += token == mark_token ? space_token : std::string_view(token);
    }
  }
  return line;
}

}  // namespace

Tokenizer Tokenizer::named(std::string_view name) {
  if (name == "words") return {words};
  if (name == "characters") return {characters};
  throw Error("tokenizer", "unknown tokenizer \"" + printable(name) + "\"; choose words or characters");
}

std::string_view Tokenizer::name() const { return kind == words ? "words" : "characters"; }

std::vector<std::string> Tokenizer::tokenize(std::string_view line) const {
  if (kind == characters) return tokenize_characters(line);
  const std::vector<std::string_view> pieces = split_white_space(line);
  return {pieces.begin(), pieces.end()};
}

std::string Tokenizer::detokenize(const std::vector<std::string>& tokens) const {
  return kind == words ? join_words(tokens) : join_characters(tokens);
}

}  // namespace gradus
