// Batch normalisation (Ioffe, Szegedy 2015).
#pragma once
#include <gradus/nn/fields.h>

#include <cstdint>

namespace gradus::nn {

struct BatchNormOptions {
  double eps = 1e-5;
  double momentum = 0.1;  // share of a batch in the running statistics
  bool affine = true;     // weight and bias are learnt
};

/// Normalises every channel of (batch, channels, ...): over the batch while training, by running statistics
/// otherwise (batch_norm). One type serves inputs of every rank; the names are those of PyTorch's BatchNorm1d
/// and BatchNorm2d.
struct BatchNorm {
  Tensor weight, bias;               // (channels,); undefined where not affine
  Buffer running_mean, running_var;  // (channels,)
  Buffer num_batches_tracked;        // () int64
  double eps, momentum;

  explicit BatchNorm(std::int64_t channels, BatchNormOptions options = {});
  Tensor operator()(const Tensor& x) const;
  GRADUS_FIELDS(BatchNorm, weight, bias, running_mean, running_var, num_batches_tracked, eps, momentum)
};

}  // namespace gradus::nn
