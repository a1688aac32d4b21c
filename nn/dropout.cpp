#include <gradus/autograd/modes.h>
#include <gradus/autograd/normalize.h>
#include <gradus/nn/dropout.h>
#include <gradus/tensor/error.h>

#include <string>

namespace gradus::nn {

Dropout::Dropout(double probability) : p(probability) {
  if (!(p >= 0 && p <= 1)) {
    throw Error("Dropout", "the probability is " + std::to_string(p) + "; it must lie in [0, 1]");
  }
}

Tensor Dropout::operator()(const Tensor& x) const { return dropout(x, p, is_training()); }

}  // namespace gradus::nn
