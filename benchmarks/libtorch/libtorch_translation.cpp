// The counterpart of bench_translation in LibTorch: the same models, the same step, the same options, the
// same JSON object.
//
//   bench_translation ... --save-step FILE    writes a step of ours,
//   libtorch_translation ... --check FILE     takes it again and compares loss and gradients.
#include "model.h"
#include "step_file.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace {

using namespace benchmarks;
using torch::Tensor;

struct Batch {
  Sentences sentences;
  Tensor target;  // (T * B,) int64: what the decoder is to write
};

Batch random_batch(const Workload& work) {
  const auto words = [&](std::int64_t positions) {
    return torch::randint(4, work.vocabulary, {positions, work.batch}, torch::kInt64);
  };
  return {{words(work.source), torch::zeros({work.batch, work.source}, torch::kBool), words(work.target)},
          words(work.target).flatten()};
}

Tensor loss_of(TranslationModel& model, const Batch& batch, double label_smoothing) {
  namespace F = torch::nn::functional;
  return F::cross_entropy(model.logits(batch.sentences).flatten(0, 1), batch.target,
                          F::CrossEntropyFuncOptions().ignore_index(0).label_smoothing(label_smoothing));
}

/// Takes the step in the file and says how far its loss and gradients are from those there; exit code 1 where
/// any of them is further than 1e-4.
nlohmann::ordered_json check(TranslationModel& model, const Workload& work, const std::string& path,
                             int& exit_code) {
  const StepFile file = read_step_file(path);
  for (auto& item : model.named_parameters()) {
    const torch::NoGradGuard scope;
    item.value().copy_(file.at("weight/" + name_in_step_file(item.key())));
  }
  const auto by_position = [&](const char* name) { return file.at(name).t().contiguous(); };
  const Tensor source = by_position("source");
  const Batch batch{
      {source, torch::zeros({source.size(1), source.size(0)}, torch::kBool), by_position("previous")},
      by_position("target").flatten()};
  const Tensor loss = loss_of(model, batch, work.label_smoothing);
  loss.backward();

  nlohmann::ordered_json result{{"loss", relative_difference(loss.detach(), file.at("loss"))}};
  double largest = result["loss"];
  std::size_t weights = 0;
  for (const auto& item : file) weights += item.first.rfind("weight/", 0) == 0;
  for (const auto& item : model.named_parameters()) {
    const double difference =
        relative_difference(item.value().grad(), file.at("gradient/" + name_in_step_file(item.key())));
    result[item.key()] = difference;
    largest = std::max(largest, difference);
  }
  if (model.named_parameters().size() != weights) {
    throw std::runtime_error("the models have not the same number of parameters");
  }
  exit_code = largest <= 1e-4 ? 0 : 1;
  return {{"largest_relative_difference", largest}, {"relative_differences", result}};
}

/// Forward, backward, clipping of the norm at 1, Adam.
class Learner {
 public:
  explicit Learner(TranslationModel& model)
      : model_(model), adam_(model.parameters(), torch::optim::AdamOptions(1e-3)) {}
  double step(const Batch& batch, double label_smoothing) {
    adam_.zero_grad();
    const Tensor loss = loss_of(model_, batch, label_smoothing);
    loss.backward();
    torch::nn::utils::clip_grad_norm_(model_.parameters(), 1);
    adam_.step();
    return loss.item<double>();
  }

 private:
  TranslationModel& model_;
  torch::optim::Adam adam_;
};

void draw_embeddings(TranslationModel& model, double std) {
  const torch::NoGradGuard guard;
  for (const auto& parameter : model.named_parameters()) {
    if (parameter.key().find("embedding") != std::string::npos) parameter.value().normal_(0, std);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("The speed of a training step of the translator in LibTorch. Prints one JSON object.");
  Workload work;
  std::string step_file;
  double embedding_std = 0;
  add_model_options(program, work);
  add_training_options(program, work);
  add_timing_options(program, work);
  program.add_option("--check", step_file,
                     "Step that bench_translation --save-step has written: compare with it");
  program
      .add_option("--embedding-std", embedding_std,
                  "Draws the embeddings from a normal distribution of this width, as LibTorch does with 1. The "
                  "Transformer's softmax is then saturated and computes with subnormal numbers, which are slow")
      ->check(CLI::PositiveNumber);
  return run_program(program, argc, argv, [&](int& exit_code) {
    if (work.threads != 0) torch::set_num_threads(work.threads);
    torch::manual_seed(1);
    const std::unique_ptr<TranslationModel> model = make_model(work);
    if (!step_file.empty()) return check(*model, work, step_file, exit_code);
    if (embedding_std > 0) draw_embeddings(*model, embedding_std);
    const Batch batch = random_batch(work);
    Learner learner(*model);
    double loss = 0;
    const Spread seconds = measure(3, work.steps, [&] { loss = learner.step(batch, work.label_smoothing); });
    nlohmann::ordered_json line = report(work, torch::get_num_threads(), seconds);
    line["loss"] = loss;
    return line;
  });
}
