// What an operation costs beside its arithmetic, and how fast the large ones are.
//
//   build/release/bin/bench_overhead                              medians of seven repetitions
//   build/release/bin/bench_overhead --benchmark_filter=add_8     one of them
#include <gradus/gradus.h>

#include <benchmark/benchmark.h>

#include <cstdio>
#include <string>
#include <vector>

using namespace gradus;

namespace {

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

/// (64, 64) with (64, 64), forward and backward to both.
void matmul_64(benchmark::State& state) {
  const std::vector<Tensor> operands{randn({64, 64}).requires_grad_(), randn({64, 64}).requires_grad_()};
  const std::vector<Tensor> gradient{ones({64, 64})};
  for (auto _ : state) {
    const std::vector<Tensor> product{matmul(operands[0], operands[1])};
    benchmark::DoNotOptimize(grad(product, operands, gradient));
  }
}

/// One pass forward over a million float32 elements, (1000, 1000); bytes are those read and written.
template <class Operation>
void million(benchmark::State& state, Operation operation) {
  const Tensor x = randn({1000, 1000});
  for (auto _ : state) benchmark::DoNotOptimize(operation(x));
  state.SetBytesProcessed(state.iterations() * x.numel() * 2 * static_cast<std::int64_t>(sizeof(float)));
}

/// Prints the median of each, under its plain name.
class Medians : public benchmark::ConsoleReporter {
  void ReportRuns(const std::vector<Run>& runs) override {
    for (Run run : runs) {
      if (run.aggregate_name != "median") continue;
      const std::string name = run.run_name.function_name;
      run.run_name = {};
      run.run_name.function_name = name;
      ConsoleReporter::ReportRuns({run});
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  std::vector<benchmark::internal::Benchmark*> cases{
      benchmark::RegisterBenchmark("add_8_unrecorded", add_8_unrecorded),
      benchmark::RegisterBenchmark("add_8_recorded", add_8_recorded),
      benchmark::RegisterBenchmark("chain_of_10", chain_of_10),
      benchmark::RegisterBenchmark("matmul_64", matmul_64),
  };
  const auto add_million = [&](const char* name, auto operation) {
    const auto run = [operation](benchmark::State& state) { million(state, operation); };
    cases.push_back(benchmark::RegisterBenchmark(name, run)->Unit(benchmark::kMicrosecond));
  };
  add_million("exp_1M", [](const Tensor& x) { return exp(x); });
  add_million("tanh_1M", [](const Tensor& x) { return tanh(x); });
  add_million("softmax_1M", [](const Tensor& x) { return softmax(x, -1); });
  add_million("layer_norm_1M", [](const Tensor& x) { return layer_norm(x, {1000}); });
  for (auto* one : cases) one->UseRealTime()->MinTime(0.1)->Repetitions(7);

  std::fputs(about().c_str(), stderr);
  Medians medians;
  benchmark::RunSpecifiedBenchmarks(&medians);
}
