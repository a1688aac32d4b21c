// Operations that normalise: softmax over an axis, layer normalisation, dropout.
#pragma once
#include <gradus/autograd/modes.h>
#include <gradus/tensor/tensor_class.h>

namespace gradus {

struct RandomStream;

/// e^x / sum(e^x) along an axis, without overflow. A slice of nothing but -infinity gives NaN; see
/// masked_softmax.
Tensor softmax(const Tensor& x, std::int64_t axis);
/// log(softmax(x)).
Tensor log_softmax(const Tensor& x, std::int64_t axis);
/// Softmax along an axis over the elements where `mask` (bool, broadcast to the scores; true: left out) is
/// false. Where all are left out the weights are zeros, and so are the gradients. An undefined mask leaves
/// nothing out.
Tensor masked_softmax(const Tensor& scores, const Tensor& mask, std::int64_t axis = -1);

/// (x - mean) / sqrt(variance + eps) * weight + bias (Ba, Kiros, Hinton 2016), over the last axes, which are
/// `normalized_shape`; weight and bias have that shape or are undefined.
Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight = {},
                  const Tensor& bias = {}, double eps = 1e-5);

/// x / sqrt(mean(x^2) + eps) * weight over the last axis (Zhang, Sennrich 2019); weight (features,) or undefined.
Tensor rms_norm(const Tensor& x, const Tensor& weight = {}, double eps = 1e-6);

/// In training: zeros with probability p, x / (1 - p) elsewhere (Srivastava et al. 2014); otherwise x itself.
/// The mask is never stored: the backward pass draws it again. p counts to the nearest 1 / 65536. Throws where
/// p is not in [0, 1].
Tensor dropout(const Tensor& x, double p, bool training = is_training());
/// The same with the numbers of a place in a stream (tensor/random.h), so that a mask can be drawn again.
Tensor dropout(const Tensor& x, double p, const RandomStream& stream);

namespace composed {
// The same in plain operations.
Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight, const Tensor& bias,
                  double eps);
}  // namespace composed

}  // namespace gradus
