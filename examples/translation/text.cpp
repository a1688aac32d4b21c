#include "text.h"

#include <gradus/data/loader.h>

namespace translation {

using namespace gradus;

Language Language::from_lines(std::span<const std::string> lines, Tokenizer tokenizer,
                              const VocabularyOptions& options) {
  TokenCounts counts;
  for (const std::string& line : lines) count_tokens(tokenizer.tokenize(line), counts);
  return {tokenizer, Vocabulary(counts, options)};
}

std::vector<std::int64_t> Language::encode(const std::string& line) const {
  return vocabulary.encode(tokenizer.tokenize(line));
}

std::string Language::decode(std::span<const std::int64_t> ids) const {
  return tokenizer.detokenize(vocabulary.decode(ids));
}

std::vector<Example> encode(const ParallelCorpus& corpus, const Language& source, const Language& target) {
  std::vector<Example> examples;
  examples.reserve(corpus.source.size());
  for (std::size_t i = 0; i < corpus.source.size(); ++i) {
    examples.push_back({source.encode(corpus.source[i]), target.encode(corpus.target[i])});
  }
  return examples;
}

namespace {

std::vector<std::int64_t> with_end(std::vector<std::int64_t> ids) {
  ids.push_back(Vocabulary::end);
  return ids;
}

}  // namespace

SourceBatch make_source_batch(std::span<const std::vector<std::int64_t>> sentences) {
  std::vector<std::vector<std::int64_t>> ended;
  for (const auto& sentence : sentences) ended.push_back(with_end(sentence));
  const PaddedSequences padded = pad_sequences(ended, Vocabulary::pad);
  return {padded.ids, padded.lengths};
}

Batch make_batch(std::span<const Example> examples, std::span<const std::int64_t> indices) {
  std::vector<std::vector<std::int64_t>> sources, previous, targets;
  Batch batch;
  for (const std::int64_t index : indices) {
    const Example& example = examples[static_cast<std::size_t>(index)];
    sources.push_back(example.source);
    previous.push_back(example.target);
    previous.back().insert(previous.back().begin(), Vocabulary::begin);
    targets.push_back(with_end(example.target));
    batch.target_tokens += static_cast<std::int64_t>(targets.back().size());
  }
  const SourceBatch source = make_source_batch(sources);
  batch.source = source.source;
  batch.lengths = source.lengths;
  batch.previous = pad_sequences(previous, Vocabulary::pad).ids;
  batch.target = pad_sequences(targets, Vocabulary::pad).ids;
  return batch;
}

Batches make_batches(std::span<const Example> examples, const BucketOptions& options, std::uint64_t epoch) {
  std::vector<std::int64_t> source_lengths, target_lengths;
  for (const Example& example : examples) {
    source_lengths.push_back(static_cast<std::int64_t>(example.source.size()) + 1);
    target_lengths.push_back(static_cast<std::int64_t>(example.target.size()) + 1);
  }
  return bucketed_batches(source_lengths, target_lengths, options, epoch);
}

}  // namespace translation
