#include <gradus/autograd/activation.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/normalize.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/nn/attention_pooling.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <cmath>

namespace gradus::nn {

AttentionPooling::AttentionPooling(std::int64_t features, std::int64_t hidden_size)
    : hidden(features, hidden_size > 0 ? hidden_size : features) {
  const std::int64_t size = hidden.weight.size(0);
  const double bound = 1 / std::sqrt(static_cast<double>(size));
  context = empty({size});
  context.uniform_(-bound, bound).requires_grad_().set_name("context");
}

PooledOutput AttentionPooling::operator()(const Tensor& x, const Tensor& mask) const {
  if (!x.defined() || x.rank() != 3 || (mask.defined() && !(mask.shape() == Shape{x.size(0), x.size(1)}))) {
    throw Error("AttentionPooling", "needs (batch, time, features) and a mask (batch, time), got " +
                                        describe(x) + (mask.defined() ? " and " + describe(mask) : ""));
  }
  const Tensor scores = matmul(tanh(hidden(x)), context);  // (batch, time)
  const Tensor weights = masked_softmax(scores, mask);
  return {bmm(weights.unsqueeze(1), x).squeeze(1), weights};
}

}  // namespace gradus::nn
