// How well queries and keys fit: the scores of nn::Attention.
#include <gradus/autograd/activation.h>
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/attention_scores.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/autograd/rearrange.h>
#include <gradus/autograd/reduce.h>
#include <gradus/nn/attention.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/memory.h>

#include <cmath>
#include <string>

namespace gradus::nn {
namespace {

/// Vectors along the last axis, brought to length 1. One that is (all but) zero has no direction and stays as
/// it is.
Tensor directions(const Tensor& x) {
  const Tensor length = norm(x, 2, {-1}, true);
  return x / masked_fill(length, lt(length, 1e-8), 1);
}

}  // namespace

Tensor Attention::project_keys(const Tensor& keys) const {
  if (!keys.defined()) throw Error("attention", "the keys are an undefined tensor");
  if (score_ == Score::cosine) return directions(keys);
  return key_weight_.defined() ? linear(keys, key_weight_) : keys;
}

/// (batch, Q, S); Q is 1 where `previous` is looked at.
Tensor Attention::scores(const Tensor& query, const Tensor& keys, const Tensor& previous) const {
  switch (score_) {
    case Score::dot:
    case Score::general: return bmm(query, keys.transpose(1, 2));
    case Score::scaled_dot:
      return bmm(query, keys.transpose(1, 2)) / std::sqrt(static_cast<double>(query.size(2)));
    case Score::cosine: return bmm(directions(query), keys.transpose(1, 2));
    case Score::additive: return additive_scores(linear(query, query_weight_), keys, v_);
    case Score::content_location: {
      const Tensor seen = previous.defined() ? keys + seen_before(previous) : keys;
      return additive_scores(linear(query, query_weight_), seen, v_);
    }
    case Score::location: {
      const std::int64_t count = keys.size(1);
      if (count > options_.max_length) {
        throw Error("attention",
                    "location scores tell apart at most max_length = " + std::to_string(options_.max_length) +
                        " keys, got " + std::to_string(count) +
                        "; make the attention with a larger max_length, or cut the keys");
      }
      return linear(query, location_weight_.slice(0, 0, count));
    }
  }
  return {};
}

/// U f for every key, (batch, S, hidden): f_s = the filters applied to the weights `previous` (batch, 1, S)
/// around s, zeros beyond the ends.
Tensor Attention::seen_before(const Tensor& previous) const {
  const std::int64_t half = options_.kernel / 2, count = previous.size(2);
  const Tensor padded = pad(previous.squeeze(1), {half, half});  // (batch, S + kernel - 1)
  CachedVector<Tensor> shifted;                                  // (batch, S) for each place in a filter
  for (std::int64_t j = 0; j < options_.kernel; ++j) shifted.push_back(padded.narrow(1, j, count));
  return linear(linear(stack(shifted, 2), filter_), filter_weight_);
}

}  // namespace gradus::nn
