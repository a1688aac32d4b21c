// A case of the manifest, and how its answers are computed.
#pragma once
#include "operations.h"

#include <gradus/tensor/safetensors.h>

#include <functional>
#include <map>

namespace oracle {

/// The tensors of one file, by their keys.
using TensorMap = std::map<std::string, Tensor>;
TensorMap load_map(const std::string& path);

/// A case with its tensors read: the leaves, and the arguments that are made from them by views.
class Case {
 public:
  Case(const Json& json, const TensorMap& file);

  const Json& json() const { return json_; }
  std::string id() const { return json_.at("id"); }
  std::string op() const { return json_.at("op"); }
  std::string group() const { return json_.at("group"); }
  DType dtype() const { return json_.at("dtype") == "F64" ? DType::float64 : DType::float32; }
  const Json& attributes() const { return json_.at("attrs"); }

  /// Attributes and inputs by name.
  const Arguments& arguments() const { return arguments_; }
  Arguments& arguments() { return arguments_; }
  /// Inputs that require a gradient, by name.
  const gradus::NamedTensors& leaves() const { return leaves_; }
  /// The module's parameters as stored.
  gradus::NamedTensors state() const;
  /// A stored tensor.
  const Tensor& stored(const std::string& key) const;

 private:
  const Json& json_;
  const TensorMap& file_;
  Arguments arguments_;
  gradus::NamedTensors leaves_;
};

/// Answers under the manifest's keys.
using Answers = TensorMap;

/// Names the outputs, runs them backward from their cotangents, and names the gradients of the leaves and
/// parameters.
Answers outputs_and_gradients(const Case& c, const Tensors& outputs,
                              const gradus::NamedTensors& parameters = {});

// By group. Unsupported where there is no word for the case.
Answers run_operation(const Case& c);
Answers run_second_order(Case& c);
Answers run_module(const Case& c);
Answers run_optimizer(const Case& c);
Answers run_schedule(const Case& c);
Answers run_training(const Case& c);

/// Runs what an error case says. Returns what was thrown, or "" where nothing was.
std::string run_error_case(Case& c);

}  // namespace oracle
