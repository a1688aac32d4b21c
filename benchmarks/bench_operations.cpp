// How fast operations are: what the small ones cost beside their arithmetic, how fast the large ones run,
// what small training steps take, and how attention grows with its length.
//
//   build/release/bin/bench_operations                              medians of seven repetitions
//   build/release/bin/bench_operations --benchmark_filter=add_8     some of them
//   build/release/bin/bench_operations --threads 2                  on two threads; one is the default
#include <gradus/gradus.h>

#include <benchmark/benchmark.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <string>
#include <vector>

using namespace gradus;

namespace {

// --- overhead ---

// An addition of eight numbers: nearly all of its time is overhead.
void add_8_unrecorded(benchmark::State& state) {
  const Tensor a = ones({8}), b = ones({8});
  for (auto _ : state) benchmark::DoNotOptimize(a + b);
}
void add_8_recorded(benchmark::State& state) {
  const Tensor a = ones({8}).requires_grad_(), b = ones({8});
  for (auto _ : state) benchmark::DoNotOptimize(a + b);
}

/// Ten products in a row of 8 numbers, forward and backward.
void chain_of_10(benchmark::State& state) {
  Tensor x = ones({8}).requires_grad_();
  const Tensor factor = ones({8}), gradient = ones({8});
  for (auto _ : state) {
    Tensor y = x;
    for (int i = 0; i < 10; ++i) y = y * factor;
    benchmark::DoNotOptimize(grad(y, x, gradient));
  }
}

// --- one pass over large tensors ---

/// Forward over (1024, 1024) float32. Bytes are those of the tensors read and written, the result's size told
/// by `results`.
template <class Operation>
void pass_over_1024(benchmark::State& state, Operation operation) {
  const Tensor x = randn({1024, 1024});
  std::int64_t results = 0;
  for (auto _ : state) {
    const Tensor y = operation(x);
    results = y.numel();
    benchmark::DoNotOptimize(y);
  }
  state.SetBytesProcessed(state.iterations() * (x.numel() + results) *
                          static_cast<std::int64_t>(sizeof(float)));
}

// --- products and training steps ---

/// (64, 64) with (64, 64), forward and backward to both.
void matmul_64(benchmark::State& state) {
  const std::vector<Tensor> operands{randn({64, 64}).requires_grad_(), randn({64, 64}).requires_grad_()};
  const std::vector<Tensor> gradient{ones({64, 64})};
  for (auto _ : state) {
    const std::vector<Tensor> product{matmul(operands[0], operands[1])};
    benchmark::DoNotOptimize(grad(product, operands, gradient));
  }
}

struct Perceptron {
  nn::Linear hidden{784, 128};
  nn::Linear out{128, 10};
  Tensor operator()(const Tensor& x) const { return out(relu(hidden(x))); }
};

/// A training step of a perceptron 784-128-10 on a batch of 64: forward, backward, SGD with momentum.
void perceptron_step(benchmark::State& state) {
  const Perceptron model;
  const Tensor images = randn({64, 784}), labels = randint(0, 10, {64});
  optim::SGD sgd{parameters(model), {.lr = 1e-3, .momentum = 0.9}};
  for (auto _ : state) {
    sgd.zero_grad();
    cross_entropy(model(images), labels).backward();
    sgd.step();
  }
}

/// Attention of one head of 64 features over as many positions as the argument says, forward; in a window
/// each query sees 128 positions to either side.
void attention(benchmark::State& state, bool windowed) {
  const std::int64_t positions = state.range(0);
  const Tensor query = randn({1, 1, positions, 64}), key = randn({1, 1, positions, 64}),
               value = randn({1, 1, positions, 64});
  ScaledDotProductOptions options;
  if (windowed) options.window = 128;
  for (auto _ : state) benchmark::DoNotOptimize(scaled_dot_product_attention(query, key, value, options));
}

// --- the list ---

/// Prints the median of each, without the settings behind its name.
class Medians : public benchmark::ConsoleReporter {
 public:
  Medians() : ConsoleReporter(isatty(STDOUT_FILENO) ? OO_Defaults : OO_Tabular) {}

 private:
  void ReportRuns(const std::vector<Run>& runs) override {
    for (Run run : runs) {
      if (run.aggregate_name != "median") continue;
      const benchmark::BenchmarkName name = run.run_name;
      run.run_name = {};
      run.run_name.function_name = name.function_name + (name.args.empty() ? "" : "/" + name.args);
      ConsoleReporter::ReportRuns({run});
    }
  }
};

template <class Operation>
void add_pass(const char* name, Operation operation) {
  const auto run = [operation](benchmark::State& state) { pass_over_1024(state, operation); };
  benchmark::RegisterBenchmark(name, run)
      ->Unit(benchmark::kMicrosecond)
      ->UseRealTime()
      ->MinTime(0.1)
      ->Repetitions(7);
}

void add_cases() {
  for (auto* one : {
           benchmark::RegisterBenchmark("add_8_unrecorded", add_8_unrecorded),
           benchmark::RegisterBenchmark("add_8_recorded", add_8_recorded),
           benchmark::RegisterBenchmark("chain_of_10", chain_of_10),
           benchmark::RegisterBenchmark("matmul_64", matmul_64),
           benchmark::RegisterBenchmark("perceptron_step", perceptron_step),
       }) {
    one->UseRealTime()->MinTime(0.1)->Repetitions(7);
  }
  const Tensor other = randn({1024, 1024});
  add_pass("exp_1024", [](const Tensor& x) { return exp(x); });
  add_pass("tanh_1024", [](const Tensor& x) { return tanh(x); });
  add_pass("softmax_1024", [](const Tensor& x) { return softmax(x, -1); });
  add_pass("layer_norm_1024", [](const Tensor& x) { return layer_norm(x, {1024}); });
  add_pass("dropout_1024", [](const Tensor& x) { return dropout(x, 0.1); });
  add_pass("transposed_copy_1024", [](const Tensor& x) { return x.transpose(0, 1).contiguous(); });
  add_pass("add_1024", [other](const Tensor& x) { return x + other; });
  add_pass("sum_of_rows_1024", [](const Tensor& x) { return sum(x, {0}); });
  for (const bool windowed : {false, true}) {
    benchmark::RegisterBenchmark(windowed ? "attention_window_256" : "attention_full",
                                 [windowed](benchmark::State& state) { attention(state, windowed); })
        ->RangeMultiplier(2)
        ->Range(1 << 10, 1 << 14)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime()
        ->MinTime(0.05)
        ->Repetitions(3);
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);  // takes its own options out
  CLI::App program(
      "How fast operations are. Options of Google Benchmark, --benchmark_filter and others, work too.");
  int threads = 1;
  program.add_option("--threads", threads, "Threads")->check(CLI::Range(1, 4096))->capture_default_str();
  CLI11_PARSE(program, argc, argv);
  set_num_threads(threads);
  manual_seed(1);
  add_cases();
  std::fputs(about().c_str(), stderr);
  Medians medians;
  benchmark::RunSpecifiedBenchmarks(&medians);
}
