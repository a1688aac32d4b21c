// Batch normalisation (Ioffe, Szegedy 2015).
#pragma once
#include <gradus/tensor/tensor_class.h>

namespace gradus {

/// (x - mean) / sqrt(variance + eps) * weight + bias for every channel of x (batch, channels, ...); weight
/// and bias (channels,) or undefined. In training mean and variance are those of the batch, and the running
/// ones, where they are given, move towards them in place: running = (1 - momentum) running + momentum batch,
/// with the unbiased variance. Otherwise the running ones are used. An empty x gives an empty
/// result and moves nothing. Throws in training where every channel has a single value.
Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                  const Tensor& running_variance, bool training, double momentum = 0.1, double eps = 1e-5);

}  // namespace gradus
