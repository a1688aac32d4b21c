#include <gradus/nn/linear.h>
#include <gradus/nn/model.h>
#include <gradus/nn/sequential.h>
#include <gradus/nn/summary.h>
#include <gradus/tensor/create.h>

#include <doctest/doctest.h>

using namespace gradus;

namespace {

struct Net {
  nn::Linear hidden{784, 128};
  nn::Linear out{128, 10};
};

struct Small {
  Tensor scale = ones({});
  nn::Linear first{3, 4, {.bias = false}};
  nn::Linear second{3, 4, {.bias = false}};
  Buffer table = zeros({2, 2});
};

}  // namespace

TEST_CASE("summary of a classifier") {
  Net net;
  net.out.bias.requires_grad_(false);
  const std::string text = summary(net);
  CHECK(text.substr(text.find('\n')) ==
        "\n"
        "layer   type        name    shape       parameters\n"
        "hidden  nn::Linear  weight  (128, 784)     100,352\n"
        "                    bias    (128,)             128\n"
        "out     nn::Linear  weight  (10, 128)        1,280\n"
        "                    bias    (10,)               10  frozen\n"
        "101,770 parameters (101,760 trained, 10 frozen), 407,080 bytes\n");
  CHECK(text.substr(0, text.find('\n')).ends_with("Net"));
}

TEST_CASE("summary of ties, buffers and a model's own tensors") {
  Small small;
  small.scale.requires_grad_();
  small.second.weight = small.first.weight;
  const std::string text = summary(small);
  CHECK(text.find("scale   ()") != std::string::npos);
  CHECK(text.find("is first.weight\n") != std::string::npos);
  CHECK(text.find("table   (2, 2)           4  buffer\n") != std::string::npos);
  CHECK(text.find("\n13 parameters (13 trained, 0 frozen), 4 elements in buffers, 68 bytes\n") !=
        std::string::npos);
}

TEST_CASE("summary of a sequence and of nothing") {
  const nn::Sequential net{nn::Linear(2, 3), nn::Relu{}, nn::Linear(3, 1)};
  const std::string text = summary(net);
  CHECK(text.starts_with("nn::Sequential\n"));
  CHECK(text.find("2      nn::Linear  weight  (1, 3)") != std::string::npos);
  CHECK(summary(nn::Relu{}).find("0 parameters") != std::string::npos);
}
