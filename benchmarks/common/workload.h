// What the benchmarks of the translator share: the work they do, as options, and how they report its speed.
// Free of the framework, so that the counterparts in other frameworks and the arithmetic floor do just the
// same.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace benchmarks {

/// A training step of a translator on random sentences, all of the same length.
struct Workload {
  std::string model = "gru";      // rnn, gru, lstm, transformer
  std::string output = "direct";  // of the recurrent models: direct or deep
  std::string norm = "post";      // of the Transformer: post or pre
  std::int64_t layers = 1;        // of the encoder, and of the decoder
  std::int64_t dim = 256;         // features of a word; in the Transformer of everything
  std::int64_t hidden = 512;      // features of a recurrent state
  std::int64_t heads = 8;
  std::int64_t ffn = 1024;
  std::int64_t vocabulary = 8000;         // of each language
  std::int64_t batch = 128;               // sentences
  std::int64_t source = 16, target = 16;  // positions of a sentence
  double dropout = 0, label_smoothing = 0;
  int steps = 8;    // timed ones, after three untimed
  int threads = 0;  // 0: as many as there are processors

  bool is_transformer() const { return model == "transformer"; }
  std::int64_t gates() const { return model == "rnn" ? 1 : model == "gru" ? 3 : 4; }
};

/// Declares the options of the model and of its sentences, those of training apart. The workload must outlive
/// the parsing.
void add_model_options(CLI::App& program, Workload& work);
/// Dropout, label smoothing and `--steps`, `--threads`.
void add_training_options(CLI::App& program, Workload& work);
void add_timing_options(CLI::App& program, Workload& work);

/// Floating-point operations of the matrix products of one step: two for each multiply-add, the backward pass
/// twice the forward.
double step_flops(const Workload& work);

/// How long the repetitions of something took, in seconds.
struct Spread {
  double median, min, max;
};
/// Runs it `untimed` times, then `timed` times, each of which is measured.
Spread measure(int untimed, int timed, const std::function<void()>& run);

/// The most memory that this process has held, in MB.
double peak_memory();

/// What every program reports of training steps: model, threads, step_seconds and its spread,
/// tokens_per_second, gflops, peak_rss_mb.
nlohmann::ordered_json report(const Workload& work, int threads, const Spread& seconds);

/// What every program reports of decoding a batch: model, threads, batch, decode_seconds and its spread,
/// sentences_per_second, peak_rss_mb.
nlohmann::ordered_json report_decoding(const Workload& work, int threads, const Spread& seconds);

/// main() of a benchmark: parses, runs, prints the JSON object that `run` gives as one line. Problems go to
/// standard error, with exit code 1. `run` may set the exit code.
int run_program(CLI::App& program, int argc, char** argv,
                const std::function<nlohmann::ordered_json(int& exit_code)>& run);

}  // namespace benchmarks
