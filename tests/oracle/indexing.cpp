// Elements chosen by number or by mask.
#include "operations.h"

#include <gradus/autograd/indexing.h>

namespace oracle {
namespace {

using namespace gradus;

Tensors run_index(const Arguments& a) {
  const Tensor& x = a.tensor("input");
  if (a.has("mask")) return {index(x, a.tensor("mask"))};
  if (a.has("index")) return {index(x, a.tensor("index"))};
  Tensors indices = a.all_tensors();
  indices.erase(indices.begin());
  return {index(x, indices)};
}

Tensors run_embedding(const Arguments& a) {
  std::optional<std::int64_t> padding;
  if (a.has("padding_idx")) padding = a.integer("padding_idx");
  if (padding && *padding < 0) *padding += a.tensor("weight").size(0);
  return {embedding(a.tensor("input"), a.tensor("weight"), padding)};
}

}  // namespace

const OperationTable& indexing_operations() {
  static const OperationTable table = {
      {"index_select",
       {"input dim index",
        [](const Arguments& a) {
          return Tensors{index_select(a.tensor("input"), a.integer("dim"), a.tensor("index"))};
        }}},
      {"index_add",
       {"input dim index source",
        [](const Arguments& a) {
          return Tensors{index_add(a.tensor("input"), a.integer("dim"), a.tensor("index"), a.tensor("source"),
                                   a.scalar("alpha", 1))};
        }}},
      {"gather",
       {"input dim index",
        [](const Arguments& a) {
          return Tensors{gather(a.tensor("input"), a.integer("dim"), a.tensor("index"))};
        }}},
      {"scatter",
       {"input dim index src",
        [](const Arguments& a) {
          return Tensors{scatter(a.tensor("input"), a.integer("dim"), a.tensor("index"), a.tensor("src"))};
        }}},
      {"scatter_add",
       {"input dim index src",
        [](const Arguments& a) {
          return Tensors{
              scatter_add(a.tensor("input"), a.integer("dim"), a.tensor("index"), a.tensor("src"))};
        }}},
      {"index", {"input index", run_index}},
      {"masked_select",
       {"input mask",
        [](const Arguments& a) { return Tensors{masked_select(a.tensor("input"), a.tensor("mask"))}; }}},
      {"nonzero", {"input", [](const Arguments& a) { return Tensors{nonzero(a.tensor("input"))}; }}},
      {"embedding", {"input weight padding_idx", run_embedding}},
      {"one_hot",
       {"input num_classes",
        [](const Arguments& a) {
          return Tensors{one_hot(a.tensor("input"), a.integer("num_classes", -1))};
        }}},
  };
  return table;
}

}  // namespace oracle
