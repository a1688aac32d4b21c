#include <gradus/autograd/unary.h>
#include <gradus/tensor/create.h>

namespace gradus {

Tensor unary(const char* operation, UnaryOp op, const Tensor& x, Integers integers, const double* parameters) {
  check_defined(operation, {&x});
  const bool kept = is_floating(x.dtype()) || (integers == Integers::kept && x.dtype() == DType::int64);
  const Tensor input = kept ? x : x.to(integers == Integers::kept ? DType::int64 : DType::float32);
  Tensor y = empty_like(input);
  run_unary(operation, op, input, y, parameters);
  return y;
}

Tensor flat_unary(const char* operation, UnaryOp op, const Tensor& x, Integers integers) {
  Tensor y = unary(operation, op, x, integers);
  if (recording(x)) record(y, operation, {&x}, [](Sink& sink, const Tensor& g) { sink.add(0, zeros_like(g)); });
  return y;
}

}  // namespace gradus
