#include "cases.h"

#include <gradus/autograd/engine.h>

#include <cctype>

namespace oracle {

using namespace gradus;

TensorMap load_map(const std::string& path) {
  TensorMap map;
  for (auto& [name, tensor] : load_tensors(path).tensors) map.emplace(name, tensor);
  return map;
}

Case::Case(const Json& json, const TensorMap& file) : json_(json), file_(file) {
  for (const Json& input : json.value("inputs", Json::array())) {
    const std::string name = input.at("name");
    Tensor x = stored(input.at("tensor")).clone();
    if (input.value("requires_grad", false)) {
      x.requires_grad_();
      leaves_.emplace_back(name, x);
    }
    for (const Json& step : input.value("view", Json::array())) x = apply_view(x, step);
    arguments_.set(name, x);
  }
  for (const auto& [name, value] : json.at("attrs").items()) arguments_.set(name, value);
  if (json.contains("call") && !json.at("call").is_null()) arguments_.set("call", json.at("call"));
}

const Tensor& Case::stored(const std::string& key) const {
  const auto found = file_.find(key);
  if (found == file_.end()) throw std::runtime_error("the file holds no tensor '" + key + "'");
  return found->second;
}

NamedTensors Case::state() const {
  NamedTensors state;
  for (const Json& entry : json_.value("state_dict", Json::array())) {
    state.emplace_back(entry.at("name"), stored(entry.at("tensor")));
  }
  return state;
}

namespace {

/// Gradients of the outputs that have a cotangent and depend on something.
std::vector<Tensor> gradients_of(const Case& c, const Tensors& outputs, const Tensors& leaves,
                                 BackwardOptions options) {
  Tensors differentiable, cotangents;
  const Json& named = c.json().at("outputs");
  for (std::size_t i = 0; i < outputs.size() && i < named.size(); ++i) {
    if (!named[i].contains("cotangent") || !outputs[i].requires_grad()) continue;
    differentiable.push_back(outputs[i]);
    cotangents.push_back(c.stored(named[i].at("cotangent")));
  }
  if (differentiable.empty() || leaves.empty()) return std::vector<Tensor>(leaves.size());
  return grad(differentiable, leaves, cotangents, options);
}

/// The tensor key of a named gradient; "" where the manifest does not ask for it.
std::string key_of(const Case& c, const char* section, const std::string& of) {
  for (const Json& entry : c.json().value(section, Json::array())) {
    if (entry.at("of") == of) return entry.at("tensor");
  }
  return "";
}

void name_outputs(const Case& c, const Tensors& outputs, Answers& answers) {
  const Json& named = c.json().at("outputs");
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (i >= outputs.size()) throw Unsupported("output '" + named[i].at("name").get<std::string>() + "'");
    answers[named[i].at("tensor")] = outputs[i].detach().clone();
  }
}

Tensor or_zeros(const Tensor& gradient, const Tensor& like) {
  return gradient.defined() ? gradient.detach().clone() : zeros_like(like.detach());
}

/// What a second-order case leaves out: "softmax.hvp_dim1" means dim 1, "pow.hvp_cube" the exponent 3.
void complete_second_order(Case& c) {
  Arguments& a = c.arguments();
  const std::string id = c.id();
  const std::size_t at = id.find("dim");
  if (!a.has("dim") && at != std::string::npos && at + 3 < id.size() &&
      std::isdigit(static_cast<unsigned char>(id[at + 3]))) {
    a.set("dim", Json(id[at + 3] - '0'));
  }
  if (c.op() == "pow" && !a.has("exponent"))
    a.set("exponent", Json(id.find("square") != std::string::npos ? 2 : 3));
  if (c.op() == "layer_norm" && !a.has("normalized_shape"))
    a.set("normalized_shape", Json(a.tensor("input").shape().back()));
  if (id.find("tanh") != std::string::npos && c.op() == "gelu") a.set("approximate", Json("tanh"));
}

}  // namespace

Answers outputs_and_gradients(const Case& c, const Tensors& outputs, const NamedTensors& parameters) {
  Answers answers;
  name_outputs(c, outputs, answers);
  Tensors leaves;
  std::vector<std::string> names;
  for (const auto& [name, tensor] : c.leaves()) {
    leaves.push_back(tensor);
    names.push_back(name);
  }
  for (const auto& [name, tensor] : parameters) {
    leaves.push_back(tensor);
    names.push_back("param." + name);
  }
  const std::vector<Tensor> gradients = gradients_of(c, outputs, leaves, {});
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const std::string key = key_of(c, "grads", names[i]);
    if (!key.empty()) answers[key] = or_zeros(gradients[i], leaves[i]);
  }
  return answers;
}

Answers run_operation(const Case& c) {
  const Operation* operation = find_operation(c.op());
  if (!operation) throw Unsupported("operation '" + c.op() + "'");
  return outputs_and_gradients(c, operation->run(c.arguments()));
}

Answers run_second_order(Case& c) {
  const Operation* operation = find_operation(c.op());
  if (!operation) throw Unsupported("operation '" + c.op() + "'");
  complete_second_order(c);
  const Tensors outputs = operation->run(c.arguments());
  Answers answers;
  name_outputs(c, outputs, answers);

  Tensors leaves;
  for (const auto& [name, tensor] : c.leaves()) leaves.push_back(tensor);
  const std::vector<Tensor> first = gradients_of(c, outputs, leaves, {.create_graph = true});
  Tensors differentiable, directions;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const std::string& name = c.leaves()[i].first;
    answers[key_of(c, "first_order", name)] = or_zeros(first[i], leaves[i]);
    const std::string direction = key_of(c, "direction", name);
    if (direction.empty() || !first[i].defined() || !first[i].requires_grad()) continue;
    differentiable.push_back(first[i]);
    directions.push_back(c.stored(direction));
  }
  std::vector<Tensor> second(leaves.size());
  if (!differentiable.empty()) second = grad(differentiable, leaves, directions, {});
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const std::string key = key_of(c, "grads", c.leaves()[i].first);
    if (!key.empty()) answers[key] = or_zeros(second[i], leaves[i]);
  }
  return answers;
}

}  // namespace oracle
