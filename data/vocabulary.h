// The numbers that stand for tokens.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gradus {

/// How often each token occurs.
using TokenCounts = std::unordered_map<std::string, std::int64_t>;

/// Adds the tokens of one sentence to `counts`.
void count_tokens(std::span<const std::string> tokens, TokenCounts& counts);

struct VocabularyOptions {
  std::int64_t min_frequency = 1;  // rarer tokens are left out
  std::int64_t max_size = 0;  // the most frequent ones are kept, the specials count among them; 0: no limit
};

/// A two-way table between tokens and ids 0 to `size() - 1`.
///
/// The first four ids are the specials `<pad>`, `<unk>`, `<s>` and `</s>`. A text may hold these very
/// strings, by accident or by malice; no token of a text ever gets the id of a special, such a token is
/// unknown like any other that the table lacks. The specials are named by the constants instead.
class Vocabulary {
 public:
  static constexpr std::int64_t pad = 0;      // fills short sentences of a batch
  static constexpr std::int64_t unknown = 1;  // stands for every token that the table lacks
  static constexpr std::int64_t begin = 2;    // what a decoder reads first
  static constexpr std::int64_t end = 3;      // what a decoder writes last

  /// The specials alone.
  Vocabulary();

  /// The specials, then the tokens of `counts` by falling frequency, equally frequent ones by their bytes.
  /// Throws Error for a token that is empty, not valid UTF-8 or has a line break in it, for a negative option
  /// and for a `max_size` without room for the specials.
  explicit Vocabulary(const TokenCounts& counts, const VocabularyOptions& options = {});

  std::int64_t size() const { return static_cast<std::int64_t>(tokens_.size()); }

  /// The id of a token of a text; `unknown` for one that the table lacks, and for the specials' own strings.
  std::int64_t id(std::string_view token) const;

  /// The token of an id, `<pad>` and the like for the specials. Throws Error when the id is out of range.
  const std::string& token(std::int64_t id) const;

  /// The ids of a sentence, one for each token; `begin` and `end` are not added.
  std::vector<std::int64_t> encode(std::span<const std::string> tokens) const;

  /// The tokens of a sentence: up to the first `end`, without `pad` and `begin`, an unknown one as `<unk>`.
  /// Throws Error when an id before that is out of range.
  std::vector<std::string> decode(std::span<const std::int64_t> ids) const;

  /// Writes a text file with one token a line, line i (from 0) holding the token of id i. It is written
  /// beside `path`, synced to the disk, then renamed, so that `path` never holds half a table. Throws Error
  /// when that fails.
  void save(const std::string& path) const;

  /// Reads a file of `save`'s, or one written by hand in the same form. Throws Error as `read_lines` does,
  /// and, naming the lines, when the specials are not in their places, a token occurs twice or a line is
  /// empty.
  static Vocabulary load(const std::string& path);

 private:
  // Lets a `std::string_view` be looked up without making a string of it.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view token) const;
  };

  void add(const std::string& token);

  std::vector<std::string> tokens_;                                           // by id
  std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> ids_;  // of all but the specials
};

}  // namespace gradus
