// Where the windows of an image lie, and the copies between an image and its windows as columns. What
// convolution.cpp and pooling.cpp share; users call unfold and fold.
#pragma once
#include <gradus/autograd/convolution.h>

#include <cstdint>
#include <string>

namespace gradus {

/// The windows of one size of image, numbered in row-major order.
struct Windows {
  Pair image, kernel;
  WindowOptions options;
  Pair number;  // of windows along each axis

  std::int64_t count() const { return number.height * number.width; }
  std::int64_t area() const { return kernel.height * kernel.width; }
  std::int64_t pixels() const { return image.height * image.width; }
};

/// Throws where an option is out of its range, or the kernel is larger than the padded image.
Windows windows_of(const char* operation, Pair image, Pair kernel, const WindowOptions& options);

/// Throws where x is no floating (batch, channels, height, width).
void check_image(const char* operation, const Tensor& x);

std::string to_text(Pair pair);

/// Writes the rows [first, first + rows) of windows of an image (channels, height, width) as columns
/// (channels area, rows number.width); elements of the padding are zeros.
template <class T>
void write_columns(const Windows& windows, std::int64_t channels, const T* image, std::int64_t first,
                   std::int64_t rows, T* columns);
/// The adjoint: adds the columns to the image.
template <class T>
void add_columns(const Windows& windows, std::int64_t channels, const T* columns, std::int64_t first,
                 std::int64_t rows, T* image);

}  // namespace gradus
