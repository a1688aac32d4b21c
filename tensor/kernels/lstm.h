// The gates of an LSTM step (Hochreiter, Schmidhuber 1997; with the forget gate of Gers et al. 2000).
#pragma once
#include <cstdint>

namespace gradus {

/// Where one row of a step lies. `H` is the state size; gates lie in the order i, f, g, o.
template <class T>
struct LstmForwardRow {
  const T* input_gates;    // (4H) W_ih x + b_ih
  const T* state_gates;    // (4H) W_hh h
  const T* bias;           // (4H) b_hh
  const T* previous_cell;  // (H)
  T* saved;                // (4H) i, f, g, o for the backward pass; or null
  T* state;                // (H) the new state
  T* cell;                 // (H) the new cell
};

template <class T>
struct LstmBackwardRow {
  const T* saved;             // (4H) as above
  const T* previous_cell;     // (H)
  const T* cell;              // (H) the new one
  const T* state_gradient;    // (H) of the new state
  const T* cell_gradient;     // (H) of the new cell
  T* gates_gradient;          // (4H)
  T* previous_cell_gradient;  // (H); may be cell_gradient
};

struct LstmKernels {
  void (*forward_f32)(std::int64_t size, const LstmForwardRow<float>& row);
  void (*forward_f64)(std::int64_t size, const LstmForwardRow<double>& row);
  void (*backward_f32)(std::int64_t size, const LstmBackwardRow<float>& row);
  void (*backward_f64)(std::int64_t size, const LstmBackwardRow<double>& row);
};

}  // namespace gradus
