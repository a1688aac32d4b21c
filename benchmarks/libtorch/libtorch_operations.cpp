// The counterpart of bench_operations in LibTorch: small operations, whose time is overhead, and large ones
// of 1024 x 1024 float32, under the same names. Prints one JSON object, seconds of each operation: median,
// minimum and maximum of several repetitions.
#include "workload.h"

#include <torch/torch.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace nn = torch::nn;
using torch::Tensor;

struct Operation {
  std::string name;
  std::function<void()> run;
};

/// An addition of eight numbers, and ten products of them in a row with their gradient: nearly all overhead.
void add_small(std::vector<Operation>& operations) {
  const Tensor a = torch::randn({8}), b = torch::randn({8});
  const Tensor leaf = torch::randn({8}, torch::requires_grad());
  const Tensor factor = torch::rand({8}), gradient = torch::ones({8});
  operations.push_back({"add_8_unrecorded", [=] {
                          const torch::NoGradGuard scope;
                          const Tensor sum = a + b;
                        }});
  operations.push_back({"add_8_recorded", [=] { const Tensor sum = leaf + b; }});
  operations.push_back({"chain_of_10", [=] {
                          Tensor y = leaf;
                          for (int i = 0; i < 10; ++i) y = y * factor;
                          torch::autograd::grad({y}, {leaf}, {gradient});
                        }});
}

/// (64, 64) with (64, 64), forward and backward to both.
Operation matmul_64() {
  const Tensor a = torch::randn({64, 64}, torch::requires_grad()),
               b = torch::randn({64, 64}, torch::requires_grad());
  const Tensor gradient = torch::ones({64, 64});
  return {"matmul_64", [=] { torch::autograd::grad({torch::matmul(a, b)}, {a, b}, {gradient}); }};
}

/// One pass forward, unrecorded, over a million elements.
void add_large(std::vector<Operation>& operations) {
  const Tensor x = torch::randn({1024, 1024}), y = torch::randn({1024, 1024});
  const auto add = [&](const char* name, const std::function<Tensor()>& operation) {
    operations.push_back({name, [operation] {
                            const torch::NoGradGuard scope;
                            operation();
                          }});
  };
  add("exp_1024", [=] { return torch::exp(x); });
  add("tanh_1024", [=] { return torch::tanh(x); });
  add("softmax_1024", [=] { return torch::softmax(x, -1); });
  add("layer_norm_1024", [=] { return torch::layer_norm(x, {1024}); });
  add("dropout_1024", [=] { return torch::dropout(x, 0.1, true); });
  add("transposed_copy_1024", [=] { return x.t().contiguous(); });
  add("add_1024", [=] { return x + y; });
  add("sum_of_rows_1024", [=] { return x.sum(0); });
}

/// A training step of a perceptron 784-128-10 on a batch of 64: forward, backward, SGD with momentum.
Operation perceptron_step() {
  nn::Sequential model(nn::Linear(784, 128), nn::ReLU(), nn::Linear(128, 10));
  const auto sgd =
      std::make_shared<torch::optim::SGD>(model->parameters(), torch::optim::SGDOptions(1e-3).momentum(0.9));
  const Tensor images = torch::randn({64, 784}), labels = torch::randint(0, 10, {64}, torch::kInt64);
  return {"perceptron_step", [=]() mutable {
            sgd->zero_grad();
            nn::functional::cross_entropy(model->forward(images), labels).backward();
            sgd->step();
          }};
}

/// Seconds of one run: of so many in a row that they take a twentieth of a second, seven times over.
benchmarks::Spread seconds_of(const Operation& operation) {
  const double once = benchmarks::measure(3, 9, operation.run).median;
  const int count = static_cast<int>(std::min(1e6, 1 + 0.05 / once));
  benchmarks::Spread spread = benchmarks::measure(1, 7, [&] {
    for (int i = 0; i < count; ++i) operation.run();
  });
  for (double* seconds : {&spread.median, &spread.min, &spread.max}) *seconds /= count;
  return spread;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("What single operations cost in LibTorch. Prints one JSON object: seconds of each.");
  int threads = 1;
  program.add_option("--threads", threads, "Threads")->check(CLI::Range(1, 4096))->capture_default_str();
  return benchmarks::run_program(program, argc, argv, [&](int&) {
    torch::set_num_threads(threads);
    torch::manual_seed(1);
    std::vector<Operation> operations;
    add_small(operations);
    add_large(operations);
    operations.push_back(matmul_64());
    operations.push_back(perceptron_step());
    nlohmann::ordered_json result;
    for (const Operation& operation : operations) {
      const benchmarks::Spread spread = seconds_of(operation);
      result[operation.name] = {{"median", spread.median}, {"min", spread.min}, {"max", spread.max}};
    }
    return nlohmann::ordered_json{{"threads", threads}, {"seconds", result}};
  });
}
