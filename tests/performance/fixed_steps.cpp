// Steps of fixed size for counting instructions: `fixed_steps KIND` warms up, then runs the steps of that
// kind inside measured_steps(), the function that callgrind is told to look at. Without an argument it prints
// what the count depends on, and fails where the processor has no AVX2.
#include "training.h"

#include <gradus/gradus.h>
#include <gradus/tensor/blas.h>
#include <gradus/tensor/kernels/dispatch.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>

using namespace gradus;

namespace {

using Step = std::function<void()>;

/// A training step of the translator: forward, backward, clipping, Adam.
Step training_step(translation::ModelKind kind) {
  translation::Batch batch;
  batch.source = randint(4, 200, {8, 9});
  batch.lengths = full({8}, 9, DType::int64);
  batch.previous = randint(4, 300, {8, 11});
  batch.target = randint(4, 300, {8, 11});
  const std::shared_ptr<translation::TranslationModel> model =
      translation::make_model({.kind = kind,
                               .source_vocabulary = 200,
                               .target_vocabulary = 300,
                               .dim = 32,
                               .dropout = 0.1,
                               .hidden = 48,
                               .ffn = 64});
  const auto learner =
      std::make_shared<translation::Learner>(*model, translation::LearnerOptions{.lr = 1e-3});
  return [batch, model, learner] { learner->step(batch, 0.1, 1); };
}

/// A hundred rounds of what costs hardly more than its overhead.
Step small_operations(bool recorded) {
  const Tensor a = full({4, 8}, 0.5).requires_grad_(recorded), b = full({8}, 0.25).requires_grad_(recorded);
  return [a, b, recorded] {
    for (int round = 0; round < 100; ++round) {
      const Tensor y = sum(softmax(tanh(a * b + a).transpose(0, 1).reshape({4, 8}), -1) - b);
      if (recorded) y.backward();
    }
  };
}

const std::map<std::string, std::function<Step()>> kinds = {
    {"gru_step", [] { return training_step(translation::ModelKind::gru); }},
    {"transformer_step", [] { return training_step(translation::ModelKind::transformer); }},
    {"small_recorded", [] { return small_operations(true); }},
    {"small_unrecorded", [] { return small_operations(false); }},
};

}  // namespace

/// Three steps; callgrind finds the function by its name.
extern "C" [[gnu::noinline]] void measured_steps(const Step& step) {
  for (int i = 0; i < 3; ++i) step();
}

int main(int argc, char** argv) {
  if (argc < 2) {
    if (!is_supported(InstructionSet::avx2)) return 1;
    const std::string blas = blas_description();
    std::printf("GCC %d.%d, %s\n", __GNUC__, __GNUC_MINOR__, blas.substr(0, blas.find(',')).c_str());
    return 0;
  }
  const auto kind = kinds.find(argv[1]);
  if (kind == kinds.end()) {
    std::fprintf(stderr, "fixed_steps: there is no kind '%s'\n", argv[1]);
    return 1;
  }
  set_num_threads(1);
  manual_seed(1);
  const Step step = kind->second();
  for (int i = 0; i < 3; ++i) step();  // caches fill, the optimiser makes its state
  measured_steps(step);
  return 0;
}
