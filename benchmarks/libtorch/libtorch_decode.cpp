// The counterpart of bench_decode in LibTorch: greedy translation as its users write it. nn::Transformer
// keeps nothing between two steps, so the decoder reads the whole translation again for every word. Prints
// one JSON object.
#include "transformer_model.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <stdexcept>

int main(int argc, char** argv) {
  using namespace benchmarks;
  CLI::App program("The speed of greedy decoding of the Transformer in LibTorch. Prints one JSON object.");
  Workload work;
  work.model = "transformer";
  add_model_options(program, work);
  add_timing_options(program, work);
  return run_program(program, argc, argv, [&](int&) {
    if (!work.is_transformer()) throw std::runtime_error("only the Transformer is decoded here");
    if (work.threads != 0) torch::set_num_threads(work.threads);
    torch::manual_seed(1);
    const torch::NoGradGuard scope;
    TransformerModel model(work);
    model.eval();
    const auto source = torch::randint(4, work.vocabulary, {work.source, work.batch}, torch::kInt64);
    const auto padding = torch::zeros({work.batch, work.source}, torch::kBool);
    const Spread seconds = measure(2, work.steps, [&] {
      const auto memory = model.encode(source, padding);
      auto words = torch::full({1, work.batch}, 2, torch::kInt64);  // the begin of every sentence
      for (std::int64_t t = 0; t < work.target; ++t) {
        const auto hidden = model.decode(words, memory, padding);
        words = torch::cat({words, model.predict(hidden[t]).argmax(-1, true).t()});
      }
    });
    return report_decoding(work, torch::get_num_threads(), seconds);
  });
}
