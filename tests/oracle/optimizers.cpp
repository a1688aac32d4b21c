// Trajectories of the optimisers on two small problems, and clipping.
#include "optimizers.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/modes.h>
#include <gradus/autograd/reduce.h>

namespace oracle {
namespace {

using namespace gradus;
using namespace gradus::optim;

void read(const Json& attributes, const char* name, double& option) {
  if (attributes.contains(name)) option = number_of(attributes.at(name));
}
void read(const Json& attributes, const char* name, bool& option) {
  if (attributes.contains(name)) option = attributes.at(name).get<bool>();
}

void read_options(const Json& json, SgdOptions& options) {
  read(json, "momentum", options.momentum);
  read(json, "dampening", options.dampening);
  read(json, "nesterov", options.nesterov);
}

template <class AdamLike>
void read_adam_options(const Json& json, AdamLike& options) {
  if (json.contains("betas")) {
    options.beta1 = number_of(json.at("betas").at(0));
    options.beta2 = number_of(json.at("betas").at(1));
  }
  read(json, "eps", options.eps);
  read(json, "amsgrad", options.amsgrad);
}
void read_options(const Json& json, AdamOptions& options) { read_adam_options(json, options); }
void read_options(const Json& json, AdamWOptions& options) { read_adam_options(json, options); }

void read_options(const Json& json, RMSpropOptions& options) {
  read(json, "alpha", options.alpha);
  read(json, "eps", options.eps);
  read(json, "momentum", options.momentum);
  read(json, "centered", options.centered);
}

void read_options(const Json& json, AdagradOptions& options) {
  read(json, "lr_decay", options.lr_decay);
  read(json, "initial_accumulator_value", options.initial_accumulator_value);
  read(json, "eps", options.eps);
}

void read_options(const Json& json, AdadeltaOptions& options) {
  read(json, "rho", options.rho);
  read(json, "eps", options.eps);
}

template <class Kind>
std::unique_ptr<Optimizer> make(const std::vector<ParameterGroup>& groups) {
  std::unique_ptr<Kind> optimizer;
  for (const auto& [parameters, attributes] : groups) {
    typename Kind::Options options;
    read(attributes, "lr", options.lr);
    read(attributes, "weight_decay", options.weight_decay);
    read(attributes, "maximize", options.maximize);
    read_options(attributes, options);
    if (optimizer) optimizer->add_group(parameters, options);
    else optimizer = std::make_unique<Kind>(parameters, options);
  }
  return optimizer;
}

/// The problem's parameters by name, and its loss as a function of them.
struct Problem {
  NamedTensors parameters;
  std::function<Tensor()> loss;
};

Problem problem_of(const Case& c) {
  const Arguments& a = c.arguments();
  const auto parameter = [&](const char* name) { return a.tensor(name).clone().requires_grad_(); };
  if (c.json().at("problem") == "quadratic") {
    const Tensor x = parameter("x0"), A = a.tensor("A"), b = a.tensor("b");
    return {{{"x", x}}, [=] { return 0.5 * dot(x, matmul(A, x)) - dot(b, x); }};
  }
  if (c.json().at("problem") == "logistic") {
    const Tensor w = parameter("w0"), offset = parameter("c0"), X = a.tensor("X"), y = a.tensor("y");
    return {{{"w", w}, {"c", offset}}, [=] { return bce_with_logits(matmul(X, w) + offset, y); }};
  }
  throw Unsupported("problem '" + c.json().at("problem").get<std::string>() + "'");
}

/// All parameters with the case's attributes, or the groups that it lists.
std::vector<ParameterGroup> groups_of(const Case& c, const Problem& problem) {
  const Json& attributes = c.attributes();
  std::vector<ParameterGroup> groups;
  if (!attributes.contains("groups")) {
    ParameterGroup& group = groups.emplace_back(ParameterGroup{{}, attributes});
    for (const auto& [name, parameter] : problem.parameters) group.parameters.push_back(parameter);
    return groups;
  }
  for (const Json& listed : attributes.at("groups")) {
    ParameterGroup& group = groups.emplace_back();
    group.attributes = attributes;
    group.attributes.erase("groups");
    group.attributes.update(listed);
    for (const Json& wanted : listed.at("params")) {
      for (const auto& [name, parameter] : problem.parameters) {
        if (wanted == name) group.parameters.push_back(parameter);
      }
    }
  }
  return groups;
}

Answers run_trajectory(const Case& c) {
  const Problem problem = problem_of(c);
  const auto optimizer = make_optimizer(c.op(), groups_of(c, problem));
  std::map<std::string, Tensors> trajectories;
  const std::int64_t steps = c.json().at("steps");
  for (std::int64_t step = 0; step < steps; ++step) {
    optimizer->zero_grad();
    const Tensor loss = problem.loss();
    loss.backward();
    optimizer->step();
    trajectories["losses"].push_back(loss.detach());
    for (const auto& [name, parameter] : problem.parameters) {
      trajectories[name + "_traj"].push_back(parameter.detach().clone());
    }
  }
  Answers answers;
  for (const Json& output : c.json().at("outputs")) {
    const auto found = trajectories.find(output.at("name"));
    if (found == trajectories.end())
      throw Unsupported("output '" + output.at("name").get<std::string>() + "'");
    answers[output.at("tensor")] = stack(found->second);
  }
  return answers;
}

/// Clipping of given gradients.
Answers run_clip(const Case& c) {
  const Arguments& a = c.arguments();
  Tensors parameters;
  std::map<std::string, Tensor> results;
  for (const Tensor& gradient : a.tensors("grad")) {
    Tensor parameter = zeros_like(gradient).requires_grad_();
    parameter.set_grad(gradient);
    parameters.push_back(parameter);
  }
  if (c.op() == "clip_grad_value_") {
    clip_grad_value_(parameters, a.number("clip_value"));
  } else {
    const double norm = clip_grad_norm_(parameters, a.number("max_norm"), a.number("norm_type", 2));
    results["total_norm"] = full({}, norm, c.dtype());
  }
  for (std::size_t i = 0; i < parameters.size(); ++i)
    results["grad" + std::to_string(i)] = parameters[i].grad();
  Answers answers;
  for (const Json& output : c.json().at("outputs"))
    answers[output.at("tensor")] = results.at(output.at("name"));
  return answers;
}

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const std::string& name,
                                          const std::vector<ParameterGroup>& groups) {
  static const std::map<std::string, std::unique_ptr<Optimizer> (*)(const std::vector<ParameterGroup>&)>
      table = {
          {"SGD", make<SGD>},         {"Adam", make<Adam>},       {"AdamW", make<AdamW>},
          {"RMSprop", make<RMSprop>}, {"Adagrad", make<Adagrad>}, {"Adadelta", make<Adadelta>},
      };
  const auto found = table.find(name);
  if (found == table.end()) throw Unsupported("optimiser '" + name + "'");
  return found->second(groups);
}

Answers run_optimizer(const Case& c) {
  return c.op().rfind("clip_", 0) == 0 ? run_clip(c) : run_trajectory(c);
}

}  // namespace oracle
