#include <gradus/nn/linear.h>
#include <gradus/nn/model.h>
#include <gradus/nn/sequential.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tests/nn/small_models.h>

#include <doctest/doctest.h>

#include <cstdio>
#include <string>
#include <vector>

using namespace gradus;
using test::Classifier;
using test::tied_model;
using test::TiedModel;

namespace {

std::vector<std::string> names_of(const NamedTensors& tensors) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) names.push_back(name);
  return names;
}
using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("parameters and their names") {
  const Classifier model;
  CHECK(names_of(named_parameters(model)) == Names{"hidden.weight", "hidden.bias", "out.weight", "out.bias"});
  CHECK(parameters(model).size() == 4);
  CHECK(parameters(model)[0].is_same(model.hidden.weight));
  CHECK(num_parameters(model) == 3 * 4 + 4 + 4 * 2 + 2);
}

TEST_CASE("a layer names its parameters, a model completes the names, the longest path wins") {
  struct Outer {
    Classifier inner;
  } model;
  CHECK(model.inner.hidden.weight.name() == "weight");
  set_names(model.inner);
  CHECK(model.inner.hidden.weight.name() == "hidden.weight");
  parameters(model);
  CHECK(model.inner.hidden.weight.name() == "inner.hidden.weight");
  parameters(model.inner);
  CHECK(model.inner.hidden.weight.name() == "inner.hidden.weight");
}

TEST_CASE("a tied parameter is counted once and saved under both names") {
  const TiedModel model = tied_model();
  CHECK(names_of(named_parameters(model)) == Names{"embedding.weight", "out.bias"});
  CHECK(num_parameters(model) == 15 + 5);
  CHECK(names_of(state_dict(model)) == Names{"embedding.weight", "out.weight", "out.bias"});
  CHECK(model.out.weight.name() == "embedding.weight");
}

TEST_CASE("loading copies values and keeps ties") {
  TiedModel model = tied_model();
  NamedTensors state = {
      {"embedding.weight", full({5, 3}, 2)}, {"out.weight", full({5, 3}, 2)}, {"out.bias", ones({5})}};
  load_state_dict(model, state);
  CHECK(model.out.weight.is_same(model.embedding.weight));
  CHECK(model.out.weight.to_vector<double>() == std::vector<double>(15, 2));
  CHECK(model.out.weight.requires_grad());

  state = {{"embedding.weight", full({5, 3}, 3)}, {"out.bias", ones({5})}};  // the tied name may be absent
  CHECK(load_state_dict(model, state).missing.empty());
  CHECK(model.out.weight.to_vector<double>() == std::vector<double>(15, 3));

  state[0].second = full({5, 3}, 4, DType::float64);  // floating-point dtypes are converted
  load_state_dict(model, state);
  CHECK(model.out.weight.dtype() == DType::float32);
  CHECK(model.out.weight.to_vector<double>() == std::vector<double>(15, 4));
}

TEST_CASE("state_dict shares memory and is cut off from the graph") {
  Classifier model;
  NamedTensors state = state_dict(model);
  CHECK(!state[0].second.requires_grad());
  state[1].second.fill_(7);
  CHECK(model.hidden.bias.to_vector<double>() == std::vector<double>(4, 7));
}

TEST_CASE("save and load through a file") {
  const std::string path = "test_model_save.safetensors";
  const Classifier model;
  save(model, path);
  Classifier other;
  load(other, path);
  CHECK(other.hidden.weight.to_vector<double>() == model.hidden.weight.to_vector<double>());
  CHECK(other.out.bias.to_vector<double>() == model.out.bias.to_vector<double>());
  TiedModel wrong;
  CHECK_THROWS_AS(load(wrong, path), Error);
  std::remove(path.c_str());
  CHECK_THROWS_AS(load(other, path), Error);
}

TEST_CASE("a clone is deep and keeps ties, names and requires_grad") {
  TiedModel model = tied_model();
  set_names(model);
  model.out.bias.requires_grad_(false);
  TiedModel copy = clone(model);
  CHECK(copy.out.weight.is_same(copy.embedding.weight));
  CHECK(!copy.out.weight.is_same(model.out.weight));
  CHECK(copy.out.weight.data<float>() != model.out.weight.data<float>());
  CHECK(copy.out.weight.to_vector<double>() == model.out.weight.to_vector<double>());
  CHECK(copy.out.weight.name() == "embedding.weight");
  CHECK(copy.out.weight.requires_grad());
  CHECK(copy.out.weight.is_leaf());
  CHECK(!copy.out.bias.requires_grad());
  CHECK(!copy.embedding.bias.defined());

  const TiedModel precise = clone(model, DType::float64);
  CHECK(precise.out.weight.dtype() == DType::float64);
  CHECK(precise.out.weight.is_same(precise.embedding.weight));
  CHECK(precise.out.weight.to_vector<double>() == model.out.weight.to_vector<double>());
}

TEST_CASE("a clone of containers") {
  struct Model {
    std::vector<nn::Linear> layers;
    std::unique_ptr<nn::Linear> held;
    nn::Sequential net{nn::Linear(2, 3), nn::Relu{}};
    const int width = 5;
  } model;
  model.layers.emplace_back(2, 2);
  model.layers.emplace_back(2, 2);
  model.held = std::make_unique<nn::Linear>(1, 2);
  const Model copy = clone(model);
  const NamedTensors before = state_dict(model), after = state_dict(copy);
  CHECK(names_of(after) == Names{"layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
                                 "held.weight", "held.bias", "net.0.weight", "net.0.bias"});
  REQUIRE(names_of(before) == names_of(after));
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK(before[i].second.to_vector<double>() == after[i].second.to_vector<double>());
    CHECK(before[i].second.data<float>() != after[i].second.data<float>());
  }
}

TEST_CASE("freezing and unfreezing") {
  struct {
    nn::Linear layer{2, 2};
    Buffer table = ones({3});
  } model;
  freeze(model);
  CHECK(!model.layer.weight.requires_grad());
  CHECK(parameters(model).size() == 2);  // a frozen parameter is still one
  freeze(model, false);
  CHECK(model.layer.weight.requires_grad());
  CHECK(!model.table.requires_grad());
}

TEST_CASE("zero_grad drops gradients") {
  nn::Linear layer(2, 2);
  layer.weight.set_grad(ones({2, 2}));
  zero_grad(layer);
  CHECK(!layer.weight.grad().defined());
}
