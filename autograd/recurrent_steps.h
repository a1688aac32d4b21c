// What all recurrences over time share: their sizes, the order of their steps, the loops over them, and the
// loop of their composed twins. Internal to autograd/.
#pragma once
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/node.h>
#include <gradus/tensor/blas.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/memory.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace gradus {

/// The sizes of a sequence and the order in which its steps are taken.
struct Steps {
  std::int64_t batch, time, size;
  bool reverse;
  const std::int64_t* lengths;  // or null

  std::int64_t at(std::int64_t step) const { return reverse ? time - 1 - step : step; }
  bool active(std::int64_t row, std::int64_t t) const { return !lengths || t < lengths[row]; }
  std::int64_t rows_per_tile() const {
    return std::max<std::int64_t>(1, 4096 / std::max<std::int64_t>(size, 1));
  }
};

/// Checks the operands of a recurrence with so many gates: input gates (batch, time, gates H), state (batch,
/// H), weight (gates H, H), bias (gates H) or undefined, lengths (batch,) from 1 to time or undefined,
/// state_mask (batch, H) or undefined.
Steps check_sequence(const char* operation, std::int64_t gates, const Tensor& input_gates,
                     const Tensor& state, const Tensor& weight, const Tensor& bias, const Tensor& lengths,
                     bool reverse, const Tensor& state_mask);

/// Of a family's two kernels that for T.
template <class T, class Float, class Double>
auto kernel_of(Float single, Double wide) {
  if constexpr (std::is_same_v<T, float>) return single;
  else return wide;
}

/// Room (batch, time, size) for what the steps below write. They leave out the padded places, which are zero.
Tensor step_buffer(const Steps& steps, std::int64_t size, DType dtype);

/// Takes the steps forward in time: W_hh h of all rows at once, from weight (G, H) and `state` (batch, H),
/// W_hh (m h) with a mask m (batch, H), then `take(row, place, state_gates)` for each row with a step at t,
/// which moves its state on. state_gates (G); place is row * time + t.
template <class T, class Take>
void steps_forward(const Steps& steps, const Tensor& state, const Tensor& weight, const Tensor& mask,
                   Take&& take) {
  const std::int64_t H = steps.size, G = weight.size(0);
  const Tensor products = empty({steps.batch, G}, dtype_of<T>());
  const Tensor factor = mask.defined() ? empty({steps.batch, H}, dtype_of<T>()) : state;
  const T* const state_gates = products.data<T>();
  for (std::int64_t step = 0; step < steps.time; ++step) {
    const std::int64_t t = steps.at(step);
    if (mask.defined()) {
      const T *own = state.data<T>(), *factors = mask.data<T>();
      T* const masked = factor.data<T>();
      for (std::int64_t i = 0; i < steps.batch * H; ++i) masked[i] = factors[i] * own[i];
    }
    gemm(dtype_of<T>(), steps.batch, G, H, 1, {factor.raw_data(), H}, {weight.raw_data(), H, true}, 0,
         products.raw_data(), G);
    parallel_for(steps.batch, steps.rows_per_tile(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        if (steps.active(row, t)) take(row, row * steps.time + t, state_gates + row * G);
      }
    });
  }
}

/// Takes the steps in the opposite order. `take(row, place)` for each row with a step at t writes the
/// gradient of its W_hh h into `state_gates` (batch, time, G, a step_buffer), and into `state` (batch, H),
/// where the gradient of the step's state lies, what reaches the state before past this product; the rest is
/// added here, times the mask (batch, H) where there is one.
template <class T, class Take>
void steps_backward(const Steps& steps, const Tensor& state, const Tensor& weight, const Tensor& mask,
                    const Tensor& state_gates, Take&& take) {
  const std::int64_t H = steps.size, G = weight.size(0);
  const Tensor product = mask.defined() ? empty({steps.batch, H}, dtype_of<T>()) : state;
  for (std::int64_t step = steps.time - 1; step >= 0; --step) {
    const std::int64_t t = steps.at(step);
    parallel_for(steps.batch, steps.rows_per_tile(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        if (steps.active(row, t)) take(row, row * steps.time + t);
      }
    });
    gemm(dtype_of<T>(), steps.batch, H, G, 1, {state_gates.data<T>() + t * G, steps.time * G},
         {weight.raw_data(), H}, mask.defined() ? 0 : 1, product.raw_data(), H);
    if (mask.defined()) {
      const T *through = product.data<T>(), *factors = mask.data<T>();
      T* const own = state.data<T>();
      for (std::int64_t i = 0; i < steps.batch * H; ++i) own[i] += factors[i] * through[i];
    }
  }
}

/// Adds the gradients of W_hh, the operation's input `weight`, and of b_hh, the one behind it, from those of
/// W_hh h (batch, time, G), the states before every step (batch, time, H), and their mask (batch, H) or
/// nothing.
void add_weight_gradients(Sink& sink, int weight, const Tensor& state_gates, const Tensor& previous,
                          const Tensor& mask);

/// What goes into the product with the weight: the state (batch, H), times the mask where there is one.
inline Tensor masked(const Tensor& state, const Tensor& mask) {
  return mask.defined() ? state * mask : state;
}

/// Takes the steps one by one in Tensor operations: `step(x, state)` makes the next state (batch, S) from a
/// step's input gates. A row stays as it is behind its length, and its output is zero there.
template <class Step>
Tensor unroll(const Steps& steps, const Tensor& input_gates, const Tensor& start, const Tensor& lengths,
              Step&& step) {
  if (steps.time == 0) return zeros({steps.batch, 0, start.size(1)}, start.dtype());
  CachedVector<Tensor> outputs(static_cast<std::size_t>(steps.time));
  Tensor state = start;
  for (std::int64_t i = 0; i < steps.time; ++i) {
    const std::int64_t t = steps.at(i);
    const Tensor next = step(input_gates.select(1, t), state);
    if (lengths.defined()) {
      const Tensor active = gt(lengths, t).unsqueeze(1);  // (batch, 1)
      state = where(active, next, state);
      outputs[static_cast<std::size_t>(t)] = where(active, next, 0);
    } else {
      state = next;
      outputs[static_cast<std::size_t>(t)] = next;
    }
  }
  return stack(outputs, 1);
}

}  // namespace gradus
