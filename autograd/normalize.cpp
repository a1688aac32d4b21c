#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/normalize.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/layer_norm.h>
#include <gradus/tensor/kernels/random.h>
#include <gradus/tensor/kernels/softmax.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tensor/random.h>

#include <algorithm>
#include <cmath>

namespace gradus {
namespace {

std::int64_t rows_per_tile(std::int64_t length) {
  return std::max<std::int64_t>(1, 8192 / std::max<std::int64_t>(length, 1));
}

void check_floating(const char* operation, const Tensor& x) {
  if (!x.defined() || !is_floating(x.dtype())) {
    throw Error(operation, "needs float32 or float64, got " + describe(x));
  }
}

/// Calls body.operator()<T>() with the element type of a floating tensor.
template <class Body>
void with_type(const Tensor& x, Body body) {
  if (x.dtype() == DType::float32) body.template operator()<float>();
  else body.template operator()<double>();
}

/// Calls body(row) for every row of the last axis.
template <class Body>
void for_rows(const Tensor& x, Body body) {
  const std::int64_t length = x.rank() > 0 ? x.shape().back() : 1;
  if (length == 0) return;
  parallel_for(x.numel() / length, rows_per_tile(length), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) body(row, length);
  });
}

/// Where the rows of a mask lie that is broadcast to scores; no copy but where the last axis itself is
/// broadcast.
class MaskRows {
 public:
  MaskRows(const Tensor& mask, const Shape& scores) {
    if (!mask.defined()) return;
    const Tensor seen = mask.expand(scores);
    const int last = scores.rank() - 1;
    mask_ = last < 0 || scores[last] == 1 || seen.strides()[last] == 1 ? seen : seen.contiguous();
  }
  /// The elements of a row of the scores, or null where there is no mask.
  const bool* row(std::int64_t number) const {
    if (!mask_.defined()) return nullptr;
    std::int64_t position = 0;
    for (int axis = mask_.rank() - 2; axis >= 0; --axis) {
      position += number % mask_.shape()[axis] * mask_.strides()[axis];
      number /= mask_.shape()[axis];
    }
    return mask_.data<bool>() + position;
  }

 private:
  Tensor mask_;
};

/// y = softmax or log softmax over the last axis.
Tensor softmax_rows(const Tensor& input, const Tensor& mask, bool logarithm) {
  const Tensor x = input.contiguous();
  const MaskRows masked(mask, x.shape());
  Tensor y = empty(x.shape(), x.dtype());
  with_type(x, [&]<class T>() {
    const SoftmaxFunctions<T>& functions = kernels<SoftmaxKernels>().of<T>();
    for_rows(x, [&](std::int64_t row, std::int64_t length) {
      const T* from = x.data<T>() + row * length;
      T* to = y.data<T>() + row * length;
      if (logarithm) functions.log_forward(length, from, to);
      else functions.forward(length, from, masked.row(row), to);
    });
  });
  return y;
}

Tensor softmax_rows_backward(const Tensor& output, const Tensor& gradient, bool logarithm) {
  const Tensor y = output.contiguous(), g = gradient.contiguous();
  Tensor result = empty(y.shape(), y.dtype());
  with_type(y, [&]<class T>() {
    const SoftmaxFunctions<T>& functions = kernels<SoftmaxKernels>().of<T>();
    const auto kernel = logarithm ? functions.log_backward : functions.backward;
    for_rows(y, [&](std::int64_t row, std::int64_t length) {
      kernel(length, y.data<T>() + row * length, g.data<T>() + row * length, result.data<T>() + row * length);
    });
  });
  return result;
}

/// Softmax over the last axis, recorded.
Tensor softmax_last(const char* operation, const Tensor& x, const Tensor& mask, bool logarithm) {
  Tensor y;
  {
    const no_grad scope;
    y = softmax_rows(x, mask, logarithm);
  }
  if (recording(x)) {
    record(y, operation, {&x}, [y = SavedOutput(y), logarithm](Sink& sink, const Tensor& g) {
      const Tensor output = y.get(sink);
      if (!sink.create_graph()) sink.add(0, softmax_rows_backward(output, g, logarithm));
      else if (logarithm) sink.add(0, g - exp(output) * sum(g, {-1}, true));
      else sink.add(0, output * (g - sum(g * output, {-1}, true)));
    });
  }
  return y;
}

Tensor softmax_along(const char* operation, const Tensor& x, const Tensor& mask, std::int64_t axis,
                     bool logarithm) {
  check_floating(operation, x);
  const int at = normalize_axis(operation, axis, x.shape());
  if (at >= x.rank() - 1) return softmax_last(operation, x, mask, logarithm);
  const Tensor turned_mask = mask.defined() ? mask.expand(x.shape()).transpose(at, -1) : mask;
  return softmax_last(operation, x.transpose(at, -1), turned_mask, logarithm).transpose(at, -1);
}

}  // namespace

Tensor softmax(const Tensor& x, std::int64_t axis) { return softmax_along("softmax", x, {}, axis, false); }
Tensor log_softmax(const Tensor& x, std::int64_t axis) {
  return softmax_along("log_softmax", x, {}, axis, true);
}

Tensor masked_softmax(const Tensor& scores, const Tensor& mask, std::int64_t axis) {
  if (mask.defined() && mask.dtype() != DType::boolean) {
    throw Error("masked_softmax",
                "the mask must be bool and true where a score is left out, got " + describe(mask));
  }
  return softmax_along("masked_softmax", scores, mask, axis, false);
}

// --- layer normalisation ---

namespace {

/// What the backward pass needs of the forward pass.
struct RowStatistics {
  Tensor mean, scale;  // (rows,)
};

template <class T>
T* data_or_null(const Tensor& tensor) {
  return tensor.defined() ? tensor.data<T>() : nullptr;
}

template <class T>
void run_layer_norm(const Tensor& x, std::int64_t length, const Tensor& weight, const Tensor& bias,
                    double eps, const Tensor& y, const RowStatistics& statistics) {
  parallel_for(statistics.mean.numel(), rows_per_tile(length), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      kernels<LayerNormKernels>().of<T>().forward(length, x.data<T>() + row * length, data_or_null<T>(weight),
                                                  data_or_null<T>(bias), static_cast<T>(eps),
                                                  y.data<T>() + row * length, statistics.mean.data<T>() + row,
                                                  statistics.scale.data<T>() + row);
    }
  });
}

struct LayerNormGradients {
  Tensor x, weight, bias;
};

template <class T>
LayerNormGradients run_layer_norm_backward(const Tensor& x, std::int64_t length, const Tensor& weight,
                                           const RowStatistics& statistics, const Tensor& gradient) {
  const std::int64_t rows = statistics.mean.numel(), tile = 4 * rows_per_tile(length);
  const std::int64_t tiles = (rows + tile - 1) / tile;
  LayerNormGradients result{empty(x.shape(), x.dtype()), zeros({tiles, length}, x.dtype()),
                            zeros({tiles, length}, x.dtype())};
  parallel_for(rows, tile, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t part = begin / tile * length;  // each tile adds up rows of its own
    for (std::int64_t row = begin; row < end; ++row) {
      kernels<LayerNormKernels>().of<T>().backward(
          length, x.data<T>() + row * length, data_or_null<T>(weight), statistics.mean.data<T>()[row],
          statistics.scale.data<T>()[row], gradient.data<T>() + row * length,
          result.x.data<T>() + row * length, result.weight.data<T>() + part, result.bias.data<T>() + part);
    }
  });
  result.weight = sum(result.weight, {0});
  result.bias = sum(result.bias, {0});
  return result;
}

/// Number of elements that are normalised together.
std::int64_t check_layer_norm(const Tensor& x, const Shape& shape, const Tensor& weight, const Tensor& bias) {
  check_floating("layer_norm", x);
  bool fits = shape.rank() > 0 && shape.rank() <= x.rank();
  for (int i = 0; fits && i < shape.rank(); ++i) fits = shape[i] == x.shape()[x.rank() - shape.rank() + i];
  if (!fits) {
    throw Error("layer_norm",
                "normalises over the last axes, which must be " + to_string(shape) + "; got " + describe(x));
  }
  for (const Tensor* parameter : {&weight, &bias}) {
    if (parameter->defined() && (!(parameter->shape() == shape) || parameter->dtype() != x.dtype())) {
      throw Error("layer_norm", "weight and bias must be " + std::string(name_of(x.dtype())) + " " +
                                    to_string(shape) + ", got " + describe(*parameter));
    }
  }
  return element_count(shape);
}

}  // namespace

Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight, const Tensor& bias,
                  double eps) {
  const std::int64_t length = check_layer_norm(x, normalized_shape, weight, bias);
  const std::int64_t rows = length > 0 ? x.numel() / length : 0;
  Tensor y = empty(x.shape(), x.dtype());
  const RowStatistics statistics{empty({rows}, x.dtype()), empty({rows}, x.dtype())};
  {
    const no_grad scope;
    const auto run = x.dtype() == DType::float32 ? run_layer_norm<float> : run_layer_norm<double>;
    run(x.contiguous(), length, weight.defined() ? weight.contiguous() : weight,
        bias.defined() ? bias.contiguous() : bias, eps, y, statistics);
  }
  if (recording(x, weight, bias)) {
    record(y, "layer_norm", {&x, &weight, &bias},
           [x = Saved(x), weight = Saved(weight), bias = Saved(bias), normalized_shape, eps, length,
            statistics](Sink& sink, const Tensor& g) {
             const Tensor &input = x.get(sink), &factor = weight.get(sink);
             if (sink.create_graph()) {
               return sink.replay(g, [&] {
                 return composed::layer_norm(input, normalized_shape, factor, bias.get(sink), eps);
               });
             }
             const auto run = input.dtype() == DType::float32 ? run_layer_norm_backward<float>
                                                              : run_layer_norm_backward<double>;
             const LayerNormGradients gradients =
                 run(input.contiguous(), length, factor.defined() ? factor.contiguous() : factor, statistics,
                     g.contiguous());
             sink.add(0, gradients.x);
             if (sink.needs(1)) sink.add(1, gradients.weight.view(normalized_shape));
             if (sink.needs(2)) sink.add(2, gradients.bias.view(normalized_shape));
           });
  }
  return y;
}

namespace composed {

Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight, const Tensor& bias,
                  double eps) {
  Shape axes;
  for (int i = 1; i <= normalized_shape.rank(); ++i) axes.push_back(-i);
  const Tensor centered = x - mean(x, axes, true);
  Tensor y = centered * rsqrt(mean(square(centered), axes, true) + eps);
  if (weight.defined()) y = y * weight;
  return bias.defined() ? y + bias : y;
}

}  // namespace composed

Tensor rms_norm(const Tensor& x, const Tensor& weight, double eps) {
  check_floating("rms_norm", x);
  if (x.rank() == 0 ||
      (weight.defined() && (!(weight.shape() == Shape{x.shape().back()}) || weight.dtype() != x.dtype()))) {
    throw Error("rms_norm", "needs an input with a last axis and a weight of its size and dtype, got " +
                                describe(x) + (weight.defined() ? " and " + describe(weight) : ""));
  }
  const Tensor y = x * rsqrt(mean(square(x), {-1}, true) + eps);
  return weight.defined() ? y * weight : y;
}

// --- dropout ---

namespace {

void check_dropout(const Tensor& x, double p) {
  check_floating("dropout", x);
  if (!(p >= 0 && p <= 1)) {
    throw Error("dropout", "the probability must lie in [0, 1], got " + std::to_string(p));
  }
}

}  // namespace

// Linear in x: its own backward pass.
Tensor dropout(const Tensor& x, double p, const RandomStream& stream) {
  check_dropout(x, p);
  const Tensor input = x.contiguous();
  Tensor y = empty(x.shape(), x.dtype());
  const double scale = p < 1 ? 1 / (1 - p) : 0;
  parallel_for(x.numel(), 16384, [&](std::int64_t begin, std::int64_t end) {
    const RandomKernels& random = kernels<RandomKernels>();
    const std::uint64_t position = stream.offset + static_cast<std::uint64_t>(begin);
    if (x.dtype() == DType::float32) {
      random.dropout_float(stream.seed, position, end - begin, dropout_threshold(p), static_cast<float>(scale),
                           input.data<float>() + begin, y.data<float>() + begin);
    } else {
      random.dropout_double(stream.seed, position, end - begin, dropout_threshold(p), scale,
                            input.data<double>() + begin, y.data<double>() + begin);
    }
  });
  if (recording(x)) {
    record(y, "dropout", {&x},
           [p, stream](Sink& sink, const Tensor& g) { sink.add(0, dropout(g, p, stream)); });
  }
  return y;
}

Tensor dropout(const Tensor& x, double p, bool training) {
  check_dropout(x, p);
  return training && p > 0 ? dropout(x, p, take_random(x.numel())) : x;
}

}  // namespace gradus
