// The speed of a training step of the translator, on random sentences: the layers, the loss and the step
// function that `translate train` uses. Prints one JSON object.
#include "model_options.h"
#include "training.h"
#include "workload.h"

#include <gradus/autograd/profile.h>
#include <gradus/nn/model.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tensor/random.h>
#include <gradus/tensor/safetensors.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <iostream>

namespace {

using namespace translation;
using namespace gradus;
using benchmarks::Workload;

Batch random_batch(const Workload& work) {
  Batch batch;
  batch.source = randint(4, work.vocabulary, {work.batch, work.source});
  batch.lengths = full({work.batch}, work.source, DType::int64);
  batch.previous = randint(4, work.vocabulary, {work.batch, work.target});
  batch.target = randint(4, work.vocabulary, {work.batch, work.target});
  batch.target_tokens = work.batch * work.target;
  return batch;
}

/// Writes all that another program needs to take the same step, and what comes out of it: the weights
/// ("weight/NAME"), the batch ("source", "previous", "target"), "loss", and the gradients ("gradient/NAME").
void save_step(const TranslationModel& model, const Batch& batch, const Workload& work,
               const std::string& path) {
  if (work.dropout != 0) {
    throw Error("save-step", "with dropout " + std::to_string(work.dropout) +
                                 " nobody else can take the same step; add --dropout 0");
  }
  const Tensor loss = model
                          .loss(batch.source, batch.lengths, batch.previous, batch.target,
                                {.label_smoothing = work.label_smoothing})
                          .loss;
  loss.backward();
  NamedTensors tensors{{"source", batch.source},
                       {"previous", batch.previous},
                       {"target", batch.target},
                       {"loss", loss.detach()}};
  for (const auto& [name, parameter] : named_parameters(model.view())) {
    tensors.emplace_back("weight/" + name, parameter.detach());
    tensors.emplace_back("gradient/" + name, parameter.grad().detach());
  }
  save_tensors(path, tensors);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("The speed of a training step of the translator. Prints one JSON object.");
  Workload work;
  std::string step_file, trace_file;
  benchmarks::add_model_options(program, work);
  benchmarks::add_training_options(program, work);
  benchmarks::add_timing_options(program, work);
  program.add_option(
      "--save-step", step_file,
      "Safetensors file for weights, batch, loss and gradients of a step, for libtorch_translation --check");
  program.add_option("--profile", trace_file,
                     "Profiles one more step: a table on standard error, and a Chrome trace in this file");
  return benchmarks::run_program(program, argc, argv, [&](int&) {
    if (work.threads != 0) set_num_threads(work.threads);
    manual_seed(1);
    const std::unique_ptr<TranslationModel> model = make_model(benchmarks::model_options(work));
    const Batch batch = random_batch(work);
    if (!step_file.empty()) save_step(*model, batch, work, step_file);
    Learner learner(*model, {.lr = 1e-3});
    StepResult result;
    const benchmarks::Spread seconds =
        benchmarks::measure(3, work.steps, [&] { result = learner.step(batch, work.label_smoothing, 1); });
    if (!trace_file.empty()) {
      Profile profile;
      learner.step(batch, work.label_smoothing, 1);
      profile.stop();
      std::cerr << profile.table();
      profile.save_trace(trace_file);
    }
    nlohmann::ordered_json line = benchmarks::report(work, num_threads(), seconds);
    line["loss"] = result.loss;
    return line;
  });
}
