#include "text.h"

#include "digest.h"

#include <gradus/data/loader.h>
#include <gradus/data/utf8.h>
#include <gradus/tensor/origin.h>

#include <algorithm>
#include <utility>

namespace translation {

using namespace gradus;

Language Language::of_tokens(std::span<const std::string> lines, Tokenizer tokenizer,
                             const VocabularyOptions& options) {
  TokenCounts counts;
  for (const std::string& line : lines) count_tokens(tokenizer.tokenize(line), counts);
  Language language;
  language.cutter_ = tokenizer;
  language.vocabulary_ = Vocabulary(counts, options);
  return language;
}

Language Language::of_subwords(std::span<const std::string> lines, Subwords subwords) {
  TokenCounts counts;
  for (const std::string& piece : subwords.pieces()) counts[piece] = 1;
  for (const std::string& line : lines) {
    for (const std::string& token : subwords.tokenize(line)) {
      const auto piece = counts.find(token);  // a character that no piece has stays out
      if (piece != counts.end()) ++piece->second;
    }
  }
  Language language;
  language.cutter_ = std::move(subwords);
  language.vocabulary_ = Vocabulary(counts);
  return language;
}

Language Language::load(const std::string& path, const std::string& token_kind) {
  Language language;
  if (is_subword_kind(token_kind)) {
    language.cutter_ = Subwords::load(path + ".subwords", subword_kind_named(token_kind));
  } else {
    language.cutter_ = Tokenizer::named(token_kind);
  }
  language.vocabulary_ = Vocabulary::load(path + ".vocabulary");
  return language;
}

void Language::save(const std::string& path) const {
  if (const auto* subwords = std::get_if<Subwords>(&cutter_)) subwords->save(path + ".subwords");
  vocabulary_.save(path + ".vocabulary");
}

std::string Language::token_kind() const {
  if (const auto* subwords = std::get_if<Subwords>(&cutter_)) return name_of(subwords->kind());
  return std::string(std::get<Tokenizer>(cutter_).name());
}

std::vector<std::string> Language::tokenize(const std::string& line) const {
  return std::visit([&](const auto& cutter) { return cutter.tokenize(line); }, cutter_);
}

std::vector<std::int64_t> Language::encode(const std::string& line) const {
  return vocabulary_.encode(tokenize(line));
}

std::vector<std::int64_t> Language::sample(const std::string& line, double rate, RandomBits& random) const {
  const auto* subwords = std::get_if<Subwords>(&cutter_);
  return subwords ? vocabulary_.encode(subwords->sample(line, rate, random)) : encode(line);
}

std::string Language::decode(std::span<const std::int64_t> ids) const {
  const std::vector<std::string> tokens = vocabulary_.decode(ids);
  return std::visit([&](const auto& cutter) { return cutter.detokenize(tokens); }, cutter_);
}

std::string Language::difference(const Language& other) const {
  if (token_kind() != other.token_kind()) {
    return "the tokens are " + token_kind() + " in the one and " + other.token_kind() + " in the other";
  }
  const std::int64_t size = vocabulary_.size(), other_size = other.vocabulary_.size();
  for (std::int64_t id = 0; id < std::min(size, other_size); ++id) {
    const std::string &token = vocabulary_.token(id), &other_token = other.vocabulary_.token(id);
    if (token == other_token) continue;
    return "entry " + std::to_string(id) + " is '" + printable(token) + "' in the one and '" +
           printable(other_token) + "' in the other";
  }
  if (size != other_size) {
    return "there are " + std::to_string(size) + " entries in the one and " + std::to_string(other_size) +
           " in the other";
  }
  const auto* subwords = std::get_if<Subwords>(&cutter_);
  if (subwords && subwords->bytes() != std::get<Subwords>(other.cutter_).bytes()) {
    return "the models of SentencePiece's, which cut words into the pieces, are not the same";
  }
  return "";
}

std::string Language::digest() const {
  Digest digest;
  digest.add(token_kind() + "\n");
  for (std::int64_t id = 0; id < vocabulary_.size(); ++id) digest.add(vocabulary_.token(id) + "\n");
  if (const auto* subwords = std::get_if<Subwords>(&cutter_)) digest.add(subwords->bytes());
  return digest.text();
}

bool is_subword_kind(const std::string& token_kind) {
  return token_kind == name_of(SubwordKind::bpe) || token_kind == name_of(SubwordKind::unigram);
}

std::vector<Example> encode(const ParallelCorpus& corpus, const Language& source, const Language& target) {
  std::vector<Example> examples;
  examples.reserve(corpus.source.size());
  for (std::size_t i = 0; i < corpus.source.size(); ++i) {
    examples.push_back({source.encode(corpus.source[i]), target.encode(corpus.target[i])});
  }
  return examples;
}

std::vector<Example> sample(const ParallelCorpus& corpus, const Language& source, const Language& target,
                            double rate, std::uint64_t seed, std::uint64_t epoch) {
  // A stream of its own for every sentence; the first two belong to the order of the batches.
  constexpr std::uint64_t first_purpose = 2;
  std::vector<Example> examples;
  examples.reserve(corpus.source.size());
  for (std::size_t i = 0; i < corpus.source.size(); ++i) {
    RandomBits random(seed, epoch, first_purpose + i);
    Example example;
    example.source = source.sample(corpus.source[i], rate, random);
    example.target = target.sample(corpus.target[i], rate, random);
    examples.push_back(std::move(example));
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

std::int64_t count_words(std::span<const std::string> lines) {
  std::int64_t words = 0;
  for (const std::string& line : lines) words += std::ssize(split_white_space(line)) + 1;
  return words;
}

}  // namespace translation
