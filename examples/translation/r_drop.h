// A loss that asks two passes through a model with dropout to agree.
#pragma once
#include <gradus/nn/linear.h>

namespace translation {

/// R-Drop (Liang et al. 2021). Of one batch passed twice through a model with dropout, which gives the
/// features `first` and `second`, each (N, features), and so the distributions P and Q of every target (N,)
/// int64, the mean over the targets that are not 0 (padding) of
///
///   (CE(P) + CE(Q)) / 2 + alpha / 4 (KL(P || Q) + KL(Q || P)),
///
/// CE being the cross entropy with label smoothing: half of the paper's equation 4, so that with alpha 0 it
/// is an ordinary loss. `output`, with a bias, makes logits of the features: of some rows at a time, as in
/// linear_cross_entropy, with the gradients left behind.
gradus::Tensor r_drop_loss(const gradus::Tensor& first, const gradus::Tensor& second,
                           const gradus::nn::Linear& output, const gradus::Tensor& target,
                           double label_smoothing, double alpha);

}  // namespace translation
