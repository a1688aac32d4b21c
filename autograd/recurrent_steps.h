// What all recurrences over time share: their sizes, the order of their steps, and the loop of their composed
// twins. Internal to autograd/.
#pragma once
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/joining.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/memory.h>

#include <algorithm>
#include <cstdint>

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
/// H), weight (gates H, H), bias (gates H) or undefined, lengths (batch,) from 1 to time or undefined.
Steps check_sequence(const char* operation, std::int64_t gates, const Tensor& input_gates,
                     const Tensor& state, const Tensor& weight, const Tensor& bias, const Tensor& lengths,
                     bool reverse);

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
