// Lesson 3: an operation of your own, with its gradient, and the check that finds a wrong one.
//
// Huber's penalty (Huber 1964, "Robust Estimation of a Location Parameter") is a parabola near zero and a
// line further out, so that one wild data point cannot pull a fit away:
//
//   huber(x) = x^2 / 2               where |x| <= delta,       huber'(x) = x
//              delta (|x| - delta/2) elsewhere,                huber'(x) = -delta or delta
//
// It could be put together from where(), abs() and square(): five operations, each with a pass over memory
// and a record. As an operation of its own it is one loop forward; and its derivative is just x, cut to
// [-delta, delta].
#include <gradus/gradus.h>

#include <cmath>
#include <cstdio>

using namespace gradus;

namespace {

template <class T>
void huber_loop(std::span<const T> x, std::span<T> y, T delta) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    const T size = std::abs(x[i]);
    y[i] = size <= delta ? size * size / 2 : delta * (size - delta / 2);
  }
}

/// The forward pass: a plain loop over the elements, for both floating-point types.
Tensor huber_values(const Tensor& x, double delta) {
  const Tensor source = x.contiguous();  // x may be a transposed or sliced view
  Tensor y = empty(x.shape(), x.dtype());
  if (x.dtype() == DType::float64) {
    huber_loop<double>(source.span<double>(), y.span<double>(), delta);
  } else if (x.dtype() == DType::float32) {
    huber_loop<float>(source.span<float>(), y.span<float>(), static_cast<float>(delta));
  } else {
    throw Error("huber", "needs float32 or float64, got " + describe(x));
  }
  return y;
}

/// The operation. The backward pass is handed d loss / d y and adds d loss / d x to the sink. It is written
/// in tensor operations, which record themselves where that is asked for: so it can be differentiated again.
Tensor huber(const Tensor& x, double delta) {
  Tensor y = huber_values(x.detach(), delta);
  if (recording(x)) {
    record(y, "huber", {&x}, [x = Saved(x), delta](Sink& sink, const Tensor& gradient) {
      sink.add(0, gradient * clamp(x.get(sink), -delta, delta));
    });
  }
  return y;
}

/// The same with a slip of the pen: the derivative of the parabola everywhere.
Tensor huber_wrong(const Tensor& x, double delta) {
  Tensor y = huber_values(x.detach(), delta);
  if (recording(x)) {
    record(y, "huber_wrong", {&x},
           [x = Saved(x)](Sink& sink, const Tensor& gradient) { sink.add(0, gradient * x.get(sink)); });
  }
  return y;
}

/// The slope of the line through the origin that fits y = slope x best, by the mean of `penalty` over the
/// errors.
template <class Penalty>
double fitted_slope(const Tensor& x, const Tensor& y, Penalty penalty) {
  Tensor slope = zeros({}).requires_grad_();
  optim::SGD descent{std::vector{slope}, {.lr = 0.1}};
  for (int step = 0; step < 300; ++step) {
    const Tensor loss = mean(penalty(slope * x - y));
    descent.zero_grad();
    loss.backward();
    descent.step();
  }
  return slope.item();
}

}  // namespace

int main() {
  const double delta = 1;

  // 1. Values and gradients at five points, where both can be read off the formula.
  Tensor x = tensor({-3, -0.5, 0, 0.5, 3}).requires_grad_();
  const Tensor y = huber(x, delta);
  sum(y).backward();
  std::printf("x         %s\n", to_string(x).c_str());
  std::printf("huber(x)  %s\n", to_string(y.detach()).c_str());
  std::printf("gradient  %s\n\n", to_string(x.grad()).c_str());

  // 2. The check: gradcheck moves every element a little to both sides and compares the slope with the
  // backward pass, in float64. gradgradcheck does so for the gradient of the gradient.
  manual_seed(1);
  const std::vector<Tensor> points{(randn({4, 5}, DType::float64) * 2).requires_grad_()};
  const auto right = [&](std::span<const Tensor> in) { return huber(in[0], delta); };
  const auto wrong = [&](std::span<const Tensor> in) { return huber_wrong(in[0], delta); };
  const GradcheckResult first = gradcheck(right, points);
  const GradcheckResult second = gradgradcheck(right, points);
  const GradcheckResult caught = gradcheck(wrong, points);
  std::printf("huber: %s\n\n", first.text.c_str());
  std::printf("huber: %s\n\n", second.text.c_str());
  std::printf("huber_wrong: %s\n\n", caught.text.c_str());

  // 3. At work: a line through twenty points on y = 2 x, one of which is far off.
  const Tensor inputs = linspace(-1, 1, 20);
  Tensor targets = 2 * inputs;
  targets[19] = -30.0;
  const double by_square =
      fitted_slope(inputs, targets, [](const Tensor& error) { return square(error) / 2; });
  const double by_huber =
      fitted_slope(inputs, targets, [&](const Tensor& error) { return huber(error, delta); });
  std::printf("true slope 2, one wild point; squared error finds %.2f, huber %.2f\n", by_square, by_huber);

  return first && second && !caught ? 0 : 1;
}
