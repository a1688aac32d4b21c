#include <gradus/autograd/linalg.h>
#include <gradus/nn/init.h>
#include <gradus/nn/linear.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <cmath>
#include <string>

namespace gradus::nn {

Linear::Linear(std::int64_t in_features, std::int64_t out_features, LinearOptions options) {
  if (in_features < 1 || out_features < 1) {
    throw Error("Linear", "maps " + std::to_string(in_features) + " features to " +
                              std::to_string(out_features) + "; both must be at least 1");
  }
  weight = empty({out_features, in_features});
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});  // +-1/sqrt(in_features)
  weight.requires_grad_().set_name("weight");
  if (!options.bias) return;
  const double bound = 1 / std::sqrt(static_cast<double>(in_features));
  bias = empty({out_features});
  init::uniform_(bias, -bound, bound);
  bias.requires_grad_().set_name("bias");
}

Tensor Linear::operator()(const Tensor& x) const { return linear(x, weight, bias); }

}  // namespace gradus::nn
