#include <gradus/autograd/convolution_windows.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <limits>

namespace gradus {
namespace {

constexpr std::int64_t largest_option = std::numeric_limits<std::int32_t>::max();  // no sum of them overflows

void check_option(const char* operation, const char* what, Pair value, std::int64_t least) {
  const auto fits = [&](std::int64_t number) { return number >= least && number <= largest_option; };
  if (fits(value.height) && fits(value.width)) return;
  throw Error(operation, std::string("the ") + what + " must be at least " + std::to_string(least) +
                             " and at most " + std::to_string(largest_option) + ", got " + to_text(value));
}

/// Calls body(line, position, begin, end) for every element of a window and every row of windows. `line` is
/// where number.width places begin in the columns, one for each window of the row. Those of the windows
/// [begin, end) lie in the image, the first of them at `position`; there may be none.
template <class Body>
void for_each_line(const Windows& windows, std::int64_t channels, std::int64_t first, std::int64_t rows,
                   Body body) {
  const Pair stride = windows.options.stride, padding = windows.options.padding,
             dilation = windows.options.dilation;
  const std::int64_t width = windows.number.width;
  // The first window of a row that starts at or behind a place.
  const auto window_from = [&](std::int64_t place) { return (place + stride.width - 1) / stride.width; };
  std::int64_t line = 0;
  for (std::int64_t channel = 0; channel < channels; ++channel) {
    for (std::int64_t i = 0; i < windows.kernel.height; ++i) {
      for (std::int64_t j = 0; j < windows.kernel.width; ++j) {
        const std::int64_t left = j * dilation.width - padding.width;
        const std::int64_t begin = std::clamp<std::int64_t>(window_from(-left), 0, width);
        const std::int64_t end =
            std::clamp<std::int64_t>(window_from(windows.image.width - left), begin, width);
        for (std::int64_t r = first; r < first + rows; ++r, line += width) {
          const std::int64_t h = r * stride.height - padding.height + i * dilation.height;
          if (h < 0 || h >= windows.image.height) body(line, 0, 0, 0);
          else
            body(line,
                 (channel * windows.image.height + h) * windows.image.width + left + begin * stride.width,
                 begin, end);
        }
      }
    }
  }
}

}  // namespace

std::string to_text(Pair pair) {
  return "(" + std::to_string(pair.height) + ", " + std::to_string(pair.width) + ")";
}

Windows windows_of(const char* operation, Pair image, Pair kernel, const WindowOptions& options) {
  check_option(operation, "kernel", kernel, 1);
  check_option(operation, "stride", options.stride, 1);
  check_option(operation, "padding", options.padding, 0);
  check_option(operation, "dilation", options.dilation, 1);
  const Pair padded(image.height + 2 * options.padding.height, image.width + 2 * options.padding.width);
  const Pair reach(options.dilation.height * (kernel.height - 1) + 1,
                   options.dilation.width * (kernel.width - 1) + 1);
  if (reach.height > padded.height || reach.width > padded.width) {
    throw Error(operation, "the kernel " + to_text(kernel) + ", which reaches over " + to_text(reach) +
                               " elements, is larger than the padded image " + to_text(padded) +
                               "; use a smaller kernel or dilation, or more padding");
  }
  return {image, kernel, options,
          Pair((padded.height - reach.height) / options.stride.height + 1,
               (padded.width - reach.width) / options.stride.width + 1)};
}

void check_image(const char* operation, const Tensor& x) {
  if (!x.defined() || x.rank() != 4 || !is_floating(x.dtype())) {
    throw Error(operation, "needs a floating image (batch, channels, height, width), got " + describe(x));
  }
}

template <class T>
void write_columns(const Windows& windows, std::int64_t channels, const T* image, std::int64_t first,
                   std::int64_t rows, T* columns) {
  const std::int64_t width = windows.number.width, stride = windows.options.stride.width;
  for_each_line(windows, channels, first, rows,
                [&](std::int64_t line, std::int64_t position, std::int64_t begin, std::int64_t end) {
                  T* out = columns + line;
                  std::fill_n(out, begin, T(0));
                  if (stride == 1 && begin < end) std::copy_n(image + position, end - begin, out + begin);
                  else
                    for (std::int64_t v = begin; v < end; ++v)
                      out[v] = image[position + (v - begin) * stride];
                  std::fill_n(out + end, width - end, T(0));
                });
}

template <class T>
void add_columns(const Windows& windows, std::int64_t channels, const T* columns, std::int64_t first,
                 std::int64_t rows, T* image) {
  const std::int64_t stride = windows.options.stride.width;
  for_each_line(windows, channels, first, rows,
                [&](std::int64_t line, std::int64_t position, std::int64_t begin, std::int64_t end) {
                  for (std::int64_t v = begin; v < end; ++v)
                    image[position + (v - begin) * stride] += columns[line + v];
                });
}

template void write_columns(const Windows&, std::int64_t, const float*, std::int64_t, std::int64_t, float*);
template void write_columns(const Windows&, std::int64_t, const double*, std::int64_t, std::int64_t, double*);
template void add_columns(const Windows&, std::int64_t, const float*, std::int64_t, std::int64_t, float*);
template void add_columns(const Windows&, std::int64_t, const double*, std::int64_t, std::int64_t, double*);

}  // namespace gradus
