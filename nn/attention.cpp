#include <gradus/autograd/activation.h>
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/monotonic.h>
#include <gradus/autograd/normalize.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/autograd/reduce.h>
#include <gradus/autograd/sparsemax.h>
#include <gradus/nn/attention.h>
#include <gradus/nn/attention_record.h>
#include <gradus/nn/init.h>
#include <gradus/nn/masks.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/memory.h>

#include <cmath>
#include <limits>
#include <string>

namespace gradus::nn {
namespace {

void check_sizes(Score score, std::int64_t query_size, std::int64_t key_size) {
  if (query_size < 1 || key_size < 1) {
    throw Error("attention", "queries and keys need features, got " + std::to_string(query_size) + " and " +
                                 std::to_string(key_size));
  }
  const bool compares = score == Score::dot || score == Score::scaled_dot || score == Score::cosine;
  if (compares && query_size != key_size) {
    throw Error("attention", std::string(name_of(score)) + " compares queries of " +
                                 std::to_string(query_size) + " features with keys of " +
                                 std::to_string(key_size) + ": they must be equal; see general and additive");
  }
}

void check_options(Score score, const AttentionOptions& options) {
  const auto at_least = [](const char* name, std::int64_t value, std::int64_t lowest,
                           const std::string& kind) {
    if (value >= lowest) return;
    throw Error("attention", std::string(name) + " must be at least " + std::to_string(lowest) + " for " +
                                 kind + ", got " + std::to_string(value));
  };
  const std::string pattern = name_of(options.pattern);
  switch (options.pattern) {
    case Pattern::full:
    case Pattern::causal: break;
    case Pattern::window:
    case Pattern::local_m: at_least("window", options.window, 0, pattern); break;
    case Pattern::local_p: at_least("window", options.window, 1, pattern); break;
    case Pattern::strided: at_least("stride", options.stride, 1, pattern); break;
    case Pattern::adaptive_span:
      at_least("window", options.window, 1, pattern);
      at_least("ramp", options.ramp, 1, pattern);
      break;
  }
  if (score == Score::location) at_least("max_length", options.max_length, 1, "location");
  if (score == Score::content_location) {
    at_least("filters", options.filters, 1, "content_location");
    if (options.kernel < 1 || options.kernel % 2 == 0) {
      throw Error("attention",
                  "the kernel of content_location must be odd, so that a filter has a middle, got " +
                      std::to_string(options.kernel));
    }
  }
}

Tensor weight(const Shape& shape, const char* name) {
  Tensor tensor = empty(shape);
  init::xavier_uniform_(tensor);
  return tensor.requires_grad_().set_name(name);
}

/// The v of v . tanh(...).
Tensor direction(std::int64_t hidden, const char* name) {
  const double bound = 1 / std::sqrt(static_cast<double>(hidden));
  Tensor tensor = empty({hidden});
  return tensor.uniform_(-bound, bound).requires_grad_().set_name(name);
}

Tensor number(double value, const char* name) { return full({}, value).requires_grad_().set_name(name); }

}  // namespace

AttentionMask::AttentionMask(const Tensor& mask_or_bias) {
  if (!mask_or_bias.defined()) return;
  (is_floating(mask_or_bias.dtype()) ? bias : mask) = mask_or_bias;
}

Attention::Attention(Score score, std::int64_t query_size, std::int64_t key_size, AttentionOptions options)
    : score_(score), options_(options) {
  check_sizes(score, query_size, key_size);
  check_options(score, options);
  const std::int64_t hidden = options.hidden > 0 ? options.hidden : query_size;
  switch (score) {
    case Score::dot:
    case Score::scaled_dot: break;
    case Score::cosine: log_factor_ = number(std::log(10.0), "log_factor"); break;
    case Score::general: key_weight_ = weight({query_size, key_size}, "key_weight"); break;
    case Score::location:
      location_weight_ = weight({options.max_length, query_size}, "location_weight");
      break;
    case Score::additive:
    case Score::content_location:
      query_weight_ = weight({hidden, query_size}, "query_weight");
      key_weight_ = weight({hidden, key_size}, "key_weight");
      v_ = direction(hidden, "v");
      break;
  }
  if (score == Score::content_location) {
    filter_ = weight({options.filters, options.kernel}, "filter");
    filter_weight_ = weight({hidden, options.filters}, "filter_weight");
  }
  if (options.learn_temperature && !log_factor_.defined()) log_factor_ = number(0, "log_factor");
  if (options.pattern == Pattern::local_p) {
    position_weight_ = weight({hidden, query_size}, "position_weight");
    position_v_ = direction(hidden, "position_v");
  }
  if (options.pattern == Pattern::adaptive_span) log_span_ = number(0, "log_span");
}

bool Attention::uses_previous() const {
  return score_ == Score::content_location || options_.normalizer == Normalizer::monotonic;
}

// --- which keys ---

/// `mask` is what the caller leaves out, (batch|1, Q|1, S).
Attention::Focus Attention::focus(const Tensor& query, std::int64_t keys, const Tensor& mask,
                                  std::int64_t position) const {
  const std::int64_t queries = query.size(1);
  switch (options_.pattern) {
    case Pattern::full: return {};
    case Pattern::causal: return {causal_mask(queries, keys, position), {}};
    case Pattern::window:
    case Pattern::local_m: return {window_mask(queries, keys, options_.window, position), {}};
    case Pattern::strided: return {strided_mask(queries, keys, options_.stride, position), {}};
    case Pattern::local_p: return focus_on_predicted(query, keys, mask);
    case Pattern::adaptive_span: return focus_on_span(query, keys, position);
  }
  return {};
}

Attention::Focus Attention::focus_on_predicted(const Tensor& query, std::int64_t keys,
                                               const Tensor& mask) const {
  const DType dtype = query.dtype();
  const Tensor hidden = tanh(linear(query, position_weight_));            // (batch, Q, hidden)
  const Tensor part = sigmoid(linear(hidden, position_v_.unsqueeze(0)));  // (batch, Q, 1)
  const Tensor place = mask.defined() ? part * sum(logical_not(mask), {2}, true).to(dtype) : part * keys;
  const Tensor offset = arange(0, keys, 1, dtype) - place;  // (batch, Q, S)
  const auto half_width = static_cast<double>(options_.window);
  return {gt(abs(offset.detach()), half_width), exp(square(offset) * (-2 / (half_width * half_width)))};
}

Attention::Focus Attention::focus_on_span(const Tensor& query, std::int64_t keys,
                                          std::int64_t position) const {
  const DType dtype = query.dtype();
  const Tensor own = arange(position, position + query.size(1), 1, dtype).unsqueeze(1);
  const Tensor distance = abs(arange(0, keys, 1, dtype) - own);           // (Q, S)
  const Tensor reach = exp(log_span_) * options_.window + options_.ramp;  // where the weight comes to 0
  const Tensor factor = clamp((reach - distance) / options_.ramp, 0, 1);
  return {le(factor.detach(), 0), factor};
}

// --- weights ---

Tensor Attention::normalized(const Tensor& scores, const Tensor& mask, const Tensor& previous) const {
  switch (options_.normalizer) {
    case Normalizer::softmax: return masked_softmax(scores, mask);
    case Normalizer::sparsemax: return masked_sparsemax(scores, mask);
    case Normalizer::monotonic: {
      const Tensor stop = mask.defined() ? masked_fill(sigmoid(scores), mask, 0) : sigmoid(scores);
      if (previous.defined()) return monotonic_weights(stop, previous);
      Tensor start = zeros(stop.shape(), stop.dtype());  // the first step goes on from key 0
      start.slice(2, 0, 1).fill_(1);
      return monotonic_weights(stop, start);
    }
  }
  return {};
}

/// (batch, Q, S). Mask and bias are (batch|1, Q|1, S) or undefined, the bias finite; Q is 1 where the weights
/// of the step before are used.
Tensor Attention::weights(const Tensor& query, const Tensor& keys, const AttentionMask& mask,
                          const AttentionStep& step) const {
  Tensor fit = scores(query, keys, step.previous);
  if (log_factor_.defined()) fit = fit * exp(log_factor_);
  if (mask.bias.defined()) fit = fit + mask.bias;
  const Focus seen = focus(query, keys.size(1), mask.mask, step.position);
  const Tensor weights = normalized(fit, combine_masks(mask.mask, seen.mask), step.previous);
  if (!seen.factor.defined()) return weights;
  const Tensor faded = weights * seen.factor;
  const bool sum_is_one =
      options_.pattern == Pattern::adaptive_span && options_.normalizer != Normalizer::monotonic;
  if (!sum_is_one) return faded;
  const Tensor total = sum(faded, {2}, true);
  return faded / masked_fill(total, eq(total, 0), 1);  // a row without keys stays zero
}

/// The same where each query needs the weights of the one before.
Tensor Attention::weights_in_turn(const Tensor& query, const Tensor& keys, const AttentionMask& mask,
                                  const AttentionStep& step) const {
  const auto row = [](const Tensor& given,
                      std::int64_t i) {  // of a mask, which may be the same for all queries
    return given.defined() && given.size(1) > 1 ? given.narrow(1, i, 1) : given;
  };
  CachedVector<Tensor> rows;  // (batch, 1, S) each
  AttentionStep next = step;
  for (std::int64_t i = 0; i < query.size(1); ++i, ++next.position) {
    rows.push_back(weights(query.narrow(1, i, 1), keys, {row(mask.mask, i), row(mask.bias, i)}, next));
    next.previous = rows.back();
  }
  return rows.empty() ? zeros({query.size(0), 0, keys.size(1)}, query.dtype()) : cat(rows, 1);
}

// --- the whole ---

namespace {

/// A mask as (batch|1, Q|1, S).
Tensor over_queries(const char* what, const Tensor& mask, std::int64_t batch, std::int64_t queries,
                    std::int64_t keys) {
  if (!mask.defined()) return mask;
  if (mask.shape() == Shape{batch, keys}) return mask.unsqueeze(1);
  const auto fits = [&](int axis, std::int64_t size) {
    return mask.size(axis) == size || mask.size(axis) == 1;
  };
  if (mask.rank() == 3 && fits(0, batch) && fits(1, queries) && mask.size(2) == keys) return mask;
  throw Error("attention", std::string("the ") + what + " must be " + to_string(Shape{batch, keys}) +
                               " (batch, S) or " + to_string(Shape{batch, queries, keys}) +
                               " (batch, Q, S), where batch and Q may be 1, got " + describe(mask) +
                               "; a mask (Q, S) comes as mask.unsqueeze(0)");
}

/// Brought to three axes; the keys that the bias leaves out by -infinity go to the mask.
AttentionMask prepared(const AttentionMask& given, const Tensor& query, std::int64_t keys) {
  if (given.mask.defined() && given.mask.dtype() != DType::boolean) {
    throw Error(
        "attention",
        "a mask must be bool and true where a key is left out, or floating and added to the scores, got " +
            describe(given.mask));
  }
  if (given.bias.defined() && !is_floating(given.bias.dtype())) {
    throw Error("attention",
                "a bias is added to the scores and must be floating, got " + describe(given.bias));
  }
  const std::int64_t batch = query.size(0), queries = query.size(1);
  AttentionMask mask(over_queries("mask", given.mask, batch, queries, keys),
                     over_queries("bias", given.bias, batch, queries, keys));
  if (mask.bias.defined()) {
    const Tensor left_out = eq(mask.bias.detach(), -std::numeric_limits<double>::infinity());
    mask.bias = masked_fill(mask.bias, left_out, 0).to(query.dtype());
    mask.mask = combine_masks(mask.mask, left_out);
  }
  return mask;
}

}  // namespace

AttentionOutput Attention::operator()(const Tensor& query, const Tensor& keys, const AttentionMask& mask,
                                      const AttentionStep& step) const {
  return attend(query, project_keys(keys), keys, mask, step);
}

AttentionOutput Attention::attend(const Tensor& query, const Tensor& projected_keys, const Tensor& values,
                                  const AttentionMask& mask, const AttentionStep& step) const {
  const bool defined = query.defined() && projected_keys.defined() && values.defined();
  const bool ranks = defined && query.rank() == 3 && projected_keys.rank() == 3 && values.rank() == 3;
  if (!ranks || query.size(0) != values.size(0) || projected_keys.size(0) != values.size(0) ||
      projected_keys.size(1) != values.size(1)) {
    throw Error("attention",
                "query, keys and values must be (batch, positions, features), keys and values of the same "
                "positions, got " +
                    describe(query) + ", " + describe(projected_keys) + " and " + describe(values));
  }
  const Shape one_row{query.size(0), 1, values.size(1)};
  if (uses_previous() && step.previous.defined() && !(step.previous.shape() == one_row)) {
    throw Error("attention", "the weights of the step before must be " + to_string(one_row) +
                                 " (batch, 1, S), got " + describe(step.previous));
  }
  const AttentionMask ready = prepared(mask, query, values.size(1));
  const Tensor weights = uses_previous() ? weights_in_turn(query, projected_keys, ready, step)
                                         : this->weights(query, projected_keys, ready, step);
  if (AttentionRecord::wants(query_weight_)) AttentionRecord::add(query_weight_, weights.unsqueeze(1));
  return {bmm(weights, values), weights};
}

}  // namespace gradus::nn
