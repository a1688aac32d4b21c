// See lstm.h for what the kernels compute and dispatch.h for how this file is compiled.
#include <gradus/tensor/kernels/lstm.h>
#include <gradus/tensor/kernels/math.h>

namespace gradus::GRADUS_ISA {
namespace {

template <class T>
void forward(std::int64_t size, const LstmForwardRow<T>& row) {
  const T *x_i = row.input_gates, *x_f = x_i + size, *x_g = x_f + size, *x_o = x_g + size;
  const T *h_i = row.state_gates, *h_f = h_i + size, *h_g = h_f + size, *h_o = h_g + size;
  const T *b_i = row.bias, *b_f = b_i + size, *b_g = b_f + size, *b_o = b_g + size;
  const T* previous = row.previous_cell;
  T *state = row.state, *cell = row.cell;
  if (!row.saved) {
#pragma omp simd
    for (std::int64_t k = 0; k < size; ++k) {
      const T i = sigmoid_(x_i[k] + h_i[k] + b_i[k]), f = sigmoid_(x_f[k] + h_f[k] + b_f[k]);
      const T g = tanh_(x_g[k] + h_g[k] + b_g[k]), o = sigmoid_(x_o[k] + h_o[k] + b_o[k]);
      const T c = f * previous[k] + i * g;
      cell[k] = c;
      state[k] = o * tanh_(c);
    }
    return;
  }
  T *saved_i = row.saved, *saved_f = saved_i + size, *saved_g = saved_f + size, *saved_o = saved_g + size;
#pragma omp simd
  for (std::int64_t k = 0; k < size; ++k) {
    const T i = sigmoid_(x_i[k] + h_i[k] + b_i[k]), f = sigmoid_(x_f[k] + h_f[k] + b_f[k]);
    const T g = tanh_(x_g[k] + h_g[k] + b_g[k]), o = sigmoid_(x_o[k] + h_o[k] + b_o[k]);
    const T c = f * previous[k] + i * g;
    saved_i[k] = i;
    saved_f[k] = f;
    saved_g[k] = g;
    saved_o[k] = o;
    cell[k] = c;
    state[k] = o * tanh_(c);
  }
}

template <class T>
void backward(std::int64_t size, const LstmBackwardRow<T>& row) {
  const T *saved_i = row.saved, *saved_f = saved_i + size, *saved_g = saved_f + size,
          *saved_o = saved_g + size;
  const T *previous = row.previous_cell, *cell = row.cell;
  const T *to_state = row.state_gradient, *to_cell = row.cell_gradient;
  T *d_i = row.gates_gradient, *d_f = d_i + size, *d_g = d_f + size, *d_o = d_g + size;
  T* to_previous = row.previous_cell_gradient;
#pragma omp simd
  for (std::int64_t k = 0; k < size; ++k) {
    const T i = saved_i[k], f = saved_f[k], g = saved_g[k], o = saved_o[k], bent = tanh_(cell[k]);
    const T d_cell = to_cell[k] + to_state[k] * o * (T(1) - bent * bent);
    d_i[k] = d_cell * g * i * (T(1) - i);
    d_f[k] = d_cell * previous[k] * f * (T(1) - f);
    d_g[k] = d_cell * i * (T(1) - g * g);
    d_o[k] = to_state[k] * bent * o * (T(1) - o);
    to_previous[k] = d_cell * f;
  }
}

}  // namespace

extern const LstmKernels lstm_kernels;
const LstmKernels lstm_kernels = {forward<float>, forward<double>, backward<float>, backward<double>};

}  // namespace gradus::GRADUS_ISA
