#include <gradus/data/corpus.h>
#include <gradus/data/utf8.h>
#include <gradus/data/vocabulary.h>
#include <gradus/tensor/atomic_file.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace gradus {
namespace {

constexpr std::array<std::string_view, 4> specials = {"<pad>", "<unk>", "<s>", "</s>"};
constexpr auto special_count = static_cast<std::int64_t>(specials.size());

bool is_special(std::string_view token) {
  return std::find(specials.begin(), specials.end(), token) != specials.end();
}

// A token is one line of the file.
void check_token(const std::string& token) {
  if (token.empty()) throw Error("vocabulary", "a token is empty; a token has to have a character");
  if (token.find_first_of("\r\n") != std::string::npos) {
    throw Error("vocabulary", "the token \"" + printable(token) + "\" has a line break in it; tokenize line by line");
  }
  const std::optional<std::size_t> invalid = find_invalid_utf8(token);
  if (invalid || token.find('\0') != std::string::npos) {
    throw Error("vocabulary", "a token of " + std::to_string(token.size()) +
                                  " bytes is no UTF-8 text (byte offset " +
                                  std::to_string(invalid.value_or(token.find('\0'))) + ")");
  }
}

void check_options(const VocabularyOptions& options) {
  if (options.min_frequency < 0) {
    throw Error("vocabulary",
                "min_frequency is " + std::to_string(options.min_frequency) + "; it has to be 0 or more");
  }
  if (options.max_size != 0 && options.max_size < special_count) {
    throw Error("vocabulary", "max_size is " + std::to_string(options.max_size) +
                                  "; it has to be 0 (no limit), or " + std::to_string(special_count) +
                                  " or more, for the specials count among them");
  }
}

void check_specials(const std::vector<std::string>& lines, const std::string& path) {
  for (std::size_t i = 0; i < specials.size(); ++i) {
    const std::string found = i < lines.size() ? "is \"" + printable(lines[i]) + "\"" : "is missing";
    if (i < lines.size() && lines[i] == specials[i]) continue;
    throw Error("vocabulary.load", "\"" + path_text(path) + "\", line " + std::to_string(i + 1) + " " +
                                       found +
                                       "; a vocabulary starts with the lines <pad>, <unk>, <s>, </s>");
  }
}

}  // namespace

void count_tokens(std::span<const std::string> tokens, TokenCounts& counts) {
  for (const std::string& token : tokens) ++counts[token];
}

std::size_t Vocabulary::Hash::operator()(std::string_view token) const {
  return std::hash<std::string_view>{}(token);
}

Vocabulary::Vocabulary() : tokens_(specials.begin(), specials.end()) {}

Vocabulary::Vocabulary(const TokenCounts& counts, const VocabularyOptions& options) : Vocabulary() {
  check_options(options);
  std::vector<std::pair<std::int64_t, std::string_view>> ranked;
  for (const auto& [token, count] : counts) {
    check_token(token);
    if (count >= options.min_frequency && !is_special(token)) ranked.emplace_back(-count, token);
  }
  std::sort(ranked.begin(), ranked.end());
  for (const auto& [negative_count, token] : ranked) {
    if (options.max_size > 0 && size() == options.max_size) break;
    add(std::string(token));
  }
}

void Vocabulary::add(const std::string& token) {
  ids_.emplace(token, size());
  tokens_.push_back(token);
}

std::int64_t Vocabulary::id(std::string_view token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? unknown : found->second;
}

const std::string& Vocabulary::token(std::int64_t id) const {
  if (id < 0 || id >= size()) {
    throw Error("vocabulary.token", "id " + std::to_string(id) +
                                        " is out of range; the ids of this vocabulary are 0 to " +
                                        std::to_string(size() - 1));
  }
  return tokens_[static_cast<std::size_t>(id)];
}

std::vector<std::int64_t> Vocabulary::encode(std::span<const std::string> tokens) const {
  std::vector<std::int64_t> ids;
  ids.reserve(tokens.size());
  for (const std::string& token : tokens) ids.push_back(id(token));
  return ids;
}

std::vector<std::string> Vocabulary::decode(std::span<const std::int64_t> ids) const {
  std::vector<std::string> tokens;
  for (const std::int64_t id : ids) {
    if (id == end) break;
    if (id != pad && id != begin) tokens.push_back(token(id));
  }
  return tokens;
}

void Vocabulary::save(const std::string& path) const {
  std::string text;
  for (const std::string& token : tokens_) (text += token) += '\n';
  write_file_atomically(path, text);
}

Vocabulary Vocabulary::load(const std::string& path) {
  const std::vector<std::string> lines = read_lines(path);
  check_specials(lines, path);
  Vocabulary vocabulary;
  for (std::size_t i = specials.size(); i < lines.size(); ++i) {
    const std::string place = "\"" + path_text(path) + "\", line " + std::to_string(i + 1);
    if (lines[i].empty()) throw Error("vocabulary.load", place + " is empty; each line has to be a token");
    if (lines[i].find('\r') != std::string::npos) {
      throw Error("vocabulary.load",
                  place + " has a carriage return in it: \"" + printable(lines[i]) +
                      "\"; a token is written as a line and would come back as another one");
    }
    if (is_special(lines[i]) || vocabulary.ids_.contains(lines[i])) {
      const auto earlier = std::find(lines.begin(), lines.end(), lines[i]) - lines.begin() + 1;
      throw Error("vocabulary.load", place + " repeats the token \"" + printable(lines[i]) + "\" of line " +
                                         std::to_string(earlier) + "; each token may stand only once");
    }
    vocabulary.add(lines[i]);
  }
  return vocabulary;
}

}  // namespace gradus
