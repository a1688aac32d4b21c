#include "workload.h"

#include <sys/resource.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <vector>

namespace benchmarks {

void add_model_options(CLI::App& program, Workload& work) {
  const auto add = [&](const char* names, auto& value, const char* help) {
    return program.add_option(names, value, help)->capture_default_str();
  };
  add("--model", work.model, "Kind of model")->check(CLI::IsMember({"rnn", "gru", "lstm", "transformer"}));
  add("--dim,--embedding", work.dim, "Features of a word; in the Transformer of everything")
      ->check(CLI::PositiveNumber);
  add("--hidden", work.hidden, "Features of a state")->check(CLI::PositiveNumber);
  add("--heads", work.heads, "Heads of the Transformer's attention")->check(CLI::PositiveNumber);
  add("--ffn", work.ffn, "Hidden features of its position-wise networks")->check(CLI::PositiveNumber);
  add("--norm", work.norm, "Where it normalises")->check(CLI::IsMember({"post", "pre"}));
  add("--layers", work.layers, "Layers of encoder and decoder")->check(CLI::PositiveNumber);
  add("--output", work.output, "direct, or deep and tied to the embedding")
      ->check(CLI::IsMember({"direct", "deep"}));
  add("--vocab", work.vocabulary, "Words of each language")->check(CLI::Range(5, 10000000));
  add("--batch", work.batch, "Sentences")->check(CLI::Range(1, 1000000));
  add("--source", work.source, "Positions of a source sentence")->check(CLI::Range(1, 100000));
  add("--target", work.target, "Positions of a target sentence")->check(CLI::Range(1, 100000));
}

void add_training_options(CLI::App& program, Workload& work) {
  program.add_option("--dropout", work.dropout, "Probability of dropout")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  program.add_option("--label-smoothing", work.label_smoothing, "Share spread over all words")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
}

void add_timing_options(CLI::App& program, Workload& work) {
  program.add_option("--steps", work.steps, "Timed steps, after a few untimed ones")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  program.add_option("--threads", work.threads, "Threads; 0 takes the processors there are")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
}

namespace {

/// Multiply-adds of the products of a forward pass.
double recurrent_multiply_adds(const Workload& work) {
  const auto E = static_cast<double>(work.dim), H = static_cast<double>(work.hidden),
             V = static_cast<double>(work.vocabulary), S = static_cast<double>(work.source);
  const auto layers = static_cast<double>(work.layers), gates = static_cast<double>(work.gates());
  const double encoder_word = 2 * (gates * H * (E + H)) + (layers - 1) * 2 * (gates * H * (2 * H + H));
  const double keys = 2 * H * H;
  const double attention = H * H + S * H + S * 2 * H;  // query, scores, context
  const double decoder_word = gates * H * (E + 2 * H + H) + (layers - 1) * gates * H * (H + H);
  const double output = work.output == "deep" ? (3 * H + E) * E + E * V : (3 * H + E) * V;
  const double bridge = 2 * H * layers * H;
  return static_cast<double>(work.batch) *
         (S * (encoder_word + keys) + static_cast<double>(work.target) * (attention + decoder_word + output) +
          bridge);
}

double transformer_multiply_adds(const Workload& work) {
  const auto D = static_cast<double>(work.dim), F = static_cast<double>(work.ffn),
             V = static_cast<double>(work.vocabulary), S = static_cast<double>(work.source),
             T = static_cast<double>(work.target);
  const double network = 2 * D * F;
  const double encoder = S * (4 * D * D + network + 2 * S * D);
  const double decoder = T * (6 * D * D + network + 2 * T * D + 2 * S * D) + S * 2 * D * D;
  return static_cast<double>(work.batch) *
         (static_cast<double>(work.layers) * (encoder + decoder) + T * D * V);
}

}  // namespace

double step_flops(const Workload& work) {
  return 3 * 2 * (work.is_transformer() ? transformer_multiply_adds(work) : recurrent_multiply_adds(work));
}

Spread measure(int untimed, int timed, const std::function<void()>& run) {
  std::vector<double> seconds;
  for (int i = -untimed; i < timed; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (i >= 0) seconds.push_back(elapsed);
  }
  std::sort(seconds.begin(), seconds.end());
  return {seconds[seconds.size() / 2], seconds.front(), seconds.back()};
}

double peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

nlohmann::ordered_json report(const Workload& work, int threads, const Spread& seconds) {
  return {{"model", work.model},
          {"threads", threads},
          {"step_seconds", seconds.median},
          {"step_seconds_min", seconds.min},
          {"step_seconds_max", seconds.max},
          {"tokens_per_second", static_cast<double>(work.batch * work.target) / seconds.median},
          {"gflops", step_flops(work) / seconds.median / 1e9},
          {"peak_rss_mb", peak_memory()}};
}

nlohmann::ordered_json report_decoding(const Workload& work, int threads, const Spread& seconds) {
  return {{"model", work.model},
          {"threads", threads},
          {"batch", work.batch},
          {"decode_seconds", seconds.median},
          {"decode_seconds_min", seconds.min},
          {"decode_seconds_max", seconds.max},
          {"sentences_per_second", static_cast<double>(work.batch) / seconds.median},
          {"peak_rss_mb", peak_memory()}};
}

int run_program(CLI::App& program, int argc, char** argv,
                const std::function<nlohmann::ordered_json(int& exit_code)>& run) {
  try {
    program.parse(argc, argv);
    int exit_code = 0;
    std::cout << run(exit_code).dump() << "\n";
    return exit_code;
  } catch (const CLI::ParseError& problem) {
    return program.exit(problem) == 0 ? 0 : 1;
  } catch (const std::exception& problem) {
    std::cerr << argv[0] << ": " << problem.what() << "\n";
    return 1;
  }
}

}  // namespace benchmarks
