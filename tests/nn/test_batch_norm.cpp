#include <gradus/gradus.h>

#include <doctest/doctest.h>

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

}  // namespace

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

TEST_CASE("batch normalisation: sequences of batches by the formula, with the unbiased variance") {
  const nn::BatchNorm norm(1, {.eps = 0.5, .momentum = 0.25, .affine = false});
  // Batch 1, 3: mean 2, variance 1, unbiased 2. Batch 0, 0, 6: mean 2, variance 8, unbiased 12.
  const std::vector<double> first = norm(tensor({{1}, {3}})).to_vector<double>();
  CHECK(first[1] == doctest::Approx(1 / std::sqrt(1.5)));
  norm(tensor({{0}, {0}, {6}}));
  CHECK(norm.running_mean.item() == doctest::Approx(0.75 * 0.5 + 0.25 * 2));
  CHECK(norm.running_var.item() == doctest::Approx(0.75 * (0.75 + 0.25 * 2) + 0.25 * 12));
  CHECK(norm.num_batches_tracked.item<std::int64_t>() == 2);
  CHECK(!norm.running_mean.requires_grad());
  CHECK(parameters(norm).empty());
}

TEST_CASE("batch normalisation: state, copies and what it refuses") {
  nn::BatchNorm norm(2);
  std::vector<std::string> names;
  for (const auto& [name, tensor] : state_dict(norm)) names.push_back(name);
  CHECK(names ==
        std::vector<std::string>{"weight", "bias", "running_mean", "running_var", "num_batches_tracked"});
  const nn::BatchNorm copy = clone(norm);
  norm(tensor({{1, 2}, {3, 5}}));
  CHECK(copy.running_mean.to_vector<double>() == std::vector<double>{0, 0});

  // An empty batch is legal, and no batch for the statistics.
  const std::vector<double> before = norm.running_mean.to_vector<double>();
  CHECK(norm(zeros({0, 2, 7})).shape() == Shape{0, 2, 7});
  CHECK(norm.running_mean.to_vector<double>() == before);

  CHECK_THROWS_WITH_AS(norm(zeros({1, 2})), doctest::Contains("more than one value"), Error);
  CHECK(norm.running_mean.to_vector<double>() == before);
  CHECK_THROWS_WITH_AS(norm(zeros({4, 3})), doctest::Contains("(3,)"), Error);
  CHECK_THROWS_WITH_AS(norm(zeros({4})), doctest::Contains("(batch, channels, ...)"), Error);
  CHECK_THROWS_AS(norm(Tensor()), Error);
  CHECK_THROWS_WITH_AS(batch_norm(zeros({2, 2}), {}, {}, {}, {}, false),
                       doctest::Contains("running statistics"), Error);
  CHECK_THROWS_AS(nn::BatchNorm(0), Error);
}
