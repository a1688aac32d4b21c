// Monotonic attention in expectation.
#pragma once
#include <gradus/tensor/tensor_class.h>

namespace gradus {

/// Where an attention that only moves forward stops, in expectation (Raffel et al. 2017, "Online and
/// Linear-Time Attention by Enforcing Monotonic Alignments"). It starts at key j with the
/// probability `previous`_j and at every key it reaches stops with p_j or goes on to the next:
///   q_0 = previous_0,  q_j = (1 - p_{j-1}) q_{j-1} + previous_j  (reached),  alpha_j = p_j q_j  (stopped),
/// along the last axis. p and previous have one shape (..., S) and floating dtype. What walks off the end is
/// lost: a row sums to at most the sum of the row of `previous`. Nothing is divided, so that p may be exactly
/// 0 or 1.
Tensor monotonic_weights(const Tensor& p, const Tensor& previous);

namespace composed {
/// The same in plain operations.
Tensor monotonic_weights(const Tensor& p, const Tensor& previous);
}  // namespace composed

}  // namespace gradus
