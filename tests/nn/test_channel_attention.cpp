#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

using namespace gradus;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

std::vector<std::string> names_of(const ModelView& model) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : state_dict(model)) names.push_back(name);
  return names;
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

TEST_CASE("squeeze and excitation: without its excitation weights it scales by the sigmoid of the bias") {
  manual_seed(6);
  const nn::SqueezeExcitation se(3, 1);
  {
    const no_grad scope;
    Tensor(se.excite.weight).zero_();
    Tensor(se.excite.bias).copy_(tensor({-1, 0, 2}));
  }
  const Tensor y = se(ones({2, 3, 2, 2}));
  const double expected[] = {1 / (1 + std::exp(1.0)), 0.5, 1 / (1 + std::exp(-2.0))};
  const std::vector<double> values = y.to_vector<double>();
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(values[i] == doctest::Approx(expected[i / 4 % 3]));
}

TEST_CASE("channel and spatial attention by hand") {
  // Two channels, means 2 and -1, largest 4 and 1; the network keeps what is positive and hands it on
  // crosswise.
  const Tensor x = tensor({{{{0, 4}}, {{-3, 1}}}});
  const nn::ChannelAttention channel(2, 1);
  const nn::SpatialAttention spatial(1);
  {
    const no_grad scope;
    Tensor(channel.squeeze.weight).copy_(eye(2));
    Tensor(channel.excite.weight).copy_(tensor({{0, 1}, {1, 0}}));
    for (const Tensor& bias : {channel.squeeze.bias, channel.excite.bias}) Tensor(bias).zero_();
    Tensor(spatial.conv.weight).copy_(tensor({{{{2}}, {{-1}}}}));  // 2 mean - largest
  }
  const auto sigmoid_of = [](double v) { return 1 / (1 + std::exp(-v)); };
  const std::vector<double> channels = channel.weights(x).to_vector<double>();
  CHECK(channels[0] == doctest::Approx(sigmoid_of(0 + 1)));
  CHECK(channels[1] == doctest::Approx(sigmoid_of(2 + 4)));
  const std::vector<double> places = spatial.weights(x).to_vector<double>();
  CHECK(places[0] == doctest::Approx(sigmoid_of(2 * -1.5 - 0)));
  CHECK(places[1] == doctest::Approx(sigmoid_of(2 * 2.5 - 4)));
}

TEST_CASE("the weights of a block are what its input is multiplied by") {
  manual_seed(7);
  const Tensor x = randn({2, 4, 3, 5});
  const nn::ConvolutionalBlockAttention block(4, 2, 3);
  CHECK(block.weights(x).shape() == Shape{2, 4, 3, 5});
  CHECK(largest_difference(block(x), x * block.weights(x)) < 1e-6);
}

TEST_CASE("attention over channels: names, empty batches and what it refuses") {
  CHECK(names_of(nn::ConvolutionalBlockAttention(4, 2)) ==
        std::vector<std::string>{"channel.squeeze.weight", "channel.squeeze.bias", "channel.excite.weight",
                                 "channel.excite.bias", "spatial.conv.weight"});
  const nn::SelectiveKernel select(2, 4, {1, 3}, 2);
  const std::vector<std::string> names = names_of(select);
  CHECK(names[0] == "branches.0.weight");
  CHECK(names[1] == "branches.1.weight");
  CHECK(names[2] == "norms.0.weight");
  const Tensor nothing = zeros({0, 4, 3, 3});
  CHECK(nn::SqueezeExcitation(4)(nothing).shape() == nothing.shape());
  CHECK(nn::ConvolutionalBlockAttention(4)(nothing).shape() == nothing.shape());
  CHECK(select(zeros({0, 2, 3, 3})).shape() == nothing.shape());
  CHECK_THROWS_AS(nn::SqueezeExcitation(4, 0), Error);
  CHECK_THROWS_AS(nn::SqueezeExcitation(4)(zeros({1, 3, 2, 2})), Error);
  CHECK_THROWS_AS(nn::SelectiveKernel(2, 2, {}), Error);
  CHECK_THROWS_WITH_AS(nn::SelectiveKernel(2, 2, {2}), doctest::Contains("odd"), Error);
}

TEST_CASE("attention over channels: derivatives of first and second order") {
  manual_seed(5);
  check_derivatives(nn::SqueezeExcitation(2, 1), {2, 2, 2, 3});
  check_derivatives(nn::ConvolutionalBlockAttention(2, 1, 3), {1, 2, 3, 3});
  check_derivatives(nn::SelectiveKernel(2, 2, {1, 3}, 1), {2, 2, 2, 3});
}
