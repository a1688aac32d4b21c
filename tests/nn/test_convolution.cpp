#include <gradus/gradus.h>
#include <gradus/tests/settings.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

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

TEST_CASE("convolution by hand: the kernel is not turned, and its start has PyTorch's spread") {
  const Tensor x = tensor({{{1, 2, 3, 4}}}), weight = tensor({{{10, 1}}});
  CHECK(conv1d(x, weight, tensor({0.5})).to_vector<double>() == std::vector<double>{12.5, 23.5, 34.5});
  CHECK(conv1d(x, weight, {}, {.stride = 3, .padding = 1}).to_vector<double>() == std::vector<double>{1, 34});
  CHECK(conv1d(x, weight, {}, {.dilation = 2}).to_vector<double>() == std::vector<double>{13, 24});
  CHECK(max_pool1d(x, 2).to_vector<double>() == std::vector<double>{2, 4});
  CHECK(max_pool1d(x - 9, 3, {.stride = 2, .padding = 1}).to_vector<double>() == std::vector<double>{-7, -5});
  CHECK(nn::AvgPool1d(3, {.stride = 2, .padding = 1, .count_include_pad = false})(x).to_vector<double>() ==
        std::vector<double>{1.5, 3});
  CHECK(nn::MaxPool1d(4)(x).to_vector<double>() == std::vector<double>{4});

  manual_seed(8);
  const nn::Conv1d conv(16, 32, 4, {.groups = 2});  // a unit sees 8 channels of 4 places
  const double largest = max(abs(conv.weight)).item();
  CHECK(largest <= 1 / std::sqrt(32.0));
  CHECK(largest > 0.95 / std::sqrt(32.0));
  CHECK(max(abs(conv.bias)).item() <= 1 / std::sqrt(32.0));
}

TEST_CASE("convolution in chunks, tiles and parts gives what whole columns give") {
  manual_seed(9);
  // 16 x 9 rows of 48 windows: 18 rows of windows to a chunk. Twenty samples: two to a part of the weight's
  // gradient.
  struct Case {
    Shape x, weight;
    Conv2dOptions options;
  };
  for (const Case& c :
       {Case{{20, 16, 48, 48}, {4, 16, 3, 3}, {.padding = 1}},
        Case{{1, 16, 70, 30}, {8, 8, 3, 5}, {.stride = Pair(1, 2), .dilation = 2, .groups = 2}},
        Case{{3, 24, 9, 9}, {24, 1, 3, 3}, {.padding = 1, .groups = 24}}}) {
    INFO(to_string(c.x) << " " << to_string(c.weight));
    std::vector<Tensor> leaves;
    for (const Shape& shape : {c.x, c.weight, Shape{c.weight[0]}})
      leaves.push_back(randn(shape, DType::float64).requires_grad_());
    const Tensor fused = conv2d(leaves[0], leaves[1], leaves[2], c.options);
    const Tensor plain = composed::conv2d(leaves[0], leaves[1], leaves[2], c.options);
    CHECK(largest_difference(fused, plain) < 1e-11);
    const Tensor above = randn(fused.shape(), DType::float64);
    const auto gradients = [&](const Tensor& y) {
      return grad(std::span(&y, 1), leaves, std::span(&above, 1), {});
    };
    const std::vector<Tensor> found = gradients(fused), expected = gradients(plain);
    for (std::size_t i = 0; i < leaves.size(); ++i) CHECK(largest_difference(found[i], expected[i]) < 1e-9);
    // Used twice: the second gradient is added to the first.
    const auto again = [&] { return conv2d(leaves[0], leaves[1], leaves[2], c.options); };
    (again() + again()).backward(above);
    for (std::size_t i = 0; i < leaves.size(); ++i)
      CHECK(largest_difference(leaves[i].grad(), expected[i] * 2) < 1e-9);
  }
}

TEST_CASE("convolution: the same on one thread or many, and no columns of the whole batch") {
  manual_seed(10);
  Tensor x = randn({64, 16, 64, 64}).requires_grad_(), weight = randn({16, 16, 3, 3}).requires_grad_();
  const auto run = [&] {
    const Tensor y = conv2d(x, weight, {}, {.padding = 1});
    const std::vector<Tensor> leaves = {x, weight};
    std::vector<Tensor> results = grad(std::span(&y, 1), leaves, std::span(&y, 1), {});
    results.push_back(y.detach());
    return results;
  };
  const MemoryStatistics before = memory_statistics();
  const std::vector<Tensor> many = run();
  // The columns would be nine times x; output, gradients and workspaces are a few times x.
  const std::size_t columns = 9 * static_cast<std::size_t>(x.numel()) * sizeof(float);
  CHECK(memory_statistics().peak_bytes <= std::max(before.peak_bytes, before.used_bytes + columns));
  const test::ThreadsScope scope(1);
  const std::vector<Tensor> one = run();
  for (std::size_t i = 0; i < one.size(); ++i) CHECK(one[i].to_vector<float>() == many[i].to_vector<float>());
}

TEST_CASE("convolution and pooling refuse what does not fit") {
  const Tensor image = zeros({2, 4, 5, 6}), weight = zeros({6, 4, 3, 3});
  const auto refuses = [](auto&& call, const char* text) {
    CHECK_THROWS_WITH_AS(call(), doctest::Contains(text), Error);
  };
  refuses([&] { conv2d(Tensor(), weight); }, "[conv2d]");
  refuses([&] { conv2d(image, Tensor()); }, "the weight must be");
  refuses([&] { conv2d(image[0], weight); }, "(batch, channels, height, width)");
  refuses([&] { conv2d(image.to(DType::int64), weight.to(DType::int64)); }, "floating");
  refuses([&] { conv2d(image, weight.to(DType::float64)); }, "dtype");
  refuses([&] { conv2d(image, weight, zeros({5})); }, "the bias must be");
  refuses([&] { conv2d(image, weight, zeros({6}, DType::float64)); }, "the bias must be");
  refuses([&] { conv2d(image, weight, {}, {.groups = 2}); }, "2 groups");
  refuses([&] { conv2d(image, zeros({5, 2, 1, 1}), {}, {.groups = 2}); }, "do not divide evenly");
  refuses([&] { conv2d(image, weight, {}, {.groups = 0}); }, "0 groups");
  refuses([&] { conv2d(image, weight, {}, {.stride = 0}); }, "stride");
  refuses([&] { conv2d(image, weight, {}, {.padding = -1}); }, "padding");
  refuses([&] { conv2d(image, weight, {}, {.dilation = std::int64_t{1} << 62}); }, "dilation");
  refuses([&] { conv2d(image, weight, {}, {.dilation = 3}); }, "reaches over (7, 7)");
  refuses([&] { conv1d(zeros({1, 2, 2}), zeros({1, 2, 3})); }, "[conv1d]");
  refuses([&] { conv1d(zeros({1, 3, 4}), zeros({1, 2, 3})); }, "3 channels");
  refuses([&] { max_pool2d(image, 0); }, "[max_pool2d] the kernel");
  refuses([&] { max_pool2d(image, 7); }, "larger than the padded image");
  refuses([&] { avg_pool2d(image, 2, {.padding = -1}); }, "[avg_pool2d] the padding");
  refuses([&] { max_pool1d(zeros({1, 2, 3}), 4); }, "[max_pool1d]");
  refuses([&] { avg_pool1d(Tensor(), 2); }, "[avg_pool1d]");
  refuses([&] { adaptive_avg_pool2d(image, 0); }, "positive size");
  refuses([&] { fold(zeros({1, 5, 4}), 3, 2); }, "[fold]");
}

TEST_CASE("convolution as a layer: derivatives of first and second order") {
  manual_seed(5);
  check_derivatives(nn::Conv2d(2, 2, 2, {.padding = 1, .groups = 2}), {1, 2, 3, 3});
  check_derivatives(nn::Conv1d(2, 3, 2, {.stride = Pair(1, 2), .padding = Pair(0, 1)}), {2, 2, 5});
}
