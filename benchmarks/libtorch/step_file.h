// The training step that `bench_translation --save-step` has written, to be taken again.
#pragma once
#include <torch/torch.h>

#include <map>
#include <string>

namespace benchmarks {

/// Weights as "weight/NAME", gradients as "gradient/NAME", "loss", and the batch: "source", "previous",
/// "target", each (B, positions).
using StepFile = std::map<std::string, torch::Tensor>;

/// Reads a safetensors file of float32 and int64 tensors.
StepFile read_step_file(const std::string& path);

/// The name in that file, behind "weight/" and "gradient/", of the parameter that LibTorch's modules call
/// `name`.
std::string name_in_step_file(const std::string& name);

/// The largest difference between two tensors of one shape, relative to the largest element of `expected`.
double relative_difference(const torch::Tensor& actual, const torch::Tensor& expected);

}  // namespace benchmarks
