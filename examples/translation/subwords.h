// Pieces of words as tokens: learnt from text, cut and joined by SentencePiece (Kudo, Richardson 2018).
#pragma once
#include <gradus/data/random_bits.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace translation {

/// How the pieces are chosen.
enum class SubwordKind {
  bpe,     // by merging the most frequent neighbours, again and again (Sennrich, Haddow, Birch 2016)
  unigram  // by dropping those that the likelihood of the text misses least (Kudo 2018)
};
const char* name_of(SubwordKind kind);
SubwordKind subword_kind_named(const std::string& name);

/// A model of SentencePiece's. Its copies share it.
///
/// A piece that begins a word starts with "▁" (U+2581). White space is that of `gradus::is_white_space`: runs
/// of it become one space, none is left at the ends; a "▁" of the text is a space as well. Of what is learnt
/// here `detokenize(tokenize(line))` is `normalize(line)`. Characters that no piece has
/// are one token as long as they follow each other.
class Subwords {
 public:
  /// Learns `size` pieces from lines of text, or as many as the text has in it; the same from the same lines,
  /// on one thread. Throws where the text has more different characters than that, or none.
  static Subwords learn(std::span<const std::string> lines, SubwordKind kind, std::int64_t size);
  /// Reads a model of SentencePiece's. Throws where it is missing, none, or of the other kind.
  static Subwords load(const std::string& path, SubwordKind kind);
  void save(const std::string& path) const;

  /// A line with single spaces.
  static std::string normalize(const std::string& line);
  SubwordKind kind() const;
  /// Of its file.
  const std::string& bytes() const;
  /// All of them, without SentencePiece's own marks for unknown, begin and end.
  std::vector<std::string> pieces() const;

  /// Throws where the line is not valid UTF-8.
  std::vector<std::string> tokenize(const std::string& line) const;
  std::string detokenize(std::span<const std::string> tokens) const;
  /// One of the ways to cut the line, drawn at random, so that a model meets a word in many forms. bpe: each
  /// merge is left out with probability `rate` (Provilkov, Emelianenko, Voita 2020). unigram: each way has
  /// its probability to the power of `rate`, renormalised (Kudo 2018).
  std::vector<std::string> sample(const std::string& line, double rate, gradus::RandomBits& random) const;

 private:
  struct Model;
  explicit Subwords(std::shared_ptr<const Model> model);
  std::shared_ptr<const Model> model_;
};

}  // namespace translation
