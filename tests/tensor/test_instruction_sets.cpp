// Choosing the instruction set by hand.
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>

#include <doctest/doctest.h>

#include <cstring>

using namespace gradus;

TEST_CASE("instruction sets: baseline runs everywhere, the one in use is supported") {
  CHECK(is_supported(InstructionSet::baseline));
  CHECK(is_supported(instruction_set()));
  CHECK(std::strcmp(name_of(InstructionSet::avx512), "avx512") == 0);
}

TEST_CASE("instruction sets: chosen by hand, and refused where the processor has it not") {
  const InstructionSet before = instruction_set();
  for (const InstructionSet set : all_instruction_sets) {
    if (is_supported(set)) {
      set_instruction_set(set);
      CHECK(instruction_set() == set);
      CHECK(sum(ones({1000}) * 2).item() == 2000);
    } else {
      CHECK_THROWS_AS(set_instruction_set(set), Error);
    }
  }
  set_instruction_set(before);
}

TEST_CASE("instruction sets: sums run in the same order on each") {
  const InstructionSet before = instruction_set();
  std::vector<float> results;
  const Tensor x = linspace(-1, 3, 100'003);
  for (const InstructionSet set : all_instruction_sets) {
    if (!is_supported(set)) continue;
    set_instruction_set(set);
    results.push_back(sum(x).item<float>());
  }
  set_instruction_set(before);
  for (const float result : results) CHECK(result == results[0]);
}
