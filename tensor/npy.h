// One tensor in a file, in NumPy's own format: numpy.save and numpy.load on the other side.
#pragma once
#include <gradus/tensor/tensor_class.h>

namespace gradus {

/// Writes the tensor in row-major order as '<f4', '<f8', '<i8' or '|b1' (version 1.0 of the format); the file
/// is replaced as a whole.
void save_npy(const std::string& path, const Tensor& tensor);

/// Reads versions 1 to 3, row-major or fortran_order; the result is contiguous. '<i4' and '|u1' become int64,
/// '<f2' becomes float32; big-endian arrays and those of Python objects are refused. Nobody vouches for the
/// file: everything is checked before memory is asked for, and an Error names the file and what is wrong with
/// it. The file must keep its size meanwhile.
Tensor load_npy(const std::string& path);

}  // namespace gradus
