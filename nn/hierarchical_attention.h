// Documents as sentences of words (Yang et al. 2016, "Hierarchical Attention Networks for Document
// Classification").
#pragma once
#include <gradus/nn/attention_pooling.h>
#include <gradus/nn/embedding.h>
#include <gradus/nn/gru.h>

namespace gradus::nn {

struct HierarchicalOutput {
  Tensor document;          // (batch, 2 hidden)
  Tensor word_weights;      // (batch, sentences, words): within each sentence
  Tensor sentence_weights;  // (batch, sentences)
};

/// A bidirectional GRU reads the words of every sentence and attention pools them; another one reads the
/// sentences. An empty sentence has no weight, an empty document is zeros.
struct HierarchicalAttention {
  Embedding embedding;
  GRU word_reader;
  AttentionPooling word_attention;
  GRU sentence_reader;
  AttentionPooling sentence_attention;

  HierarchicalAttention(std::int64_t words, std::int64_t features, std::int64_t hidden);
  /// ids (batch, sentences, words) of int64; 0 pads words at the end of a sentence and sentences at the end
  /// of a document.
  HierarchicalOutput operator()(const Tensor& ids) const;
  GRADUS_FIELDS(HierarchicalAttention, embedding, word_reader, word_attention, sentence_reader,
                sentence_attention)
};

}  // namespace gradus::nn
