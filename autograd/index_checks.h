// Checks of arguments and indices. Only for the sources of this folder.
#pragma once
#include <gradus/tensor/tensor_class.h>

namespace gradus {

/// Throws where a factor would be cut to an integer beside elements of this dtype.
void check_alpha(const char* operation, Scalar alpha, DType dtype);

/// The indices, contiguous and with nothing to be recorded, once each is known to lie in [0, size). With
/// `negative` those in [-size, 0) count from the end and come back as what they mean.
Tensor checked_indices(const char* operation, const Tensor& indices, std::int64_t size,
                       bool negative = false);

}  // namespace gradus
