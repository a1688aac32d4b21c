// The header of an npy file: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once
#include <gradus/tensor/element_type.h>

namespace gradus {

struct NpyLayout {
  const ElementType* type;
  std::vector<std::int64_t> shape;  // any rank
  bool fortran_order;               // the first axis runs fastest
};

/// What stands in front of the elements of this tensor: version 1.0, padded to a multiple of 64 bytes.
std::string npy_header(const Tensor& tensor);

/// Reads the header of `size` bytes of npy and leaves the source at the elements, which fill the rest: no
/// more and no less. A header of more than 65,535 bytes is refused before it is read.
NpyLayout read_npy_layout(const Origin& origin, ByteSource& source, std::uint64_t size);

/// Reads all elements once, to see that they are what the layout says.
void skim_npy_elements(const Origin& origin, const NpyLayout& layout, ByteSource& source);

/// Throws where a Tensor cannot have this type or rank.
void check_npy_supported(const Origin& origin, const NpyLayout& layout);

/// The tensor, contiguous, from the elements; the layout has to be supported.
Tensor read_npy_elements(const Origin& origin, const NpyLayout& layout, ByteSource& source);

}  // namespace gradus
