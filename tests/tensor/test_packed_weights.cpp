// Weights that are packed once: the products stay the same, and a change is noticed.
#include <gradus/autograd/linalg.h>
#include <gradus/tensor/create.h>
#include <gradus/autograd/arithmetic.h>
#include <gradus/tensor/packed_weights.h>
#include <gradus/tensor/random.h>
#include <gradus/tests/same_bits.h>

#include <doctest/doctest.h>

#include <thread>

using namespace gradus;
using test::same_bits;

TEST_CASE("packed weights: the same products, also of parts of a weight and of other tensors") {
  manual_seed(1);
  const Tensor x = randn({40, 70}), weight = randn({130, 70}), other = randn({130, 70});
  const Tensor whole = linear(x, weight), part = linear(x, weight.slice(0, 10, 110)),
               across = matmul(x, weight.slice(0, 0, 70)), of_other = linear(x, other);
  const PackedWeights scope({weight, Tensor()});
  for (int round = 0; round < 2; ++round) {
    CHECK(same_bits(linear(x, weight), whole));
    CHECK(same_bits(linear(x, weight.slice(0, 10, 110)), part));
    CHECK(same_bits(matmul(x, weight.slice(0, 0, 70)), across));
    CHECK(same_bits(linear(x, other), of_other));
  }
}

TEST_CASE("packed weights: packed again after a write, and only while the scope lives") {
  manual_seed(2);
  const Tensor x = randn({40, 70});
  Tensor weight = randn({130, 70});
  {
    const PackedWeights scope({weight});
    const Tensor before = linear(x, weight);
    weight.mul_(2);
    CHECK(same_bits(linear(x, weight), before * 2));  // a power of two: exact
    {
      const PackedWeights inner({});
      CHECK(same_bits(linear(x, weight), before * 2));
    }
    weight.mul_(2);
    CHECK(same_bits(linear(x, weight), before * 4));
    std::thread([&] { CHECK(same_bits(linear(x, weight), before * 4)); }).join();
  }
  weight.data<float>()[0] = 1000;  // would not be noticed inside
  CHECK(same_bits(linear(x, weight), linear(x, weight.clone())));
}

TEST_CASE("packed weights: more columns than one pass takes") {
  manual_seed(3);
  const Tensor x = randn({40, 500}), weight = randn({2200, 500});
  const Tensor expected = linear(x, weight);
  const PackedWeights scope({weight});
  CHECK(same_bits(linear(x, weight), expected));
}
