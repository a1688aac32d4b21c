// What reductions know of the axes they fold. Only for the sources of this folder.
#pragma once
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
};

}  // namespace gradus
