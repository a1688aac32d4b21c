#include <gradus/autograd/modes.h>
#include <gradus/nn/nn.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/random.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace gradus;

namespace {

void check_close(const Tensor& got, const std::vector<double>& expected) {
  const std::vector<double> values = got.to_vector<double>();
  REQUIRE(values.size() == expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    CHECK(values[i] == doctest::Approx(expected[i]).epsilon(1e-5));
  }
}

}  // namespace

TEST_CASE("Linear") {
  nn::Linear layer(3, 2);
  CHECK(layer.weight.shape() == Shape{2, 3});
  CHECK(layer.bias.shape() == Shape{2});
  CHECK(layer.weight.requires_grad());
  load_state_dict(layer, {{"weight", tensor({{1, 2, 3}, {4, 5, 6}})}, {"bias", tensor({0.5, -1})}});
  check_close(layer(tensor({{1, 0, -1}, {2, 1, 0}})), {-1.5, -3, 4.5, 12});
  CHECK(layer(zeros({5, 4, 3})).shape() == Shape{5, 4, 2});

  const nn::Linear without(3, 2, {.bias = false});
  CHECK(!without.bias.defined());
  CHECK(parameters(without).size() == 1);
  CHECK_THROWS_AS(nn::Linear(0, 2), Error);
  CHECK_THROWS_AS(layer(zeros({2, 4})), Error);
}

TEST_CASE("Linear starts within 1 / sqrt(in_features)") {
  const nn::Linear layer(100, 50);
  for (const Tensor& tensor : parameters(layer)) {
    double largest = 0;
    for (double v : tensor.to_vector<double>()) largest = std::max(largest, std::fabs(v));
    CHECK(largest <= 0.1);
    CHECK(largest > 0.08);
  }
}

TEST_CASE("Embedding") {
  nn::Embedding table(4, 2, {.padding_idx = 1});
  check_close(table.weight[1], {0, 0});
  CHECK(table.weight.is_leaf());
  load_state_dict(table, {{"weight", tensor({{1, 2}, {3, 4}, {5, 6}, {7, 8}})}});
  const Tensor indices = tensor({{0, 1}, {3, 0}}, DType::int64);
  Tensor rows = table(indices);
  CHECK(rows.shape() == Shape{2, 2, 2});
  check_close(rows, {1, 2, 3, 4, 7, 8, 1, 2});
  rows.backward(ones({2, 2, 2}));
  check_close(table.weight.grad(), {2, 2, 0, 0, 0, 0, 1, 1});  // the padding row gets none

  CHECK(nn::Embedding(4, 2, {.padding_idx = -1}).padding_idx == 3);
  CHECK_THROWS_AS(nn::Embedding(4, 2, {.padding_idx = 4}), Error);
  CHECK_THROWS_AS(nn::Embedding(0, 2), Error);
  CHECK_THROWS_AS(table(tensor({4}, DType::int64)), Error);
}

TEST_CASE("the sinusoid table") {
  const Tensor table = nn::sinusoid_table(3, 4, DType::float64);
  check_close(table, {0, 1, 0, 1, std::sin(1.0), std::cos(1.0), std::sin(0.01), std::cos(0.01), std::sin(2.0),
                      std::cos(2.0), std::sin(0.02), std::cos(0.02)});
  CHECK(nn::sinusoid_table(2, 3).shape() == Shape{2, 3});
}

TEST_CASE("Dropout") {
  manual_seed(3);
  const nn::Dropout dropout(0.25);
  const Tensor x = ones({10000});
  {
    evaluating scope;
    CHECK(dropout(x).to_vector<double>() == std::vector<double>(10000, 1));
  }
  double kept = 0;
  for (double v : dropout(x).to_vector<double>()) {
    const bool scaled = v == doctest::Approx(1 / 0.75);
    CHECK((v == 0 || scaled));
    kept += scaled;
  }
  CHECK(kept == doctest::Approx(7500).epsilon(0.03));
  CHECK_THROWS_AS(nn::Dropout(1.5), Error);
}

TEST_CASE("LayerNorm") {
  nn::LayerNorm norm(2, {.eps = 0});
  check_close(norm(tensor({{1, 3}, {10, 4}})), {-1, 1, 1, -1});
  load_state_dict(norm, {{"weight", tensor({2, 3})}, {"bias", tensor({1, 0})}});
  check_close(norm(tensor({{1, 3}})), {-1, 3});

  const nn::LayerNorm plain(Shape{2, 2}, {.eps = 0, .affine = false});
  CHECK(parameters(plain).empty());
  check_close(plain(tensor({{{1, 1}, {3, 3}}})), {-1, -1, 1, 1});
  CHECK_THROWS_AS(nn::LayerNorm(0), Error);
}

TEST_CASE("Sequential") {
  nn::Sequential net{nn::Linear(2, 2), nn::Relu{}, nn::Linear(2, 1)};
  CHECK(net.size() == 3);
  const NamedTensors state = state_dict(net);
  REQUIRE(state.size() == 4);
  CHECK(state[0].first == "0.weight");
  CHECK(state[3].first == "2.bias");
  load_state_dict(net, {{"0.weight", tensor({{1, 0}, {0, 1}})},
                        {"0.bias", zeros({2})},
                        {"2.weight", tensor({{1, 10}})},
                        {"2.bias", tensor({0.5})}});
  check_close(net(tensor({{1, -2}, {3, 4}})), {1.5, 43.5});
  check_close(net[0](tensor({{1, -2}})), {1, -2});

  net.add(nn::Tanh{});
  check_close(net(tensor({{0, 0}})), {std::tanh(0.5)});

  const nn::Sequential copy = clone(net);
  check_close(copy(tensor({{0, 0}})), {std::tanh(0.5)});
  CHECK(!parameters(copy)[0].is_same(parameters(net)[0]));
  static_assert(!std::is_copy_constructible_v<nn::Sequential>);
}

TEST_CASE("sequences in sequences, and models of the user's in them") {
  struct Doubled {
    nn::Linear inner{2, 2};
    Tensor operator()(const Tensor& x) const { return inner(inner(x)); }
  };
  const nn::Sequential net{nn::Sequential{nn::Linear(2, 2), nn::Relu{}}, Doubled()};
  std::vector<std::string> names;
  for (const auto& [name, tensor] : named_parameters(net)) names.push_back(name);
  CHECK(names == std::vector<std::string>{"0.0.weight", "0.0.bias", "1.inner.weight", "1.inner.bias"});
  CHECK(net(zeros({3, 2})).shape() == Shape{3, 2});
}

TEST_CASE("activations") {
  const Tensor x = tensor({-1, 0, 2});
  check_close(nn::Relu{}(x), {0, 0, 2});
  check_close(nn::LeakyRelu{0.5}(x), {-0.5, 0, 2});
  check_close(nn::Tanh{}(x), {std::tanh(-1.0), 0, std::tanh(2.0)});
  check_close(nn::Sigmoid{}(x), {1 / (1 + std::exp(1.0)), 0.5, 1 / (1 + std::exp(-2.0))});
  check_close(nn::Silu{}(x), {-1 / (1 + std::exp(1.0)), 0, 2 / (1 + std::exp(-2.0))});
  check_close(nn::Gelu{}(x), {-0.5 * (1 + std::erf(-std::sqrt(0.5))), 0, 1 + std::erf(std::sqrt(2.0))});
  check_close(nn::Softplus{}(x), {std::log1p(std::exp(-1.0)), std::log(2.0), std::log1p(std::exp(2.0))});
  check_close(nn::Softmax{}(tensor({0, 0})), {0.5, 0.5});
}

TEST_CASE("tied weights collect both gradients") {
  nn::Embedding embedding(3, 2);
  nn::Linear out(2, 3, {.bias = false});
  out.weight = embedding.weight;
  load_state_dict(embedding, {{"weight", tensor({{1, 2}, {3, 4}, {5, 6}})}});
  // logits = e0 W^T for the row e0 of W: d sum / dW is e0 in every row, and the sum of all rows once more in
  // row 0
  out(embedding(tensor({0}, DType::int64))).backward(ones({1, 3}));
  check_close(embedding.weight.grad(), {1 + 9, 2 + 12, 1, 2, 1, 2});
}
