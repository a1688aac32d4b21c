// Models that the tests of models and of loading share.
#pragma once
#include <gradus/nn/linear.h>

namespace gradus::test {

struct Classifier {
  nn::Linear hidden{3, 4};
  nn::Linear out{4, 2};
};

struct TiedModel {
  nn::Linear embedding{3, 5, {.bias = false}};
  nn::Linear out{3, 5};
};

/// A model whose output layer shares the weight of its first.
inline TiedModel tied_model() {
  TiedModel model;
  model.out.weight = model.embedding.weight;
  return model;
}

}  // namespace gradus::test
