// Reductions, order, and what normalises along an axis.
#include "operations.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/normalize.h>
#include <gradus/autograd/sorting.h>

namespace oracle {
namespace {

using namespace gradus;

template <Tensor (*function)(const Tensor&, const Shape&, bool)>
Tensors over_axes(const Arguments& a) {
  return {function(a.tensor("input"), a.shape("dim"), a.flag("keepdim", false))};
}

template <Tensor (*function)(const Tensor&, const Shape&, std::int64_t, bool)>
Tensors spread(const Arguments& a) {
  const std::int64_t correction = a.integer("correction", a.flag("unbiased", true) ? 1 : 0);
  return {function(a.tensor("input"), a.shape("dim"), correction, a.flag("keepdim", false))};
}

template <Tensor (*function)(const Tensor&, std::optional<std::int64_t>, bool)>
Tensors position(const Arguments& a) {
  const std::optional<std::int64_t> axis = a.has("dim") ? std::optional(a.integer("dim")) : std::nullopt;
  return {function(a.tensor("input"), axis, a.flag("keepdim", false))};
}

Tensors both(const ValuesAndIndices& found) { return {found.values, found.indices}; }

Tensors run_max(const Arguments& a) {
  if (a.is_tensor("other")) return {maximum(a.tensor("input"), a.tensor("other"))};
  if (!a.has("dim")) return {max(a.tensor("input"))};
  return both(max(a.tensor("input"), a.integer("dim"), a.flag("keepdim", false)));
}

Tensors run_min(const Arguments& a) {
  if (a.is_tensor("other")) return {minimum(a.tensor("input"), a.tensor("other"))};
  if (!a.has("dim")) return {min(a.tensor("input"))};
  return both(min(a.tensor("input"), a.integer("dim"), a.flag("keepdim", false)));
}

Tensors run_norm(const Arguments& a) {
  const double order = a.has("p") ? a.number("p") : a.number("ord", 2);
  return {norm(a.tensor("input"), order, a.shape("dim"), a.flag("keepdim", false))};
}

Tensors run_layer_norm(const Arguments& a) {
  return {layer_norm(a.tensor("input"), a.shape("normalized_shape"), a.tensor_or_none("weight"),
                     a.tensor_or_none("bias"), a.number("eps", 1e-5))};
}

}  // namespace

const OperationTable& reduction_operations() {
  static const OperationTable table = {
      {"sum", {"input dim keepdim", over_axes<sum>}},
      {"mean", {"input dim keepdim", over_axes<mean>}},
      {"prod", {"input dim keepdim", over_axes<prod>}},
      {"amax", {"input dim keepdim", over_axes<amax>}},
      {"amin", {"input dim keepdim", over_axes<amin>}},
      {"any", {"input dim keepdim", over_axes<any>}},
      {"all", {"input dim keepdim", over_axes<all_of>}},
      {"logsumexp", {"input dim keepdim", over_axes<logsumexp>}},
      {"var", {"input dim unbiased keepdim", spread<var>}},
      {"std", {"input dim unbiased keepdim", spread<gradus::std>}},
      {"argmax", {"input dim keepdim", position<argmax>}},
      {"argmin", {"input dim keepdim", position<argmin>}},
      {"max", {"input dim keepdim", run_max}},
      {"min", {"input dim keepdim", run_min}},
      {"norm", {"input ord dim keepdim", run_norm}},
      {"vector_norm", {"input ord dim keepdim", run_norm}},
      {"cumsum",
       {"input dim",
        [](const Arguments& a) { return Tensors{cumsum(a.tensor("input"), a.integer("dim"))}; }}},
      {"sort",
       {"input dim descending",
        [](const Arguments& a) {
          return both(sort(a.tensor("input"), a.integer("dim", -1), a.flag("descending", false)));
        }}},
      {"argsort",
       {"input dim descending",
        [](const Arguments& a) {
          return Tensors{argsort(a.tensor("input"), a.integer("dim", -1), a.flag("descending", false))};
        }}},
      {"topk",
       {"input k dim largest sorted",
        [](const Arguments& a) {
          return both(topk(a.tensor("input"), a.integer("k"), a.integer("dim", -1), a.flag("largest", true)));
        }}},
      {"softmax",
       {"input dim",
        [](const Arguments& a) { return Tensors{softmax(a.tensor("input"), a.integer("dim"))}; }}},
      {"log_softmax",
       {"input dim",
        [](const Arguments& a) { return Tensors{log_softmax(a.tensor("input"), a.integer("dim"))}; }}},
      {"layer_norm", {"input normalized_shape weight bias eps", run_layer_norm}},
      {"dropout",
       {"input p training",
        [](const Arguments& a) {
          return Tensors{dropout(a.tensor("input"), a.number("p", 0.5), a.flag("training", true))};
        }}},
  };
  return table;
}

}  // namespace oracle
