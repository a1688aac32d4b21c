// The backward pass: gradients of outputs with respect to inputs.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <span>
#include <vector>

namespace gradus {

/// Sums of the gradients of `outputs` with respect to each of `inputs` (d sum_k <outputs_k, gradients_k> / d input_i), as
/// new tensors; nothing is accumulated into .grad(). An input that the outputs do not depend on gets an undefined tensor.
/// `gradients` may be empty where every output has one element. With {.create_graph = true} the results can be
/// differentiated again.
std::vector<Tensor> grad(std::span<const Tensor> outputs, std::span<const Tensor> inputs,
                         std::span<const Tensor> gradients = {}, BackwardOptions options = {});
/// The gradient of one output with respect to one input.
Tensor grad(const Tensor& output, const Tensor& input, const Tensor& gradient = {}, BackwardOptions options = {});

}  // namespace gradus
