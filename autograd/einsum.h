// Sums of products in Einstein's notation.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <initializer_list>
#include <span>
#include <string_view>

namespace gradus {

/// einsum("bij,bjk->bik", {a, b}): one letter per axis; the product of all operands, summed over every letter
/// that the output does not name. As in PyTorch:
///   - without "->" the output is the axes of the ellipsis, then the letters that occur once, capitals first;
///   - "..." stands for any axes, which broadcast and are summed where the output has no "...";
///   - a letter twice in one operand takes the diagonal; an axis of size 1 broadcasts; spaces mean nothing.
/// Operands have one dtype and are multiplied from left to right. Made of differentiable operations.
Tensor einsum(std::string_view equation, std::span<const Tensor> operands);
inline Tensor einsum(std::string_view equation, std::initializer_list<Tensor> operands) {
  return einsum(equation, std::span<const Tensor>(operands.begin(), operands.size()));
}

}  // namespace gradus
