#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <string>

using namespace gradus;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

std::map<std::string, Tensor> state_of(const ModelView& model) {
  const NamedTensors state = state_dict(model);
  return {state.begin(), state.end()};
}

/// Both derivatives of a model in float64, with its input.
template <class Model>
void check_derivatives(const Model& made, const Shape& shape) {
  const Model model = clone(made, DType::float64);
  std::vector<Tensor> inputs = parameters(model);
  inputs.push_back(randn(shape, DType::float64).requires_grad_());
  const auto function = [&](const std::vector<Tensor>&) { return model(inputs.back()); };
  const GradcheckResult first = gradcheck(function, inputs, {.full_jacobian = 8}),
                        second = gradgradcheck(function, inputs, {.full_jacobian = 8});
  CHECK_MESSAGE(first, first.text);
  CHECK_MESSAGE(second, second.text);
}

}  // namespace

TEST_CASE("layers of convolution: PyTorch's names and shapes, start within their bounds") {
  manual_seed(1);
  const nn::Conv2d conv(4, 6, Pair(3, 2), {.stride = 2, .padding = 1, .groups = 2});
  CHECK(state_of(conv).at("weight").shape() == Shape{6, 2, 3, 2});
  CHECK(max(abs(state_of(conv).at("weight"))).item() <= 1 / std::sqrt(12.0));
  CHECK(conv(randn({2, 4, 5, 6})).shape() == Shape{2, 6, 3, 4});
  const nn::Conv1d line(3, 5, 3, {.padding = Pair(0, 1), .bias = false});
  CHECK(parameters(line).size() == 1);
  CHECK(line(randn({2, 3, 7})).shape() == Shape{2, 5, 7});
  CHECK(nn::MaxPool2d(2)(conv(randn({1, 4, 8, 8}))).shape() == Shape{1, 6, 2, 2});
  CHECK(nn::AvgPool2d(2, {.stride = 1})(randn({1, 3, 4, 4})).shape() == Shape{1, 3, 3, 3});
  CHECK_THROWS_WITH_AS(nn::Conv2d(3, 4, 2, {.groups = 2}), doctest::Contains("groups"), Error);
  CHECK_THROWS_WITH_AS(conv(randn({2, 3, 5, 6})), doctest::Contains("3 channels"), Error);
  CHECK_THROWS_WITH_AS(conv2d(randn({1, 1, 2, 2}), randn({1, 1, 3, 3})),
                       doctest::Contains("larger than the padded image"), Error);
  CHECK_THROWS_WITH_AS(max_pool2d(randn({1, 1, 4, 4}), 2, {.padding = 2}), doctest::Contains("half"), Error);
}

TEST_CASE("batch normalisation: batches while training, running statistics afterwards") {
  manual_seed(2);
  const nn::BatchNorm norm(3);
  const Tensor x = randn({8, 3, 5}) * 2 + 1;
  const Tensor y = norm(x);
  CHECK(largest_difference(mean(y, {0, 2}), zeros({3})) < 1e-5);
  CHECK(largest_difference(mean(square(y), {0, 2}), ones({3})) < 1e-3);
  const std::map<std::string, Tensor> state = state_of(norm);
  CHECK(state.at("num_batches_tracked").item<std::int64_t>() == 1);
  CHECK(largest_difference(state.at("running_mean"), mean(x, {0, 2}) * 0.1) < 1e-5);
  CHECK(largest_difference(state.at("running_var"), var(x, {0, 2}) * 0.1 + 0.9) < 1e-5);
  CHECK(parameters(norm).size() == 2);
  const evaluating scope;
  const Tensor expected =
      (x - state.at("running_mean").reshape({3, 1})) / sqrt(state.at("running_var").reshape({3, 1}) + 1e-5);
  CHECK(largest_difference(norm(x), expected) < 1e-5);
  CHECK(state_of(norm).at("num_batches_tracked").item<std::int64_t>() == 1);
}

TEST_CASE("attention over channels: the weights scale whole channels") {
  manual_seed(3);
  const Tensor x = randn({2, 8, 3, 4});
  const nn::SqueezeExcitation se(8, 4);
  CHECK(se.weights(x).shape() == Shape{2, 8});
  CHECK(largest_difference(se(x), x * se.weights(x).reshape({2, 8, 1, 1})) == 0);
  // With a network of zeros every weight is sigmoid(0).
  {
    const no_grad scope;
    for (Tensor parameter : parameters(se)) parameter.zero_();
  }
  CHECK(largest_difference(se(x), x / 2) < 1e-6);
  // Moving pixels about changes no channel's weight, but places' weights move with them.
  const nn::ChannelAttention channel(8, 4);
  CHECK(largest_difference(channel.weights(x), channel.weights(flip(x, {3}))) < 1e-6);
  const nn::SpatialAttention spatial(3);
  CHECK(spatial.weights(x).shape() == Shape{2, 1, 3, 4});
  const nn::SpatialAttention point(1);
  CHECK(largest_difference(flip(point.weights(x), {3}), point.weights(flip(x, {3}))) < 1e-6);
  const nn::ConvolutionalBlockAttention both(8, 4, 3);
  CHECK(largest_difference(both(x), both.spatial(both.channel(x))) == 0);
  CHECK_THROWS_WITH_AS(nn::SpatialAttention(4), doctest::Contains("odd"), Error);
}

TEST_CASE("selective kernels: a softmax over branches, for each channel") {
  manual_seed(4);
  const nn::SelectiveKernel select(3, 4, {1, 3, 5}, 2);
  const Tensor x = randn({2, 3, 6, 5});
  CHECK(select(x).shape() == Shape{2, 4, 6, 5});
  const Tensor weights = select.weights(x);
  CHECK(weights.shape() == Shape{2, 3, 4});
  CHECK(largest_difference(sum(weights, {1}), ones({2, 4})) < 1e-6);
  // A branch that is chosen for certain gives its own output.
  {
    const no_grad scope;
    for (const nn::Linear& branch : select.select) Tensor(branch.bias).fill_(0);
    Tensor(select.select[1].bias).fill_(1000);
  }
  CHECK(largest_difference(select(x), relu(select.norms[1](select.branches[1](x)))) < 1e-5);
}

TEST_CASE("derivatives of first and second order of the layers for images") {
  manual_seed(5);
  check_derivatives(nn::Conv2d(2, 2, 2, {.padding = 1, .groups = 2}), {1, 2, 3, 3});
  check_derivatives(nn::SqueezeExcitation(2, 1), {2, 2, 2, 3});
  check_derivatives(nn::ConvolutionalBlockAttention(2, 1, 3), {1, 2, 3, 3});
  check_derivatives(nn::SelectiveKernel(2, 2, {1, 3}, 1), {2, 2, 2, 3});
}
