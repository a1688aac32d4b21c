// Products of vectors, matrices and more.
#include "operations.h"

#include <gradus/autograd/activation.h>
#include <gradus/autograd/einsum.h>
#include <gradus/autograd/linalg.h>

namespace oracle {
namespace {

using namespace gradus;

/// input @ other, or input @ input^T where there is one operand only.
Tensors run_matmul(const Arguments& a) {
  const Tensor& x = a.tensor("input");
  return {matmul(x, a.has("other") ? a.tensor("other") : x.transpose(0, 1))};
}

Tensors run_addmm(const Arguments& a) {
  return {addmm(a.tensor("input"), a.tensor("mat1"), a.tensor("mat2"), a.scalar("beta", 1),
                a.scalar("alpha", 1))};
}

/// The layer as a function: tanh(x w1) w2.
Tensors run_mlp(const Arguments& a) {
  return {matmul(gradus::tanh(matmul(a.tensor("x"), a.tensor("w1"))), a.tensor("w2"))};
}

}  // namespace

const OperationTable& product_operations() {
  static const OperationTable table = {
      {"matmul", {"input other", run_matmul}},
      {"mm",
       {"input mat2", [](const Arguments& a) { return Tensors{mm(a.tensor("input"), a.tensor("mat2"))}; }}},
      {"bmm",
       {"input mat2", [](const Arguments& a) { return Tensors{bmm(a.tensor("input"), a.tensor("mat2"))}; }}},
      {"mv",
       {"input vec", [](const Arguments& a) { return Tensors{matmul(a.tensor("input"), a.tensor("vec"))}; }}},
      {"dot",
       {"input other",
        [](const Arguments& a) { return Tensors{dot(a.tensor("input"), a.tensor("other"))}; }}},
      {"outer",
       {"input vec2",
        [](const Arguments& a) { return Tensors{outer(a.tensor("input"), a.tensor("vec2"))}; }}},
      {"addmm", {"input mat1 mat2", run_addmm}},
      {"linear",
       {"input weight bias",
        [](const Arguments& a) {
          return Tensors{linear(a.tensor("input"), a.tensor("weight"), a.tensor_or_none("bias"))};
        }}},
      {"einsum",
       {"equation *operands",
        [](const Arguments& a) { return Tensors{einsum(a.text("equation", ""), a.all_tensors())}; }}},
      {"mlp", {"x w1 w2", run_mlp}},
  };
  return table;
}

}  // namespace oracle
