#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/convolution.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/node.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>
#include <string>

namespace gradus {
namespace {

/// Where the windows of an image lie.
struct Windows {
  std::int64_t height, width;  // of the image
  Pair kernel;
  WindowOptions options;
  std::int64_t rows, columns;  // of windows

  std::int64_t count() const { return rows * columns; }
  std::int64_t area() const { return kernel.height * kernel.width; }

  /// Calls body(element of the window, number of the window, position in the image) for all that lie in the
  /// image.
  template <class Body>
  void for_each(Body body) const {
    for (std::int64_t kh = 0; kh < kernel.height; ++kh) {
      for (std::int64_t kw = 0; kw < kernel.width; ++kw) {
        for (std::int64_t r = 0; r < rows; ++r) {
          const std::int64_t h =
              r * options.stride.height - options.padding.height + kh * options.dilation.height;
          if (h < 0 || h >= height) continue;
          for (std::int64_t c = 0; c < columns; ++c) {
            const std::int64_t w =
                c * options.stride.width - options.padding.width + kw * options.dilation.width;
            if (w >= 0 && w < width) body(kh * kernel.width + kw, r * columns + c, h * width + w);
          }
        }
      }
    }
  }
};

std::string to_text(Pair pair) {
  return "(" + std::to_string(pair.height) + ", " + std::to_string(pair.width) + ")";
}

Windows windows_of(const char* operation, std::int64_t height, std::int64_t width, Pair kernel,
                   const WindowOptions& options) {
  const auto positive = [&](const char* what, Pair value) {
    if (value.height < 1 || value.width < 1)
      throw Error(operation, std::string("the ") + what + " must be positive, got " + to_text(value));
  };
  positive("kernel", kernel);
  positive("stride", options.stride);
  positive("dilation", options.dilation);
  if (options.padding.height < 0 || options.padding.width < 0)
    throw Error(operation, "the padding cannot be negative, got " + to_text(options.padding));
  const auto number = [&](std::int64_t size, std::int64_t k, std::int64_t stride, std::int64_t padding,
                          std::int64_t dilation) {
    const std::int64_t reach = dilation * (k - 1) + 1, padded = size + 2 * padding;
    if (reach > padded) {
      throw Error(operation, "the kernel " + to_text(kernel) + ", which reaches over " +
                                 std::to_string(reach) + " elements, is larger than the padded image (" +
                                 std::to_string(height + 2 * options.padding.height) + ", " +
                                 std::to_string(width + 2 * options.padding.width) + ")");
    }
    return (padded - reach) / stride + 1;
  };
  return {
      height,
      width,
      kernel,
      options,
      number(height, kernel.height, options.stride.height, options.padding.height, options.dilation.height),
      number(width, kernel.width, options.stride.width, options.padding.width, options.dilation.width)};
}

void check_image(const char* operation, const Tensor& x) {
  if (x.rank() != 4 || !is_floating(x.dtype())) {
    throw Error(operation, "needs a floating image (batch, channels, height, width), got " + describe(x));
  }
}

/// Copies every window's elements between image and columns, which are both contiguous; a channel is one
/// tile.
template <class T>
void copy_windows(const Windows& windows, std::int64_t channels, const Tensor& image, const Tensor& columns,
                  bool to_columns) {
  parallel_for(channels, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t channel = begin; channel < end; ++channel) {
      T* pixels = image.data<T>() + channel * windows.height * windows.width;
      T* rows = columns.data<T>() + channel * windows.area() * windows.count();
      windows.for_each([&](std::int64_t element, std::int64_t window, std::int64_t position) {
        T& column = rows[element * windows.count() + window];
        if (to_columns) column = pixels[position];
        else pixels[position] += column;
      });
    }
  });
}

void copy_windows(const Windows& windows, std::int64_t channels, const Tensor& image, const Tensor& columns,
                  bool to_columns) {
  const auto copy = image.dtype() == DType::float32 ? copy_windows<float> : copy_windows<double>;
  copy(windows, channels, image, columns, to_columns);
}

}  // namespace

Tensor unfold(const Tensor& x, Pair kernel, const WindowOptions& options) {
  check_image("unfold", x);
  const Windows windows = windows_of("unfold", x.size(2), x.size(3), kernel, options);
  Tensor columns = zeros({x.size(0), x.size(1) * windows.area(), windows.count()}, x.dtype());
  {
    const no_grad scope;
    copy_windows(windows, x.size(0) * x.size(1), x.contiguous(), columns, true);
  }
  if (recording(x)) {
    const Pair size(x.size(2), x.size(3));
    record(columns, "unfold", {&x}, [size, kernel, options](Sink& sink, const Tensor& g) {
      sink.add(0, fold(g, size, kernel, options));
    });
  }
  return columns;
}

Tensor fold(const Tensor& columns, Pair size, Pair kernel, const WindowOptions& options) {
  const Windows windows = windows_of("fold", size.height, size.width, kernel, options);
  if (columns.rank() != 3 || !is_floating(columns.dtype()) || columns.size(1) % windows.area() != 0 ||
      columns.size(2) != windows.count()) {
    throw Error("fold", "an image of " + to_text(size) + " has " + std::to_string(windows.count()) +
                            " windows of " + to_text(kernel) +
                            ": the columns must be floating (batch, channels times " +
                            std::to_string(windows.area()) + ", " + std::to_string(windows.count()) +
                            "), got " + describe(columns));
  }
  const std::int64_t channels = columns.size(1) / windows.area();
  Tensor image = zeros({columns.size(0), channels, size.height, size.width}, columns.dtype());
  {
    const no_grad scope;
    copy_windows(windows, columns.size(0) * channels, image, columns.contiguous(), false);
  }
  if (recording(columns)) {
    record(image, "fold", {&columns},
           [kernel, options](Sink& sink, const Tensor& g) { sink.add(0, unfold(g, kernel, options)); });
  }
  return image;
}

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dOptions& options) {
  check_image("conv2d", x);
  const std::int64_t groups = options.groups;
  if (weight.rank() != 4 || weight.dtype() != x.dtype()) {
    throw Error("conv2d",
                "the weight must be (out, channels / groups, kernel height, kernel width) of the image's "
                "dtype, got " +
                    describe(weight) + " for " + describe(x));
  }
  if (groups < 1 || x.size(1) != weight.size(1) * groups || weight.size(0) % groups != 0) {
    throw Error("conv2d", describe(x) + " has " + std::to_string(x.size(1)) + " channels, but the weight " +
                              describe(weight) + " with " + std::to_string(groups) + " groups takes " +
                              std::to_string(weight.size(1) * groups) +
                              "; and the outputs must be a multiple of the groups");
  }
  if (bias.defined() && !(bias.shape() == Shape{weight.size(0)})) {
    throw Error("conv2d", "the bias must be " + to_string(Shape{weight.size(0)}) + ", got " + describe(bias));
  }
  const Pair kernel(weight.size(2), weight.size(3));
  const WindowOptions window_options{options.stride, options.padding, options.dilation};
  const Windows windows = windows_of("conv2d", x.size(2), x.size(3), kernel, window_options);
  const std::int64_t out = weight.size(0), depth = weight.size(1) * windows.area();
  // (B, groups, depth, windows): the products of a group are (out / groups, depth) with (depth, windows).
  const Tensor columns =
      unfold(x, kernel, window_options).reshape({x.size(0), groups, depth, windows.count()});
  const Tensor products = matmul(weight.reshape({groups, out / groups, depth}), columns);
  const Tensor y = products.reshape({x.size(0), out, windows.rows, windows.columns});
  return bias.defined() ? y + bias.reshape({out, 1, 1}) : y;
}

Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv1dOptions& options) {
  if (x.rank() != 3 || weight.rank() != 3) {
    throw Error(
        "conv1d",
        "needs an input (batch, channels, length) and a weight (out, channels / groups, kernel), got " +
            describe(x) + " and " + describe(weight));
  }
  return conv2d(x.unsqueeze(2), weight.unsqueeze(2), bias,
                {.stride = Pair(1, options.stride),
                 .padding = Pair(0, options.padding),
                 .dilation = Pair(1, options.dilation),
                 .groups = options.groups})
      .squeeze(2);
}

}  // namespace gradus
