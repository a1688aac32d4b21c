#include <gradus/autograd/modes.h>
#include <gradus/optim/clip.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/optim.h>
#include <gradus/tensor/memory.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace gradus::optim {
namespace {

constexpr std::int64_t chunk = 16384;  // elements of one tile

struct Piece {  // at most one chunk of one gradient
  void* data;
  std::int64_t count;
  int dtype;
};
template <class T>
using List = std::vector<T, CachingAllocator<T>>;

/// The gradients that exist, cut into chunks. They are about to be written: their versions go up.
List<Piece> pieces_of(std::span<const Tensor> parameters) {
  List<Piece> pieces;
  for (const Tensor& parameter : parameters) {
    if (!parameter.defined()) continue;
    Tensor gradient = parameter.grad();
    if (!gradient.defined()) continue;
    if (!gradient.is_contiguous()) {
      gradient = gradient.contiguous();
      Tensor(parameter).set_grad(gradient);
    }
    gradient.body()->storage->version.fetch_add(1, std::memory_order_relaxed);
    char* data = static_cast<char*>(gradient.raw_data());
    const auto element = static_cast<std::int64_t>(size_of(gradient.dtype()));
    for (std::int64_t at = 0; at < gradient.numel(); at += chunk) {
      pieces.push_back(
          {data + at * element, std::min(chunk, gradient.numel() - at), static_cast<int>(gradient.dtype())});
    }
  }
  return pieces;
}

/// f(piece, index) for all pieces, on several threads.
template <class F>
void for_pieces(const List<Piece>& pieces, const F& f) {
  parallel_for(static_cast<std::int64_t>(pieces.size()), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      f(pieces[static_cast<std::size_t>(i)], static_cast<std::size_t>(i));
    }
  });
}

/// Sum of |x|^p for the exponents without a kernel.
double sum_of_powers(const Piece& piece, double p) {
  double sum = 0;
  for (std::int64_t i = 0; i < piece.count; ++i) {
    const double x = piece.dtype == static_cast<int>(DType::float32)
                         ? static_cast<const float*>(piece.data)[i]
                         : static_cast<const double*>(piece.data)[i];
    sum += std::pow(std::fabs(x), p);
  }
  return sum;
}

double norm(const List<Piece>& pieces, double p) {
  const OptimKernels& table = kernels<OptimKernels>();
  List<double> partial(pieces.size());
  for_pieces(pieces, [&](const Piece& piece, std::size_t i) {
    partial[i] = std::isinf(p) ? table.largest_magnitude[piece.dtype](piece.data, piece.count)
                 : p == 2      ? table.sum_of_squares[piece.dtype](piece.data, piece.count)
                 : p == 1      ? table.sum_of_magnitudes[piece.dtype](piece.data, piece.count)
                               : sum_of_powers(piece, p);
  });
  double total = 0;
  for (double part : partial) {
    if (!std::isinf(p)) total += part;
    else if (!(part <= total)) total = part;  // also a NaN, which stays
    if (std::isnan(total)) return total;
  }
  return std::isinf(p) || p == 1 ? total : p == 2 ? std::sqrt(total) : std::pow(total, 1 / p);
}

}  // namespace

double clip_grad_norm_(std::span<const Tensor> parameters, double max_norm, double norm_type) {
  if (!(max_norm >= 0)) {
    throw Error("clip_grad_norm_", "max_norm is " + std::to_string(max_norm) + "; it must be at least 0");
  }
  if (!(norm_type > 0)) {
    throw Error("clip_grad_norm_",
                "norm_type is " + std::to_string(norm_type) + "; it must be above 0, or infinity");
  }
  const List<Piece> pieces = pieces_of(parameters);
  const double total = norm(pieces, norm_type);
  const double factor = max_norm / (total + 1e-6);
  if (!(factor >= 1)) {
    for_pieces(pieces, [&](const Piece& piece, std::size_t) {
      kernels<OptimKernels>().scale[piece.dtype](piece.data, piece.count, factor);
    });
  }
  return total;
}

void clip_grad_value_(std::span<const Tensor> parameters, double limit) {
  if (!(limit >= 0)) {
    throw Error("clip_grad_value_", "the limit is " + std::to_string(limit) + "; it must be at least 0");
  }
  for_pieces(pieces_of(parameters), [&](const Piece& piece, std::size_t) {
    kernels<OptimKernels>().clamp[piece.dtype](piece.data, piece.count, limit);
  });
}

}  // namespace gradus::optim
