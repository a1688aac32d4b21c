// Tensors as text, as NumPy writes arrays:
//
//   [[1.   , 2.5  ],
//    [3.   , 4.125]]  float32 (2, 2)
//
//   - numbers take as many digits as they need, at most `precision` behind the point, and stand in columns:
//     points under points, integers and bools flush right;
//   - where the largest number shown is at least 1e8, the smallest (but 0) below 1e-4, or one more than 1000
//     times the other, all are written with an exponent: [1.00e-05, 1.25e+00];
//   - nan, inf, -inf; true, false; [] where there are no elements; shape () is a number without brackets;
//   - lines are broken at `line_width`; tensors of more than `threshold` elements show the ends of each axis
//     and "..." between them;
//   - dtype and shape stand behind.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <iosfwd>

namespace gradus {

struct PrintOptions {
  int precision = 4;              // digits behind the point at most, 0 to 17
  std::int64_t threshold = 1000;  // tensors of more elements are abbreviated
  std::int64_t edge_items = 3;    // and show so many at each end of an axis
  std::int64_t line_width = 75;   // characters, without dtype and shape
};
/// For the whole process; set_print_options({}) goes back to the values above. Throws where one makes no
/// sense.
void set_print_options(const PrintOptions& options);

/// Writes to_string(tensor), which is declared in tensor_class.h; "undefined tensor" where it is.
std::ostream& operator<<(std::ostream& stream, const Tensor& tensor);

}  // namespace gradus
