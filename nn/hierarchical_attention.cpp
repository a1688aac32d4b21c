#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/autograd/reduce.h>
#include <gradus/nn/hierarchical_attention.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

namespace gradus::nn {

HierarchicalAttention::HierarchicalAttention(std::int64_t words, std::int64_t features, std::int64_t hidden)
    : embedding(words, features, {.padding_idx = 0}),
      word_reader(features, hidden, {.bidirectional = true}),
      word_attention(2 * hidden),
      sentence_reader(2 * hidden, hidden, {.bidirectional = true}),
      sentence_attention(2 * hidden) {}

namespace {

/// The place behind the last of a row's elements that is no padding, (rows,), but at least 1: a recurrence
/// takes at least one step. What it makes of padding is masked afterwards.
Tensor lengths_of(const Tensor& mask) {
  const Tensor places = arange(1, mask.size(1) + 1);
  return clamp(amax(where(mask, zeros_like(places), places), {1}), 1);
}

}  // namespace

HierarchicalOutput HierarchicalAttention::operator()(const Tensor& ids) const {
  if (!ids.defined() || ids.rank() != 3 || ids.dtype() != DType::int64 || ids.size(1) == 0 ||
      ids.size(2) == 0) {
    throw Error(
        "HierarchicalAttention",
        "needs ids (batch, sentences, words) of int64 with at least one of each, got " + describe(ids));
  }
  const std::int64_t batch = ids.size(0), sentences = ids.size(1), words = ids.size(2);
  const Tensor flat = ids.reshape({batch * sentences, words});
  const Tensor word_mask = eq(flat, 0);  // (batch * sentences, words)
  const Tensor states = word_reader(embedding(flat), {}, lengths_of(word_mask)).output;
  const PooledOutput pooled = word_attention(states, word_mask);
  const std::int64_t features = pooled.context.size(1);

  const Tensor sentence_mask = eq(sum(logical_not(word_mask), {1}), 0).reshape({batch, sentences});
  const Tensor read =
      sentence_reader(pooled.context.reshape({batch, sentences, features}), {}, lengths_of(sentence_mask))
          .output;
  const PooledOutput document = sentence_attention(read, sentence_mask);
  return {document.context, pooled.weights.reshape({batch, sentences, words}), document.weights};
}

}  // namespace gradus::nn
