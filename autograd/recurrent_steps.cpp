#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/index_checks.h>
#include <gradus/autograd/indexing.h>
#include <gradus/autograd/recurrent.h>
#include <gradus/autograd/recurrent_steps.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/error.h>

#include <string>

namespace gradus {

Steps check_sequence(const char* operation, std::int64_t gates, const Tensor& input_gates,
                     const Tensor& state, const Tensor& weight, const Tensor& bias, const Tensor& lengths,
                     bool reverse, const Tensor& state_mask) {
  const auto refuse = [operation](const std::string& what) { throw Error(operation, what); };
  check_defined(operation, {&input_gates, &state, &weight});
  if (input_gates.rank() != 3)
    refuse("input gates must be (batch, time, " + std::to_string(gates) + "H), got " + describe(input_gates));
  if (state.rank() != 2 || state.shape()[0] != input_gates.shape()[0]) {
    refuse("the state must be (batch, H) with the batch of the input gates " + describe(input_gates) +
           ", got " + describe(state));
  }
  const Steps steps{input_gates.shape()[0], input_gates.shape()[1], state.shape()[1], reverse, nullptr};
  if (input_gates.shape()[2] != gates * steps.size) {
    refuse("with a state of " + std::to_string(steps.size) + " the input gates must have " +
           std::to_string(gates * steps.size) + " features, got " + describe(input_gates));
  }
  if (!(weight.shape() == Shape{gates * steps.size, steps.size})) {
    refuse("the weight must be " + to_string(Shape{gates * steps.size, steps.size}) + ", got " +
           describe(weight));
  }
  if (bias.defined() && !(bias.shape() == Shape{gates * steps.size})) {
    refuse("the bias must be " + to_string(Shape{gates * steps.size}) + ", got " + describe(bias));
  }
  if (state_mask.defined() && !(state_mask.shape() == state.shape())) {
    refuse("the mask of the state must be like the state " + describe(state) + ", got " +
           describe(state_mask));
  }
  for (const Tensor* operand : {&input_gates, &state, &weight, &bias, &state_mask}) {
    if (operand->defined() && (operand->dtype() != state.dtype() || !is_floating(state.dtype()))) {
      refuse("all operands must be of one floating dtype: " + describe(*operand) + " beside " +
             describe(state));
    }
  }
  if (lengths.defined()) {
    if (lengths.dtype() != DType::int64 || !(lengths.shape() == Shape{steps.batch})) {
      refuse("lengths must be int64 " + to_string(Shape{steps.batch}) + ", got " + describe(lengths));
    }
    const Tensor listed = lengths.contiguous();
    for (std::int64_t length : listed.span<std::int64_t>()) {
      if (length < 1 || length > steps.time) {
        refuse("a length of " + std::to_string(length) + " lies outside [1, " + std::to_string(steps.time) +
               "]");
      }
    }
  }
  return steps;
}

Tensor step_buffer(const Steps& steps, std::int64_t size, DType dtype) {
  const Shape shape{steps.batch, steps.time, size};
  return steps.lengths ? zeros(shape, dtype) : empty(shape, dtype);
}

void add_weight_gradients(Sink& sink, int weight, const Tensor& state_gates, const Tensor& previous,
                          const Tensor& mask) {
  const std::int64_t rows = previous.size(0) * previous.size(1), H = previous.size(2),
                     G = state_gates.size(2);
  // (G, H) += gates^T previous, over all steps at once
  if (sink.needs(weight)) {
    const Tensor factor = mask.defined() ? previous * mask.unsqueeze(1) : previous;
    sink.add_product(weight, state_gates.view({rows, G}), factor.view({rows, H}));
  }
  if (sink.needs(weight + 1)) sink.add(weight + 1, sum(state_gates.view({rows, G}), {0}));
}

Tensor last_state(const Tensor& outputs, const Tensor& lengths) {
  if (!outputs.defined() || outputs.rank() != 3 || outputs.shape()[1] == 0) {
    throw Error("last_state",
                "the outputs must be (batch, time, H) with at least one step, got " + describe(outputs));
  }
  const std::int64_t batch = outputs.shape()[0], time = outputs.shape()[1];
  if (!lengths.defined()) return outputs.select(1, time - 1);
  const Tensor rows = arange(0, batch) * time + lengths - 1;
  return index_select(outputs.reshape({batch * time, outputs.shape()[2]}), 0, rows);
}

}  // namespace gradus
