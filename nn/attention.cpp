#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/attention_scores.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/normalize.h>
#include <gradus/nn/attention.h>
#include <gradus/nn/init.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <cmath>

namespace gradus::nn {

const char* name_of(Score score) {
  switch (score) {
    case Score::dot: return "dot";
    case Score::scaled_dot: return "scaled_dot";
    case Score::general: return "general";
    case Score::additive: return "additive";
  }
  return "?";
}

Score score_named(std::string_view name) {
  for (const Score score : {Score::dot, Score::scaled_dot, Score::general, Score::additive}) {
    if (name == name_of(score)) return score;
  }
  throw Error("attention", "there is no score '" + std::string(name) +
                               "'; known are dot, scaled_dot, general and additive");
}

Attention::Attention(Score score, std::int64_t query_size, std::int64_t key_size, AttentionOptions options)
    : score_(score) {
  const std::int64_t hidden = options.hidden > 0 ? options.hidden : query_size;
  const auto weight = [](const Shape& shape, const char* name) {
    Tensor tensor = empty(shape);
    init::xavier_uniform_(tensor);
    return tensor.requires_grad_().set_name(name);
  };
  switch (score) {
    case Score::dot:
    case Score::scaled_dot:
      if (query_size != key_size) {
        throw Error("attention", std::string(gradus::nn::name_of(score)) + " compares queries of " +
                                     std::to_string(query_size) + " features with keys of " +
                                     std::to_string(key_size) + ": they must be equal; see general and additive");
      }
      break;
    case Score::general: key_weight_ = weight({query_size, key_size}, "key_weight"); break;
    case Score::additive: {
      query_weight_ = weight({hidden, query_size}, "query_weight");
      key_weight_ = weight({hidden, key_size}, "key_weight");
      const double bound = 1 / std::sqrt(static_cast<double>(hidden));
      v_ = empty({hidden});
      v_.uniform_(-bound, bound).requires_grad_().set_name("v");
      break;
    }
  }
}

Tensor Attention::project_keys(const Tensor& keys) const {
  return key_weight_.defined() ? linear(keys, key_weight_, {}) : keys;
}

AttentionOutput Attention::operator()(const Tensor& query, const Tensor& keys, const Tensor& key_mask) const {
  return attend(query, project_keys(keys), keys, key_mask);
}

AttentionOutput Attention::attend(const Tensor& query, const Tensor& projected_keys, const Tensor& values,
                                  const Tensor& key_mask) const {
  if (query.rank() != 3 || projected_keys.rank() != 3 || values.rank() != 3) {
    throw Error("attention", "query, keys and values must be (batch, positions, features), got " + describe(query) +
                                 ", " + describe(projected_keys) + " and " + describe(values));
  }
  if (key_mask.defined() && !(key_mask.shape() == Shape{values.shape()[0], values.shape()[1]})) {
    throw Error("attention", "the key mask must be " + to_string(Shape{values.shape()[0], values.shape()[1]}) +
                                 " (batch, S), got " + describe(key_mask));
  }
  Tensor scores;  // (batch, Q, S)
  if (score_ == Score::additive) {
    scores = additive_scores(linear(query, query_weight_, {}), projected_keys, v_);
  } else {
    scores = bmm(query, projected_keys.transpose(1, 2));
    if (score_ == Score::scaled_dot) scores = scores / std::sqrt(static_cast<double>(query.shape()[2]));
  }
  const Tensor mask = key_mask.defined() ? key_mask.unsqueeze(1) : key_mask;  // (batch, 1, S)
  const Tensor weights = masked_softmax(scores, mask, -1);
  return {bmm(weights, values), weights};
}

}  // namespace gradus::nn
