// Learning rates over the steps, and the table of positions.
#include "cases.h"

#include <gradus/nn/positions.h>
#include <gradus/optim/schedule.h>

namespace oracle {
namespace {

using namespace gradus;
using namespace gradus::optim;

/// The learning rate before any step, then after each.
template <class Schedule>
Tensor sampled(const Case& c, const Schedule& schedule) {
  std::vector<double> rates;
  if (c.arguments().has("steps")) {  // counted from 1
    for (const Json& step : c.arguments().plain("steps"))
      rates.push_back(schedule(step.get<std::int64_t>() - 1));
  } else {
    const auto count = static_cast<std::int64_t>(c.json().at("expected").size());
    for (std::int64_t step = 0; step < count; ++step) rates.push_back(schedule(step));
  }
  return tensor(rates);
}

Tensor run_plateau(const Case& c) {
  const Arguments& a = c.arguments();
  using Options = ReduceLROnPlateauOptions;
  ReduceLROnPlateau plateau(
      a.number("base_lr"),
      {.mode = a.text("mode", "min") == "min" ? Options::Mode::min : Options::Mode::max,
       .factor = a.number("factor", 0.1),
       .patience = a.integer("patience", 10),
       .threshold = a.number("threshold", 1e-4),
       .threshold_mode = a.text("threshold_mode", "rel") == "rel" ? Options::ThresholdMode::rel
                                                                  : Options::ThresholdMode::abs,
       .cooldown = a.integer("cooldown", 0),
       .min_lr = a.number("min_lr", 0),
       .eps = a.number("eps", 1e-8)});
  std::vector<double> rates{plateau.lr()};
  for (const Json& metric : a.plain("metrics")) rates.push_back(plateau.step(number_of(metric)));
  return tensor(rates);
}

Tensor run_one_cycle(const Case& c) {
  const Arguments& a = c.arguments();
  return sampled(c, OneCycleLR{.max_lr = a.number("max_lr"),
                               .total_steps = a.integer("total_steps"),
                               .pct_start = a.number("pct_start", 0.3),
                               .anneal_strategy =
                                   a.text("anneal_strategy", "cos") == "cos" ? Anneal::cos : Anneal::linear,
                               .div_factor = a.number("div_factor", 25),
                               .final_div_factor = a.number("final_div_factor", 1e4),
                               .three_phase = a.flag("three_phase", false)});
}

Tensor run_linear(const Case& c) {
  const Arguments& a = c.arguments();
  return sampled(c, LinearLR{.base_lr = a.number("base_lr"),
                             .start_factor = a.number("start_factor", 1.0 / 3),
                             .end_factor = a.number("end_factor", 1),
                             .total_iters = a.integer("total_iters", 5)});
}

Tensor run_warm_restarts(const Case& c) {
  const Arguments& a = c.arguments();
  return sampled(c, CosineAnnealingWarmRestarts{.base_lr = a.number("base_lr"),
                                                .t_0 = a.integer("T_0"),
                                                .t_mult = a.integer("T_mult", 1),
                                                .eta_min = a.number("eta_min", 0)});
}

using Run = Tensor (*)(const Case&);
const std::map<std::string, Run>& schedules() {
  static const std::map<std::string, Run> table = {
      {"ConstantLR",
       [](const Case& c) {
         const Arguments& a = c.arguments();
         return sampled(
             c, ConstantLR{a.number("base_lr"), a.number("factor", 1.0 / 3), a.integer("total_iters", 5)});
       }},
      {"StepLR",
       [](const Case& c) {
         const Arguments& a = c.arguments();
         return sampled(c, StepLR{a.number("base_lr"), a.integer("step_size"), a.number("gamma", 0.1)});
       }},
      {"MultiStepLR",
       [](const Case& c) {
         const Arguments& a = c.arguments();
         return sampled(
             c, MultiStepLR{a.number("base_lr"), a.plain("milestones").get<std::vector<std::int64_t>>(),
                            a.number("gamma", 0.1)});
       }},
      {"ExponentialLR",
       [](const Case& c) {
         return sampled(c, ExponentialLR{c.arguments().number("base_lr"), c.arguments().number("gamma")});
       }},
      {"CosineAnnealingLR",
       [](const Case& c) {
         const Arguments& a = c.arguments();
         return sampled(c,
                        CosineAnnealingLR{a.number("base_lr"), a.integer("T_max"), a.number("eta_min", 0)});
       }},
      {"CosineAnnealingWarmRestarts", run_warm_restarts},
      {"LinearLR", run_linear},
      {"OneCycleLR", run_one_cycle},
      {"ReduceLROnPlateau", run_plateau},
      {"Noam",
       [](const Case& c) {
         const Arguments& a = c.arguments();
         return sampled(c, NoamLR{a.integer("d_model"), a.integer("warmup"), a.number("factor", 1)});
       }},
      {"InverseSqrt",
       [](const Case& c) {
         return sampled(c, InverseSqrtLR{c.arguments().number("base_lr"), c.arguments().integer("warmup")});
       }},
      {"PositionalEncoding",
       [](const Case& c) {
         return nn::sinusoid_table(c.arguments().integer("length"), c.arguments().integer("d_model"),
                                   DType::float64);
       }},
  };
  return table;
}

}  // namespace

Answers run_schedule(const Case& c) {
  const auto found = schedules().find(c.op());
  if (found == schedules().end()) throw Unsupported("schedule '" + c.op() + "'");
  return {{c.id(), found->second(c)}};
}

}  // namespace oracle
