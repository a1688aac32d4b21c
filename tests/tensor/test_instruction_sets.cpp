// Choosing the instruction set by hand.
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tests/settings.h>

#include <doctest/doctest.h>

#include <cstring>

using namespace gradus;

TEST_CASE("instruction sets: baseline runs everywhere, the one in use is supported") {
  CHECK(is_supported(InstructionSet::baseline));
  CHECK(is_supported(instruction_set()));
  CHECK(std::strcmp(name_of(InstructionSet::avx512), "avx512") == 0);
}

TEST_CASE("instruction sets: chosen by hand, and refused where the processor has it not") {
  for (const InstructionSet set : all_instruction_sets) {
    if (is_supported(set)) {
      const test::InstructionSetScope scope(set);
      CHECK(instruction_set() == set);
      CHECK(sum(ones({1000}) * 2).item() == 2000);
    } else {
      CHECK_THROWS_AS(set_instruction_set(set), Error);
    }
  }
}

TEST_CASE("instruction sets: sums run in the same order on each") {
  std::vector<float> results;
  const Tensor x = linspace(-1, 3, 100'003);
  test::on_every_instruction_set([&] { results.push_back(sum(x).item<float>()); });
  for (const float result : results) CHECK(result == results[0]);
}
