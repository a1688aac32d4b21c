// From lines of text to batches of numbers.
#pragma once
#include <gradus/data/bucketing.h>
#include <gradus/data/corpus.h>
#include <gradus/data/tokenizer.h>
#include <gradus/data/vocabulary.h>
#include <gradus/tensor/tensor_class.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace translation {

using gradus::Tensor;

/// How the text of one side is cut into tokens, and their numbers.
struct Language {
  gradus::Tokenizer tokenizer;
  gradus::Vocabulary vocabulary;

  /// Counts the tokens of the lines and keeps those that the options let in.
  static Language from_lines(std::span<const std::string> lines, gradus::Tokenizer tokenizer,
                             const gradus::VocabularyOptions& options);
  std::vector<std::int64_t> encode(const std::string& line) const;
  std::string decode(std::span<const std::int64_t> ids) const;
};

/// A sentence pair as numbers, without begin and end.
struct Example {
  std::vector<std::int64_t> source, target;
};
std::vector<Example> encode(const gradus::ParallelCorpus& corpus, const Language& source, const Language& target);

/// Sentence pairs side by side: B sentences of S source and T target positions, padded with 0.
struct Batch {
  Tensor source;    // (B, S) int64: each sentence and its end
  Tensor lengths;   // (B,) int64: its length, the end included
  Tensor previous;  // (B, T) int64: what the decoder reads, begin and the target
  Tensor target;    // (B, T) int64: what it is to write, the target and end
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
