#include "operations.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/normalize.h>
#include <gradus/nn/losses.h>

#include <cmath>

namespace table {
namespace {

using namespace gradus;
using Arrays = std::vector<Array>;

/// Terms of input and target, reduced to their mean, their sum, or not.
Reference reduced(double (*term)(double, double), Reduction reduction) {
  return [=](const Arrays& x) {
    Array terms = each2(term)(x);
    if (reduction == Reduction::none) return terms;
    double sum = 0;
    for (const double value : terms.values) sum += value;
    return Array{{}, {reduction == Reduction::mean ? sum / static_cast<double>(terms.values.size()) : sum}};
  };
}

/// A loss on (3, 4), with each reduction.
void add_loss(std::vector<Row>& rows, const char* name,
              Tensor (*function)(const Tensor&, const Tensor&, Reduction), double (*term)(double, double),
              Domain input = Domain::any, Domain target = Domain::any, const char* kind = "") {
  for (const Reduction reduction : {Reduction::none, Reduction::mean, Reduction::sum}) {
    rows.push_back({.name = name,
                    .variant = std::string(reduction == Reduction::none   ? "none"
                                           : reduction == Reduction::mean ? "mean"
                                                                          : "sum") +
                               kind,
                    .inputs = {{{3, 4}, input}, {{3, 4}, target}},
                    .run = [=](const Tensors& x) { return function(x[0], x[1], reduction); },
                    .reference = reduced(term, reduction)});
  }
}

/// -w[t] log p[t], smoothed over the classes; mean over the weights that count. Scores (N, C) are logits or
/// log probabilities.
struct ClassReference {
  bool logits = true;
  std::int64_t ignored = -100;
  double smoothing = 0;
  std::vector<double> weights = {1, 1, 1};
  Reduction reduction = Reduction::mean;

  Array operator()(const Arrays& x) const {
    const std::int64_t rows = x[0].shape[0], classes = x[0].shape[1];
    Array losses{{rows}, {}};
    double total = 0, divisor = 0;
    for (std::int64_t i = 0; i < rows; ++i) {
      const auto target = static_cast<std::int64_t>(x[1].at({i}));
      double log_sum = 0;
      for (std::int64_t c = 0; c < classes; ++c) log_sum += std::exp(x[0].at({i, c}));
      log_sum = logits ? std::log(log_sum) : 0;
      const auto weight = [&](std::int64_t c) { return weights[static_cast<std::size_t>(c)]; };
      double loss = 0;
      if (target != ignored) {
        loss = (1 - smoothing) * weight(target) * (log_sum - x[0].at({i, target}));
        for (std::int64_t c = 0; c < classes; ++c) {
          loss += smoothing / static_cast<double>(classes) * weight(c) * (log_sum - x[0].at({i, c}));
        }
        divisor += weight(target);
      }
      losses.values.push_back(loss);
      total += loss;
    }
    if (reduction == Reduction::none) return losses;
    return {{}, {reduction == Reduction::mean ? total / divisor : total}};
  }
};

std::vector<Row> class_rows() {
  const Input targets = numbers({4}, {2, 0, 1, 2});
  const std::vector<Input> plain = {{{4, 3}}, targets};
  std::vector<Row> rows = {
      {.name = "nll_loss",
       .variant = "mean",
       .inputs = plain,
       .run = [](const Tensors& x) { return nll_loss(x[0], x[1]); },
       .reference = ClassReference{.logits = false}},
      {.name = "nll_loss",
       .variant = "ignored, none",
       .inputs = plain,
       .run =
           [](const Tensors& x) {
             return nll_loss(x[0], x[1], {.ignore_index = 2, .reduction = Reduction::none});
           },
       .reference = ClassReference{.logits = false, .ignored = 2, .reduction = Reduction::none}},
      {.name = "cross_entropy",
       .variant = "mean",
       .inputs = plain,
       .run = [](const Tensors& x) { return cross_entropy(x[0], x[1]); },
       .reference = ClassReference{},
       .twin = [](const Tensors& x) { return composed::cross_entropy(x[0], x[1]); }},
      {.name = "cross_entropy",
       .variant = "smoothed, ignored",
       .inputs = plain,
       .run =
           [](const Tensors& x) {
             return cross_entropy(x[0], x[1], {.ignore_index = 0, .label_smoothing = 0.2});
           },
       .reference = ClassReference{.ignored = 0, .smoothing = 0.2},
       .twin =
           [](const Tensors& x) {
             return composed::cross_entropy(x[0], x[1], {.ignore_index = 0, .label_smoothing = 0.2});
           }},
      {.name = "cross_entropy",
       .variant = "sum",
       .inputs = plain,
       .run =
           [](const Tensors& x) {
             return cross_entropy(x[0], x[1], {.reduction = Reduction::sum, .label_smoothing = 0.1});
           },
       .reference = ClassReference{.smoothing = 0.1, .reduction = Reduction::sum}},
      {.name = "cross_entropy",
       .variant = "none",
       .inputs = plain,
       .run =
           [](const Tensors& x) {
             return cross_entropy(x[0], x[1], {.ignore_index = 1, .reduction = Reduction::none});
           },
       .reference = ClassReference{.ignored = 1, .reduction = Reduction::none}},
      {.name = "cross_entropy",
       .variant = "weights, smoothed",
       .inputs = plain,
       .run =
           [](const Tensors& x) {
             const Tensor weight = tensor({0.5, 1.25, 2}, x[0].dtype());
             return cross_entropy(x[0], x[1], {.weight = weight, .label_smoothing = 0.2});
           },
       .reference = ClassReference{.smoothing = 0.2, .weights = {0.5, 1.25, 2}}},
      {.name = "nll_loss",
       .variant = "weights",
       .inputs = plain,
       .run =
           [](const Tensors& x) {
             return nll_loss(x[0], x[1], {.weight = tensor({0.5, 1.25, 2}, x[0].dtype())});
           },
       .reference = ClassReference{.logits = false, .weights = {0.5, 1.25, 2}}},
      {.name = "cross_entropy",
       .variant = "probabilities",
       .inputs = {{{4, 3}}, {{4, 3}, Domain::probability}},
       .run = [](const Tensors& x) { return cross_entropy(x[0], x[1]); },
       .reference =
           [](const Arrays& x) {
             double total = 0;
             for (std::int64_t i = 0; i < 4; ++i) {
               double sum = 0;
               for (std::int64_t c = 0; c < 3; ++c) sum += std::exp(x[0].at({i, c}));
               for (std::int64_t c = 0; c < 3; ++c)
                 total += x[1].at({i, c}) * (std::log(sum) - x[0].at({i, c}));
             }
             return Array{{}, {total / 4}};
           }},
      {.name = "linear_cross_entropy",
       .inputs = {{{4, 5}}, {{3, 5}}, {{3}}, targets},
       .run =
           [](const Tensors& x) {
             return linear_cross_entropy(x[0], x[1], x[2], x[3], {.ignore_index = 1, .label_smoothing = 0.1})
                 .loss;
           },
       .twin =
           [](const Tensors& x) {
             return composed::linear_cross_entropy(x[0], x[1], x[2], x[3],
                                                   {.ignore_index = 1, .label_smoothing = 0.1});
           }},
      {.name = "linear_cross_entropy (confidence penalty)",
       .inputs = {{{4, 5}}, {{3, 5}}, {{3}}, targets},
       .run =
           [](const Tensors& x) {
             return linear_cross_entropy(x[0], x[1], x[2], x[3],
                                         {.ignore_index = 1, .confidence_penalty = 0.5})
                 .loss;
           },
       .twin =
           [](const Tensors& x) {
             return composed::linear_cross_entropy(x[0], x[1], x[2], x[3],
                                                   {.ignore_index = 1, .confidence_penalty = 0.5});
           }},
  };
  return rows;
}

}  // namespace

std::vector<Row> loss_rows() {
  std::vector<Row> rows = class_rows();
  add_loss(rows, "mse_loss", mse_loss, [](double a, double b) { return (a - b) * (a - b); });
  add_loss(rows, "l1_loss", l1_loss, [](double a, double b) { return std::fabs(a - b); });
  add_loss(
      rows, "smooth_l1_loss",
      [](const Tensor& a, const Tensor& b, Reduction reduction) {
        return smooth_l1_loss(a, b, 0.5, reduction);
      },
      [](double a, double b) {
        const double d = std::fabs(a - b);
        return d < 0.5 ? d * d : d - 0.25;
      });
  add_loss(
      rows, "kl_div",
      [](const Tensor& a, const Tensor& b, Reduction reduction) {
        return kl_div(a, b, {.reduction = reduction});
      },
      [](double a, double b) { return b * (std::log(b) - a); }, Domain::any, Domain::positive);
  add_loss(
      rows, "kl_div",
      [](const Tensor& a, const Tensor& b, Reduction reduction) {
        return kl_div(a, b, {.reduction = reduction, .log_target = true});
      },
      [](double a, double b) { return std::exp(b) * (b - a); }, Domain::any, Domain::any, ", log target");
  add_loss(
      rows, "bce_with_logits",
      [](const Tensor& a, const Tensor& b, Reduction reduction) {
        return bce_with_logits(a, b,
                               {.weight = full({4}, 2.0, a.dtype()),
                                .pos_weight = full({4}, 3.0, a.dtype()),
                                .reduction = reduction});
      },
      [](double a, double b) {
        return 2 * (3 * b * std::log1p(std::exp(-a)) + (1 - b) * std::log1p(std::exp(a)));
      },
      Domain::any, Domain::probability);
  rows.push_back({.name = "kl_div",
                  .variant = "batch mean",
                  .inputs = {{{3, 4}}, {{3, 4}, Domain::positive}},
                  .run = [](const Tensors& x) { return kl_div(x[0], x[1], {.batch_mean = true}); },
                  .reference =
                      [](const Arrays& x) {
                        Array sum = reduced([](double a, double b) { return b * (std::log(b) - a); },
                                            Reduction::sum)(x);
                        sum.values[0] /= 3;
                        return sum;
                      }});
  return rows;
}

}  // namespace table
