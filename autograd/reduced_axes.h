// What reductions know of the axes they fold, and the fold itself. Only for the sources of this folder.
#pragma once
#include <gradus/tensor/kernels/reduce.h>
#include <gradus/tensor/tensor_class.h>

namespace gradus {

struct ReducedAxes {
  Shape axes;                   // normalized, ascending
  Shape kept_shape;             // of the result with keepdim
  Shape dropped_shape;          // and without
  Shape order;                  // a permutation: the other axes, then the folded ones
  std::int64_t fold_count = 1;  // elements that become one

  /// Checks the axes. No axes mean all of them.
  ReducedAxes(const char* operation, const Tensor& x, const Shape& named);
  /// x as a matrix whose rows are to be folded.
  Tensor rows(const Tensor& x) const;
  /// What rows() gives, back in the places of `shape`, which x had.
  Tensor from_rows(const Tensor& rows, const Shape& shape) const;
  /// The shape of the result.
  const Shape& result_shape(bool keepdim) const { return keepdim ? kept_shape : dropped_shape; }
};

/// Folds the axes of a float32, float64 or int64 tensor; not recorded. Any layout: a tensor that fills its
/// memory (also transposed) is read as it lies. Throws where there is nothing to take the largest or smallest
/// of.
Tensor fold(const char* operation, ReduceOp op, const Tensor& x, const ReducedAxes& reduced, bool keepdim);

}  // namespace gradus
