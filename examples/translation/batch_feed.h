// The text of a training, and its batches in their order.
#pragma once
#include "ahead.h"
#include "model.h"
#include "text.h"
#include "tokenizers.h"

#include <cstdint>
#include <span>
#include <vector>

namespace translation {

struct Data {
  Language source, target;
  std::vector<Example> train;
  std::vector<std::int64_t> train_lines;  // where they stand in the training text, from 1
  gradus::ParallelCorpus train_text, valid_text;
  std::vector<Example> valid;                                    // of valid_text
  scoring::Tokenizer bleu_tokenizer = scoring::Tokenizer::none;  // of the validation's BLEU
};

struct FeedOptions {
  std::int64_t batch = 64;  // sentences, or padded tokens
  gradus::BatchUnit unit = gradus::BatchUnit::sentences;
  std::int64_t accumulate = 1;  // batches of a step
  std::int64_t epochs = 1;
  double subword_sampling = 0;  // how freely words are cut anew in every epoch; 0: always the same way
  Reach reach = {};  // of the model: a sentence whose pieces would be too many is cut as it always is
  std::uint64_t seed = 1;
};

/// Gives the batches of every step. Those of the next step, and how the next epoch cuts and orders the
/// sentences, are made by threads while a step runs: they depend on the seed and their numbers alone, so that
/// it decides on nothing but the time.
class BatchFeed {
 public:
  /// The data must outlive it.
  BatchFeed(const Data& data, const FeedOptions& options);
  BatchFeed(const BatchFeed&) = delete;  // its threads work for it where it is
  BatchFeed& operator=(const BatchFeed&) = delete;

  /// Goes to the start of an epoch, from 1.
  void go_to(std::int64_t epoch);
  /// How many batches this epoch has.
  std::int64_t batch_count() const { return static_cast<std::int64_t>(epoch_.batches.size()); }
  /// The share of this epoch's tokens, source and target, that is padding.
  double padding() const;
  /// How many belong to the step that begins with this one: fewer than options.accumulate at the end.
  std::int64_t step_size(std::int64_t first) const;
  /// Their examples, as indices.
  std::vector<std::int64_t> step_examples(std::int64_t first) const;
  /// The batches themselves.
  std::vector<Batch> step_batches(std::int64_t first);

 private:
  struct Epoch {
    std::vector<Example> sampled;  // with subword sampling: the examples as this epoch cuts them
    gradus::Batches batches;
  };
  Epoch lay_out(std::int64_t number) const;
  std::vector<Example> sampled(std::uint64_t epoch) const;
  std::span<const Example> examples(const Epoch& epoch) const;
  std::vector<Batch> make_step(std::int64_t first) const;

  const Data& data_;
  FeedOptions options_;
  std::int64_t number_ = 0;
  Epoch epoch_;
  Ahead<Epoch> epochs_;  // last, so that their threads end before what they use
  Ahead<std::vector<Batch>> steps_;
};

}  // namespace translation
