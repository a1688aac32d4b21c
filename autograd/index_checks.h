// Checks of arguments and indices. Only for the sources of this folder.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <initializer_list>

namespace gradus {

/// Throws where one of the tensors is undefined.
void check_defined(const char* operation, std::initializer_list<const Tensor*> tensors);

/// Throws where a factor would be cut to an integer beside the elements of `y`.
void check_alpha(const char* operation, Scalar alpha, const Tensor& y);

/// The indices, contiguous and with nothing to be recorded, once each is known to lie in [0, size). With
/// `negative` those in [-size, 0) count from the end and come back as what they mean.
Tensor checked_indices(const char* operation, const Tensor& indices, std::int64_t size,
                       bool negative = false);

}  // namespace gradus
