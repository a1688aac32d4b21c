// See gru.h for what the kernels compute and dispatch.h for how this file is compiled.
#include <gradus/tensor/kernels/gru.h>
#include <gradus/tensor/kernels/math.h>

namespace gradus::GRADUS_ISA {
namespace {

template <class T>
void forward(std::int64_t size, const GruForwardRow<T>& row) {
  const T *x_r = row.input_gates, *x_z = x_r + size, *x_n = x_z + size;
  const T *h_r = row.state_gates, *h_z = h_r + size, *h_n = h_z + size;
  const T *b_r = row.bias, *b_z = b_r + size, *b_n = b_z + size;
  const T* previous = row.previous;
  T* next = row.next;
  if (!row.saved) {
#pragma omp simd
    for (std::int64_t i = 0; i < size; ++i) {
      const T r = sigmoid_(x_r[i] + h_r[i] + b_r[i]);
      const T z = sigmoid_(x_z[i] + h_z[i] + b_z[i]);
      const T n = tanh_(x_n[i] + r * (h_n[i] + b_n[i]));
      next[i] = n + z * (previous[i] - n);
    }
    return;
  }
  T *saved_r = row.saved, *saved_z = saved_r + size, *saved_n = saved_z + size, *saved_h = saved_n + size;
#pragma omp simd
  for (std::int64_t i = 0; i < size; ++i) {
    const T inner = h_n[i] + b_n[i];
    const T r = sigmoid_(x_r[i] + h_r[i] + b_r[i]);
    const T z = sigmoid_(x_z[i] + h_z[i] + b_z[i]);
    const T n = tanh_(x_n[i] + r * inner);
    saved_r[i] = r;
    saved_z[i] = z;
    saved_n[i] = n;
    saved_h[i] = inner;
    next[i] = n + z * (previous[i] - n);
  }
}

template <class T>
void backward(std::int64_t size, const GruBackwardRow<T>& row) {
  const T *saved_r = row.saved, *saved_z = saved_r + size, *saved_n = saved_z + size, *saved_h = saved_n + size;
  const T *previous = row.previous, *gradient = row.gradient;
  T *x_r = row.input_gates_gradient, *x_z = x_r + size, *x_n = x_z + size;
  T *h_r = row.state_gates_gradient, *h_z = h_r + size, *h_n = h_z + size;
  T* to_previous = row.previous_gradient;
#pragma omp simd
  for (std::int64_t i = 0; i < size; ++i) {
    const T g = gradient[i], r = saved_r[i], z = saved_z[i], n = saved_n[i];
    const T before_n = g * (T(1) - z) * (T(1) - n * n);
    const T before_z = g * (previous[i] - n) * z * (T(1) - z);
    const T before_r = before_n * saved_h[i] * r * (T(1) - r);
    x_r[i] = before_r;
    x_z[i] = before_z;
    x_n[i] = before_n;
    h_r[i] = before_r;
    h_z[i] = before_z;
    h_n[i] = before_n * r;
    to_previous[i] = g * z;
  }
}

}  // namespace

extern const GruKernels gru_kernels;
const GruKernels gru_kernels = {forward<float>, forward<double>, backward<float>, backward<double>};

}  // namespace gradus::GRADUS_ISA
