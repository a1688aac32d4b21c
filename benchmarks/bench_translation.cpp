// The speed of a training step of the translator, on random sentences: the layers, the loss and the step
// function that `translate train` uses. Prints one JSON object.
#include "training.h"

#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tensor/random.h>

#include <sys/resource.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>

namespace {

using namespace translation;
using namespace gradus;

struct Sizes {
  std::int64_t vocabulary = 8000, batch = 128, source = 16, target = 16;
};

Batch random_batch(const Sizes& sizes) {
  Batch batch;
  batch.source = randint(4, sizes.vocabulary, {sizes.batch, sizes.source});
  batch.lengths = full({sizes.batch}, sizes.source, DType::int64);
  batch.previous = randint(4, sizes.vocabulary, {sizes.batch, sizes.target});
  batch.target = randint(4, sizes.vocabulary, {sizes.batch, sizes.target});
  batch.target_tokens = sizes.batch * sizes.target;
  return batch;
}

/// Multiply-adds of the products of a forward pass.
double recurrent_multiply_adds(const ModelOptions& model, const Sizes& sizes) {
  const auto E = static_cast<double>(model.dim), H = static_cast<double>(model.hidden);
  const auto V = static_cast<double>(sizes.vocabulary), S = static_cast<double>(sizes.source);
  const double layers = model.layers;
  const double gates = model.kind == ModelKind::rnn ? 1 : model.kind == ModelKind::gru ? 3 : 4;
  const double encoder_word = 2 * (gates * H * (E + H)) + (layers - 1) * 2 * (gates * H * (2 * H + H));
  const double keys = model.attention ? 2 * H * H : 0;
  double target_word = gates * H * (E + 2 * H + H) + (layers - 1) * gates * H * (H + H);
  if (model.attention) target_word += H * H + S * H + S * 2 * H;  // query, scores, context
  target_word += model.output == OutputLayer::deep ? (3 * H + E) * E + E * V : (3 * H + E) * V;
  const double bridge = 2 * H * layers * H;
  return static_cast<double>(sizes.batch) *
         (S * (encoder_word + keys) + static_cast<double>(sizes.target) * target_word + bridge);
}

double transformer_multiply_adds(const ModelOptions& model, const Sizes& sizes) {
  const auto D = static_cast<double>(model.dim), F = static_cast<double>(model.ffn);
  const auto V = static_cast<double>(sizes.vocabulary), S = static_cast<double>(sizes.source),
             T = static_cast<double>(sizes.target);
  const double network = (model.feed_forward == nn::FeedForwardKind::swiglu ? 3 : 2) * D * F;
  const double encoder = S * (4 * D * D + network + 2 * S * D);
  const double decoder = T * (6 * D * D + network + 2 * T * D + 2 * S * D) + S * 2 * D * D;
  return static_cast<double>(sizes.batch) *
         (static_cast<double>(model.layers) * (encoder + decoder) + T * D * V);
}

/// Floating-point operations of the products of one step: two for each multiply-add, the backward pass twice
/// the forward.
double step_flops(const ModelOptions& model, const Sizes& sizes) {
  return 3 * 2 *
         (model.kind == ModelKind::transformer ? transformer_multiply_adds(model, sizes)
                                               : recurrent_multiply_adds(model, sizes));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("The speed of a training step of the translator. Prints one JSON object.");
  ModelOptions model_options{.dim = 256, .dropout = 0, .hidden = 512, .heads = 8};
  Sizes sizes;
  std::string model_name = "gru", output = "direct", norm = "post";
  double label_smoothing = 0;
  int steps = 8, threads = 0;
  program.add_option("--model", model_name, "Kind of model")
      ->check(CLI::IsMember({"rnn", "gru", "lstm", "transformer"}))
      ->capture_default_str();
  program
      .add_option("--dim,--embedding", model_options.dim,
                  "Features of a word; in the Transformer of everything")
      ->capture_default_str();
  program.add_option("--hidden", model_options.hidden, "Features of a state")->capture_default_str();
  program.add_option("--heads", model_options.heads, "Heads of the Transformer's attention")
      ->capture_default_str();
  program.add_option("--ffn", model_options.ffn, "Hidden features of its position-wise networks")
      ->capture_default_str();
  program.add_option("--norm", norm, "Where it normalises")
      ->check(CLI::IsMember({"post", "pre"}))
      ->capture_default_str();
  program.add_option("--layers", model_options.layers, "Layers of encoder and decoder")
      ->capture_default_str();
  program.add_option("--vocab", sizes.vocabulary, "Words of each language")
      ->check(CLI::Range(5, 10000000))
      ->capture_default_str();
  program.add_option("--batch", sizes.batch, "Sentences")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  program.add_option("--source", sizes.source, "Positions of a source sentence")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  program.add_option("--target", sizes.target, "Positions of a target sentence")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  program.add_option("--dropout", model_options.dropout, "Probability of dropout")->capture_default_str();
  program.add_option("--label-smoothing", label_smoothing, "Share spread over all words")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  program.add_option("--output", output, "direct, or deep and tied to the embedding")
      ->check(CLI::IsMember({"direct", "deep"}))
      ->capture_default_str();
  program.add_option("--steps", steps, "Timed steps, after three untimed ones")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  program.add_option("--threads", threads, "Threads; 0 takes the processors there are")
      ->capture_default_str();
  try {
    program.parse(argc, argv);
    if (threads != 0) set_num_threads(threads);
    model_options.source_vocabulary = model_options.target_vocabulary = sizes.vocabulary;
    model_options.output = output == "deep" ? OutputLayer::deep : OutputLayer::direct;
    model_options.kind = model_kind_named(model_name);
    model_options.norm = nn::norm_placement_named(norm);
    manual_seed(1);
    const std::unique_ptr<TranslationModel> model = make_model(model_options);
    Learner learner(*model, 1e-3);
    const Batch batch = random_batch(sizes);
    std::vector<double> seconds;
    StepResult result;
    for (int step = -3; step < steps; ++step) {
      const auto start = std::chrono::steady_clock::now();
      result = learner.step(batch, label_smoothing, 1);
      const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      if (step >= 0) seconds.push_back(elapsed);
    }
    std::sort(seconds.begin(), seconds.end());
    const double median = seconds[seconds.size() / 2];
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::cout << nlohmann::ordered_json{{"model", model_name},
                                        {"threads", num_threads()},
                                        {"step_seconds", median},
                                        {"tokens_per_second",
                                         static_cast<double>(batch.target_tokens) / median},
                                        {"gflops", step_flops(model_options, sizes) / median / 1e9},
                                        {"peak_rss_mb", static_cast<double>(usage.ru_maxrss) / 1024},
                                        {"loss", result.loss}}
                     .dump()
              << "\n";
  } catch (const CLI::ParseError& problem) {
    return program.exit(problem) == 0 ? 0 : 1;
  } catch (const std::exception& problem) {
    std::cerr << "bench_translation: " << problem.what() << "\n";
    return 1;
  }
  return 0;
}
