// From lines of text to batches of numbers.
#pragma once
#include "subwords.h"

#include <gradus/data/bucketing.h>
#include <gradus/data/corpus.h>
#include <gradus/data/tokenizer.h>
#include <gradus/data/vocabulary.h>
#include <gradus/tensor/tensor_class.h>

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace translation {

using gradus::Tensor;

/// How the text of one side is cut into tokens, and their numbers.
class Language {
 public:
  Language() = default;
  /// The tokens of the lines that the options let in.
  static Language of_tokens(std::span<const std::string> lines, gradus::Tokenizer tokenizer,
                            const gradus::VocabularyOptions& options);
  /// The pieces, those that the lines hold most often first.
  static Language of_subwords(std::span<const std::string> lines, Subwords subwords);
  /// Reads what save() wrote. Throws where a file is missing or damaged, and names it.
  static Language load(const std::string& path, const std::string& token_kind);
  /// Writes PATH.vocabulary and, of subwords, PATH.subwords.
  void save(const std::string& path) const;

  /// "words", "characters", "bpe" or "unigram".
  std::string token_kind() const;
  const gradus::Vocabulary& vocabulary() const { return vocabulary_; }
  std::vector<std::string> tokenize(const std::string& line) const;
  std::vector<std::int64_t> encode(const std::string& line) const;
  /// Of subwords: cut in a way drawn at random (Subwords::sample). Other tokens can be cut in one way alone.
  std::vector<std::int64_t> sample(const std::string& line, double rate, gradus::RandomBits& random) const;
  std::string decode(std::span<const std::int64_t> ids) const;
  /// The first thing that keeps another language from cutting and numbering every text as this one does, in
  /// words: "entry 7 is 'ein' in the one and 'eine' in the other". Empty where there is nothing.
  std::string difference(const Language& other) const;
  /// The same for languages without a difference.
  std::string digest() const;

 private:
  std::variant<gradus::Tokenizer, Subwords> cutter_;
  gradus::Vocabulary vocabulary_;
};
bool is_subword_kind(const std::string& token_kind);

/// A sentence pair as numbers, without begin and end.
struct Example {
  std::vector<std::int64_t> source, target;
};
std::vector<Example> encode(const gradus::ParallelCorpus& corpus, const Language& source,
                            const Language& target);
/// The same, cut at random; sentence i of an epoch is cut the same way whatever was drawn before.
std::vector<Example> sample(const gradus::ParallelCorpus& corpus, const Language& source,
                            const Language& target, double rate, std::uint64_t seed, std::uint64_t epoch);

/// Words between white space, and an end for every line: what a perplexity per word counts, whatever a token
/// is.
std::int64_t count_words(std::span<const std::string> lines);

/// Sentence pairs side by side: B sentences of S source and T target positions, padded with 0.
struct Batch {
  Tensor source;                   // (B, S) int64: each sentence and its end
  Tensor lengths;                  // (B,) int64: its length, the end included
  Tensor previous;                 // (B, T) int64: what the decoder reads, begin and the target
  Tensor target;                   // (B, T) int64: what it is to write, the target and end
  std::int64_t target_tokens = 0;  // without padding
};
Batch make_batch(std::span<const Example> examples, std::span<const std::int64_t> indices);

/// The source side alone.
struct SourceBatch {
  Tensor source, lengths;
};
SourceBatch make_source_batch(std::span<const std::vector<std::int64_t>> sentences);

/// Batches of examples of similar length, in an order that depends on the seed and the epoch.
gradus::Batches make_batches(std::span<const Example> examples, const gradus::BucketOptions& options,
                             std::uint64_t epoch);

}  // namespace translation
