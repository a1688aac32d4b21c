// The gates of a GRU step (Cho et al. 2014, in the form of cuDNN and PyTorch: the reset gate acts after the product).
#pragma once
#include <cstdint>

namespace gradus {

/// Where one row of a step lies. `H` is the state size; gates lie in the order r, z, n.
template <class T>
struct GruForwardRow {
  const T* input_gates;   // (3H) W_ih x + b_ih
  const T* state_gates;   // (3H) W_hh h
  const T* bias;          // (3H) b_hh
  const T* previous;      // (H) h
  T* saved;               // (4H) r, z, n and W_hn h + b_hn, for the backward pass; or null
  T* next;                // (H) the new state
};

template <class T>
struct GruBackwardRow {
  const T* saved;           // (4H) as above
  const T* previous;        // (H)
  const T* gradient;        // (H) of the new state
  T* input_gates_gradient;  // (3H)
  T* state_gates_gradient;  // (3H)
  T* previous_gradient;     // (H) through the update gate only; the product with W_hh is added by the caller
};

struct GruKernels {
  void (*forward_f32)(std::int64_t size, const GruForwardRow<float>& row);
  void (*forward_f64)(std::int64_t size, const GruForwardRow<double>& row);
  void (*backward_f32)(std::int64_t size, const GruBackwardRow<float>& row);
  void (*backward_f64)(std::int64_t size, const GruBackwardRow<double>& row);
};

}  // namespace gradus
