#include <gradus/autograd/modes.h>
#include <gradus/nn/init.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/random.h>

#include <cmath>
#include <utility>
#include <vector>

namespace gradus::nn::init {

void uniform_(Tensor& tensor, double low, double high) {
  no_grad scope;
  tensor.uniform_(low, high);
}

void normal_(Tensor& tensor, double mean, double standard_deviation) {
  no_grad scope;
  tensor.normal_(mean, standard_deviation);
}

void constant_(Tensor& tensor, double value) {
  no_grad scope;
  tensor.fill_(value);
}

void zeros_(Tensor& tensor) { constant_(tensor, 0); }
void ones_(Tensor& tensor) { constant_(tensor, 1); }

Fans fans(const Tensor& tensor) {
  if (!tensor.defined() || tensor.rank() < 2) {
    throw Error("fans", describe(tensor) + " has no fan-in and fan-out: it needs at least two axes");
  }
  std::int64_t field = 1;
  for (int axis = 2; axis < tensor.rank(); ++axis) field *= tensor.shape()[axis];
  return {tensor.shape()[1] * field, tensor.shape()[0] * field};
}

double calculate_gain(Nonlinearity nonlinearity, double negative_slope) {
  switch (nonlinearity) {
    case Nonlinearity::linear:
    case Nonlinearity::sigmoid: return 1;
    case Nonlinearity::tanh: return 5.0 / 3;
    case Nonlinearity::relu: return std::sqrt(2.0);
    case Nonlinearity::leaky_relu: return std::sqrt(2 / (1 + negative_slope * negative_slope));
    case Nonlinearity::selu: return 0.75;
  }
  throw Error("calculate_gain", "unknown nonlinearity");
}

namespace {

double xavier_deviation(const Tensor& tensor, double gain) {
  const Fans count = fans(tensor);
  return gain * std::sqrt(2.0 / static_cast<double>(count.in + count.out));
}

double kaiming_deviation(const Tensor& tensor, const KaimingOptions& options) {
  const Fans count = fans(tensor);
  const std::int64_t fan = options.mode == FanMode::fan_in ? count.in : count.out;
  return calculate_gain(options.nonlinearity, options.a) / std::sqrt(static_cast<double>(fan));
}

/// A uniform distribution in +-sqrt(3) d has the deviation d.
void symmetric_uniform_(Tensor& tensor, double deviation) {
  uniform_(tensor, -std::sqrt(3.0) * deviation, std::sqrt(3.0) * deviation);
}

/// Makes the rows of a (rows, columns) matrix, rows <= columns, orthonormal: modified Gram-Schmidt, twice,
/// for a second pass takes away what rounding has left of the first (Giraud, Langou, Rozloznik 2005).
void orthonormalize_rows(std::vector<double>& matrix, std::size_t rows, std::size_t columns) {
  const auto dot = [&](const double* a, const double* b) {
    double sum = 0;
    for (std::size_t i = 0; i < columns; ++i) sum += a[i] * b[i];
    return sum;
  };
  for (std::size_t r = 0; r < rows; ++r) {
    double* row = &matrix[r * columns];
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t earlier = 0; earlier < r; ++earlier) {
        const double* other = &matrix[earlier * columns];
        const double along = dot(row, other);
        for (std::size_t i = 0; i < columns; ++i) row[i] -= along * other[i];
      }
    }
    const double length = std::sqrt(dot(row, row));
    for (std::size_t i = 0; i < columns; ++i) row[i] /= length;
  }
}

}  // namespace

void xavier_uniform_(Tensor& tensor, double gain) {
  symmetric_uniform_(tensor, xavier_deviation(tensor, gain));
}
void xavier_normal_(Tensor& tensor, double gain) { normal_(tensor, 0, xavier_deviation(tensor, gain)); }

void kaiming_uniform_(Tensor& tensor, KaimingOptions options) {
  symmetric_uniform_(tensor, kaiming_deviation(tensor, options));
}

void kaiming_normal_(Tensor& tensor, KaimingOptions options) {
  normal_(tensor, 0, kaiming_deviation(tensor, options));
}

// The rows of a normal matrix, made orthonormal one after the other, are distributed evenly over all
// rotations: this is the QR decomposition whose R has a positive diagonal.
void orthogonal_(Tensor& tensor, double gain) {
  if (tensor.rank() < 2) throw Error("orthogonal_", describe(tensor) + " has fewer than two axes");
  if (tensor.numel() == 0) return;
  const auto rows = static_cast<std::size_t>(tensor.shape()[0]);
  const auto columns = static_cast<std::size_t>(tensor.numel()) / rows;
  const bool wide = rows <= columns;
  const std::size_t short_side = wide ? rows : columns, long_side = wide ? columns : rows;
  std::vector<double> matrix = randn({tensor.numel()}, DType::float64).to_vector<double>();
  orthonormalize_rows(matrix, short_side, long_side);
  std::vector<double> values(matrix.size());
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      values[r * columns + c] = gain * (wide ? matrix[r * long_side + c] : matrix[c * long_side + r]);
    }
  }
  no_grad scope;
  tensor.copy_(gradus::tensor(values, tensor.shape()));
}

}  // namespace gradus::nn::init
