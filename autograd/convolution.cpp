#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/convolution.h>
#include <gradus/autograd/convolution_windows.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/blas.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/memory.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>
#include <string>

namespace gradus {
namespace {

// --- windows of a whole batch ------------------------------------------------------------------------------

/// image (B, C, H, W) -> columns (B, C area, windows), both contiguous; a channel is one tile.
template <class T>
void unfold_batch(const Windows& windows, std::int64_t channels, const Tensor& image, const Tensor& columns) {
  parallel_for(channels, 1, [&](std::int64_t channel, std::int64_t) {
    write_columns(windows, 1, image.data<T>() + channel * windows.pixels(), 0, windows.number.height,
                  columns.data<T>() + channel * windows.area() * windows.count());
  });
}

/// The adjoint, into an image of zeros.
template <class T>
void fold_batch(const Windows& windows, std::int64_t channels, const Tensor& columns, const Tensor& image) {
  parallel_for(channels, 1, [&](std::int64_t channel, std::int64_t) {
    add_columns(windows, 1, columns.data<T>() + channel * windows.area() * windows.count(), 0,
                windows.number.height, image.data<T>() + channel * windows.pixels());
  });
}

// --- one convolution ---------------------------------------------------------------------------------------

/// Columns that are worked on at a time: a few rows of windows.
struct Chunk {
  std::int64_t first, rows;  // rows of windows
  std::int64_t start, size;  // the same in windows
};

/// Sizes of one convolution. Of each group it is the product of the weight (out, depth) and the columns
/// (depth, windows).
struct Problem {
  Windows windows;
  std::int64_t batch, groups, in, out;  // channels of one group

  std::int64_t depth() const { return in * windows.area(); }
  std::int64_t weights() const { return groups * out * depth(); }
  /// Columns of a chunk stay within the caches: about 2^17 elements.
  std::int64_t rows_per_chunk() const {
    const std::int64_t row = std::max<std::int64_t>(1, depth() * windows.number.width);
    return std::clamp<std::int64_t>((1 << 17) / row, 1, windows.number.height);
  }
  std::int64_t chunks() const { return (windows.number.height - 1) / rows_per_chunk() + 1; }
  Chunk chunk(std::int64_t index) const {
    const std::int64_t first = index * rows_per_chunk(), width = windows.number.width;
    const std::int64_t rows = std::min(rows_per_chunk(), windows.number.height - first);
    return {first, rows, first * width, rows * width};
  }
  /// Elements of the columns of the largest chunk.
  std::size_t column_elements() const { return static_cast<std::size_t>(depth() * chunk(0).size); }
  /// How many products of one chunk make a tile that is worth a thread.
  std::int64_t products_per_tile() const {
    return std::max<std::int64_t>(1, (1 << 16) / std::max<std::int64_t>(1, out * depth() * chunk(0).size));
  }
};

/// x (B, groups in, H, W), weight (groups out, depth), bias (groups out) or undefined, into y (B, groups out,
/// windows). All contiguous. A product for each sample, chunk and group.
template <class T>
void run_forward(const Problem& p, const Tensor& x, const Tensor& weight, const Tensor& bias,
                 const Tensor& y) {
  const std::int64_t chunks = p.chunks(), windows = p.windows.count(), depth = p.depth();
  parallel_for(p.batch * chunks * p.groups, p.products_per_tile(), [&](std::int64_t begin, std::int64_t end) {
    CachedVector<T> columns(p.column_elements());
    for (std::int64_t unit = begin; unit < end; ++unit) {
      const std::int64_t plane = unit / chunks, group = plane % p.groups;  // plane: sample and group
      const Chunk chunk = p.chunk(unit % chunks);
      write_columns(p.windows, p.in, x.data<T>() + plane * p.in * p.windows.pixels(), chunk.first, chunk.rows,
                    columns.data());
      T* const out = y.data<T>() + plane * p.out * windows + chunk.start;  // (out, chunk.size)
      if (bias.defined()) {
        for (std::int64_t o = 0; o < p.out; ++o)
          std::fill_n(out + o * windows, chunk.size, bias.data<T>()[group * p.out + o]);
      }
      gemm(dtype_of<T>(), p.out, chunk.size, depth, 1, {weight.data<T>() + group * p.out * depth, depth},
           {columns.data(), chunk.size}, bias.defined() ? 1 : 0, out, windows);
    }
  });
}

/// weight^T times the gradient (B, groups out, windows) gives the gradient of the columns, which is folded
/// into that of x.
template <class T>
void run_backward_input(const Problem& p, const Tensor& gradient, const Tensor& weight,
                        const Tensor& x_gradient, bool fresh) {
  const std::int64_t windows = p.windows.count(), depth = p.depth(), pixels = p.in * p.windows.pixels();
  parallel_for(p.batch * p.groups, p.products_per_tile(), [&](std::int64_t begin, std::int64_t end) {
    CachedVector<T> columns(p.column_elements());
    for (std::int64_t plane = begin; plane < end; ++plane) {
      T* const image = x_gradient.data<T>() + plane * pixels;
      if (fresh) std::fill_n(image, pixels, T(0));
      for (std::int64_t i = 0; i < p.chunks(); ++i) {
        const Chunk chunk = p.chunk(i);
        gemm(dtype_of<T>(), depth, chunk.size, p.out, 1,
             {weight.data<T>() + plane % p.groups * p.out * depth, depth, true},
             {gradient.data<T>() + plane * p.out * windows + chunk.start, windows}, 0, columns.data(),
             chunk.size);
        add_columns(p.windows, p.in, columns.data(), chunk.first, chunk.rows, image);
      }
    }
  });
}

/// The gradient times columns^T, into zeros (parts, groups out, depth): each part holds the sum over its
/// share of the batch.
template <class T>
void run_backward_weight(const Problem& p, const Tensor& gradient, const Tensor& x, const Tensor& sums) {
  const std::int64_t windows = p.windows.count(), depth = p.depth(), parts = sums.size(0);
  const std::int64_t share = (p.batch + parts - 1) / parts;
  parallel_for(parts, 1, [&](std::int64_t part, std::int64_t) {
    CachedVector<T> columns(p.column_elements());
    const std::int64_t last = std::min(p.batch, (part + 1) * share);
    for (std::int64_t plane = part * share * p.groups; plane < last * p.groups; ++plane) {
      T* const sum = sums.data<T>() + part * p.weights() + plane % p.groups * p.out * depth;  // (out, depth)
      for (std::int64_t i = 0; i < p.chunks(); ++i) {
        const Chunk chunk = p.chunk(i);
        write_columns(p.windows, p.in, x.data<T>() + plane * p.in * p.windows.pixels(), chunk.first,
                      chunk.rows, columns.data());
        gemm(dtype_of<T>(), p.out, depth, chunk.size, 1,
             {gradient.data<T>() + plane * p.out * windows + chunk.start, windows},
             {columns.data(), chunk.size, true}, 1, sum, depth);
      }
    }
  });
}

Tensor weight_gradient(const Problem& p, const Tensor& gradient, const Tensor& x, const Shape& shape) {
  // Parts for the threads, as far as they cost little memory; one part leaves the threads to the products.
  const std::int64_t affordable = (1 << 20) / std::max<std::int64_t>(1, p.weights());
  const std::int64_t parts = std::max<std::int64_t>(1, std::min({std::int64_t{16}, p.batch, affordable}));
  Shape parts_shape = shape;
  parts_shape.insert(0, parts);
  const Tensor sums = zeros(parts_shape, x.dtype());
  const auto run = x.dtype() == DType::float32 ? run_backward_weight<float> : run_backward_weight<double>;
  run(p, gradient, x, sums);
  return parts == 1 ? sums.reshape(shape) : sum(sums, {0});
}

// --- checks ------------------------------------------------------------------------------------------------

/// `axes` names those of an image behind the channels.
void check_operands(const char* operation, const std::string& axes, int rank, const Tensor& x,
                    const Tensor& weight, const Tensor& bias, std::int64_t groups) {
  if (!x.defined() || x.rank() != rank || !is_floating(x.dtype())) {
    throw Error(operation, "needs a floating input (batch, channels, " + axes + "), got " + describe(x));
  }
  if (!weight.defined() || weight.rank() != rank || weight.dtype() != x.dtype()) {
    throw Error(operation, "the weight must be (out, channels / groups, kernel sizes for " + axes +
                               ") of the input's dtype, got " + describe(weight) + " for " + describe(x));
  }
  if (groups < 1 || x.size(1) % groups != 0 || x.size(1) / groups != weight.size(1)) {
    throw Error(operation, describe(x) + " has " + std::to_string(x.size(1)) + " channels, but the weight " +
                               describe(weight) + " takes " + std::to_string(weight.size(1)) +
                               " in each of " + std::to_string(groups) + " groups");
  }
  if (weight.size(0) % groups != 0) {
    throw Error(operation, "the weight " + describe(weight) + " has " + std::to_string(weight.size(0)) +
                               " outputs, which " + std::to_string(groups) + " groups do not divide evenly");
  }
  if (bias.defined() && (!(bias.shape() == Shape{weight.size(0)}) || bias.dtype() != x.dtype())) {
    throw Error(operation, "the bias must be " + std::string(name_of(x.dtype())) + " " +
                               to_string(Shape{weight.size(0)}) + ", got " + describe(bias));
  }
}

Problem problem_of(const char* operation, const Tensor& x, const Tensor& weight,
                   const Conv2dOptions& options) {
  return {windows_of(operation, Pair(x.size(2), x.size(3)), Pair(weight.size(2), weight.size(3)),
                     {options.stride, options.padding, options.dilation}),
          x.size(0), options.groups, weight.size(1), weight.size(0) / options.groups};
}

/// conv2d of checked operands; `operation` is the name in errors and in the graph.
Tensor convolve(const char* operation, const Tensor& x, const Tensor& weight, const Tensor& bias,
                const Conv2dOptions& options) {
  const Problem p = problem_of(operation, x, weight, options);
  Tensor y = empty({p.batch, weight.size(0), p.windows.number.height, p.windows.number.width}, x.dtype());
  {
    const no_grad scope;
    const auto run = x.dtype() == DType::float32 ? run_forward<float> : run_forward<double>;
    run(p, x.contiguous(), weight.contiguous(), bias.defined() ? bias.contiguous() : bias, y);
  }
  if (recording(x, weight, bias)) {
    record(
        y, operation, {&x, &weight, &bias},
        [x = Saved(x), weight = Saved(weight), bias = Saved(bias), p, options](Sink& sink, const Tensor& g) {
          const Tensor &image = x.get(sink), &kernel = weight.get(sink);
          if (sink.create_graph()) {
            return sink.replay(g, [&] { return composed::conv2d(image, kernel, bias.get(sink), options); });
          }
          const Tensor gradient = g.contiguous();
          if (sink.needs(0)) {
            bool fresh = false;
            const Tensor buffer = sink.into(0, fresh);
            const auto run =
                g.dtype() == DType::float32 ? run_backward_input<float> : run_backward_input<double>;
            run(p, gradient, kernel.contiguous(), buffer, fresh);
          }
          if (sink.needs(1)) sink.add(1, weight_gradient(p, gradient, image.contiguous(), kernel.shape()));
          if (sink.needs(2)) sink.add(2, sum(gradient, {0, 2, 3}));
        });
  }
  return y;
}

}  // namespace

Tensor unfold(const Tensor& x, Pair kernel, const WindowOptions& options) {
  check_image("unfold", x);
  const Pair size(x.size(2), x.size(3));
  const Windows windows = windows_of("unfold", size, kernel, options);
  Tensor columns = empty({x.size(0), x.size(1) * windows.area(), windows.count()}, x.dtype());
  {
    const no_grad scope;
    const auto run = x.dtype() == DType::float32 ? unfold_batch<float> : unfold_batch<double>;
    run(windows, x.size(0) * x.size(1), x.contiguous(), columns);
  }
  if (recording(x)) {
    record(columns, "unfold", {&x}, [size, kernel, options](Sink& sink, const Tensor& g) {
      sink.add(0, fold(g, size, kernel, options));
    });
  }
  return columns;
}

Tensor fold(const Tensor& columns, Pair size, Pair kernel, const WindowOptions& options) {
  const Windows windows = windows_of("fold", size, kernel, options);
  if (!columns.defined() || columns.rank() != 3 || !is_floating(columns.dtype()) ||
      columns.size(1) % windows.area() != 0 || columns.size(2) != windows.count()) {
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
    const auto run = columns.dtype() == DType::float32 ? fold_batch<float> : fold_batch<double>;
    run(windows, columns.size(0) * channels, columns.contiguous(), image);
  }
  if (recording(columns)) {
    record(image, "fold", {&columns},
           [kernel, options](Sink& sink, const Tensor& g) { sink.add(0, unfold(g, kernel, options)); });
  }
  return image;
}

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dOptions& options) {
  check_operands("conv2d", "height, width", 4, x, weight, bias, options.groups);
  return convolve("conv2d", x, weight, bias, options);
}

Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv1dOptions& options) {
  check_operands("conv1d", "length", 3, x, weight, bias, options.groups);
  return convolve("conv1d", x.unsqueeze(2), weight.unsqueeze(2), bias,
                  {.stride = Pair(1, options.stride),
                   .padding = Pair(0, options.padding),
                   .dilation = Pair(1, options.dilation),
                   .groups = options.groups})
      .squeeze(2);
}

Tensor composed::conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                        const Conv2dOptions& options) {
  check_operands("conv2d", "height, width", 4, x, weight, bias, options.groups);
  const Problem p = problem_of("conv2d", x, weight, options);
  // (B, groups, depth, windows): the products of a group are (out, depth) with (depth, windows).
  const Tensor columns = unfold(x, p.windows.kernel, p.windows.options)
                             .reshape({p.batch, p.groups, p.depth(), p.windows.count()});
  const Tensor products = matmul(weight.reshape({p.groups, p.out, p.depth()}), columns);
  const Tensor y =
      products.reshape({p.batch, weight.size(0), p.windows.number.height, p.windows.number.width});
  return bias.defined() ? y + bias.reshape({weight.size(0), 1, 1}) : y;
}

}  // namespace gradus
