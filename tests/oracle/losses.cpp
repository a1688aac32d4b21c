// Losses as functions, and under the names of PyTorch's loss modules.
#include "operations.h"

namespace oracle {
namespace {

using namespace gradus;

ClassLossOptions class_options(const Arguments& a) {
  return {.weight = a.tensor_or_none("weight"),
          .ignore_index = a.integer("ignore_index", -100),
          .reduction = reduction_of(a),
          .label_smoothing = a.number("label_smoothing", 0)};
}

Tensors run_cross_entropy(const Arguments& a) {
  return {cross_entropy(a.tensor("input"), a.tensor("target"), class_options(a))};
}

Tensors run_nll_loss(const Arguments& a) {
  return {nll_loss(a.tensor("input"), a.tensor("target"), class_options(a))};
}

/// (..., V) logits and (...) targets, flattened.
Tensors run_token_loss(const Arguments& a) {
  const Tensor& logits = a.tensor("logits");
  return {cross_entropy(logits.reshape({-1, logits.shape().back()}), a.tensor("target").reshape({-1}),
                        class_options(a))};
}

Tensors run_kl_div(const Arguments& a) {
  KlDivOptions options{.log_target = a.flag("log_target", false)};
  if (a.text("reduction", "mean") == "batchmean") options.batch_mean = true;
  else options.reduction = reduction_of(a);
  return {kl_div(a.tensor("input"), a.tensor("target"), options)};
}

Tensors run_bce_with_logits(const Arguments& a) {
  return {bce_with_logits(a.tensor("input"), a.tensor("target"),
                          {.weight = a.tensor_or_none("weight"),
                           .pos_weight = a.tensor_or_none("pos_weight"),
                           .reduction = reduction_of(a)})};
}

Tensors run_mse_loss(const Arguments& a) {
  return {mse_loss(a.tensor("input"), a.tensor("target"), reduction_of(a))};
}

Tensors run_l1_loss(const Arguments& a) {
  return {l1_loss(a.tensor("input"), a.tensor("target"), reduction_of(a))};
}

Tensors run_smooth_l1_loss(const Arguments& a) {
  return {smooth_l1_loss(a.tensor("input"), a.tensor("target"), a.number("beta", 1), reduction_of(a))};
}

}  // namespace

const OperationTable& loss_operations() {
  static const OperationTable table = {
      {"cross_entropy", {"input target", run_cross_entropy}},
      {"CrossEntropyLoss", {"input target", run_cross_entropy}},
      {"token_loss", {"logits target", run_token_loss}},
      {"nll_loss", {"input target", run_nll_loss}},
      {"NLLLoss", {"input target", run_nll_loss}},
      {"kl_div", {"input target", run_kl_div}},
      {"KLDivLoss", {"input target", run_kl_div}},
      {"bce_with_logits", {"input target", run_bce_with_logits}},
      {"binary_cross_entropy_with_logits", {"input target", run_bce_with_logits}},
      {"BCEWithLogitsLoss", {"input target", run_bce_with_logits}},
      {"mse_loss", {"input target", run_mse_loss}},
      {"MSELoss", {"input target", run_mse_loss}},
      {"l1_loss", {"input target", run_l1_loss}},
      {"L1Loss", {"input target", run_l1_loss}},
      {"smooth_l1_loss", {"input target", run_smooth_l1_loss}},
      {"SmoothL1Loss", {"input target", run_smooth_l1_loss}},
  };
  return table;
}

const Operation* find_operation(const std::string& name) {
  for (const OperationTable* table : {&pointwise_operations(), &reduction_operations(), &shape_operations(),
                                      &product_operations(), &indexing_operations(), &loss_operations()}) {
    if (const auto found = table->find(name); found != table->end()) return &found->second;
  }
  return nullptr;
}

}  // namespace oracle
