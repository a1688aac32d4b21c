// Kernels of the optimisers: one pass over a run of parameters, their gradients and their state.
//
// Tables are indexed by DType (float32, float64). The coefficients are computed in float64 by optim/ and used
// in the parameters' own type.
#pragma once
#include <cstdint>

namespace gradus {

/// `count` elements side by side. What the state arrays hold is said by each kernel; unused ones are null.
struct OptimRun {
  void* parameter;
  const void* gradient;
  void* state[3];
  std::int64_t count;
};

struct SgdCoefficients {
  double sign;  // -1 to maximize: of the gradient
  double lr, momentum, dampening, weight_decay;
  bool nesterov, first;  // first: the momentum buffer holds nothing yet
};
struct AdamCoefficients {
  double sign;
  double beta1, beta2, eps;
  double weight_decay;       // added to the gradient (Adam)
  double shrink;             // factor on the parameter before the step (AdamW); 1 elsewhere
  double step_size;          // lr / (1 - beta1^t)
  double root_correction;    // 1 / sqrt(1 - beta2^t)
};
struct RmspropCoefficients {
  double sign;
  double lr, alpha, eps, weight_decay, momentum;
};
struct AdagradCoefficients {
  double sign;
  double lr, eps, weight_decay;  // lr after its decay
};
struct AdadeltaCoefficients {
  double sign;
  double lr, rho, eps, weight_decay;
};

struct OptimKernels {
  void (*sgd[2])(const OptimRun& run, const SgdCoefficients& c);            // state: momentum or null
  void (*adam[2])(const OptimRun& run,
                  const AdamCoefficients& c);  // first, second moment, its maximum or null
  void (*rmsprop[2])(const OptimRun& run,
                     const RmspropCoefficients& c);  // square, momentum or null, mean or null
  void (*adagrad[2])(const OptimRun& run, const AdagradCoefficients& c);    // sum of squares
  void (*adadelta[2])(const OptimRun& run, const AdadeltaCoefficients& c);  // square, squared step
  /// Sum of x^2, of |x|, largest |x| (NaN where there is one), all in float64 and in a fixed order.
  double (*sum_of_squares[2])(const void* x, std::int64_t count);
  double (*sum_of_magnitudes[2])(const void* x, std::int64_t count);
  double (*largest_magnitude[2])(const void* x, std::int64_t count);
  void (*scale[2])(void* x, std::int64_t count, double factor);
  void (*clamp[2])(void* x, std::int64_t count, double limit);  // to [-limit, limit]
};

}  // namespace gradus
