// The mean of checkpoints: which are taken, and what comes of their weights.
#include "average.h"
#include "checkpoint.h"
#include "log.h"

#include <gradus/gradus.h>
#include <gradus/tests/data/temporary_folder.h>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace gradus;
using namespace translation;
using doctest::Contains;
using gradus::test::TemporaryFolder;

namespace {

/// A run of three epochs of ten steps with checkpoints after the steps 10, 15, 20 and 30, whose weights are
/// as many, and validations of 12, 30 and 21 BLEU.
struct ARun {
  ARun() {
    std::filesystem::create_directory(folder.path("checkpoints"));
    for (const std::int64_t step : {10, 15, 20, 30}) add(step, "run");
    std::ofstream log(folder.path("log.jsonl"));
    for (int step = 1; step <= 30; ++step) {
      log << R"({"step":)" << step << R"(,"loss":1.0,"lr":0.1,"gradient_norm":1.0})"
          << "\n";
      if (step % 10 == 0)
        log << R"({"epoch":)" << step / 10 << R"(,"valid_loss":1.0,"valid_perplexity":2.7,"valid_bleu":)"
            << (step == 10   ? 12.0
                : step == 20 ? 30.0
                             : 21.0)
            << "}\n";
    }
  }
  void add(std::int64_t step, const std::string& run) const {
    Checkpoint checkpoint;
    checkpoint.state.step = step;
    checkpoint.run = run;
    checkpoint.weights = {{"a", full({2}, static_cast<double>(step))}, {"b", full({}, 1.0 / 3)}};
    save_checkpoint(checkpoint_path(folder.path(""), step), checkpoint);
  }
  NamedTensors mean(AverageCommand command) const {
    command.folder = folder.path("");
    command.out = folder.path("mean.safetensors");
    std::filesystem::remove(command.out);
    std::ostringstream text;
    run_average(command, text);
    return load_tensors(command.out).tensors;
  }
  TemporaryFolder folder;
};

}  // namespace

TEST_CASE("the mean of the latest checkpoints") {
  const ARun run;
  const NamedTensors mean = run.mean({.last = 3});
  REQUIRE(mean.size() == 2);
  CHECK(mean[0].first == "a");
  CHECK(mean[0].second.dtype() == DType::float32);
  CHECK(mean[0].second.to_vector<float>() == std::vector<float>(2, (15 + 20 + 30) / 3.0F));
  CHECK(mean[1].second.item<float>() == 1 / 3.0F);
}

TEST_CASE("the mean of the checkpoints with the best BLEU: only those at the ends of epochs have one") {
  const ARun run;
  CHECK(run.mean({.best = 1})[0].second.to_vector<float>() == std::vector<float>(2, 20));
  CHECK(run.mean({.best = 2})[0].second.to_vector<float>() == std::vector<float>(2, 25));
  CHECK_THROWS_WITH_AS(run.mean({.best = 4}),
                       Contains("3 checkpoints at the ends of epochs, and --best asks for 4"), Error);
}

TEST_CASE("checkpoints of two runs have no mean") {
  const ARun run;
  run.add(40, "another");
  CHECK_THROWS_WITH_AS(run.mean({.last = 2}), Contains("is of another run"), Error);
}

TEST_CASE("the epochs of a log stand at the steps that were taken by then") {
  const ARun run;
  const std::vector<LoggedEpoch> epochs = logged_epochs(run.folder.path(""));
  REQUIRE(epochs.size() == 3);
  CHECK(epochs[1].epoch == 2);
  CHECK(epochs[1].step == 20);
  CHECK(epochs[1].bleu == 30);
}

TEST_CASE("with a running mean of the weights, that is what validations judge and what is averaged") {
  const ARun run;
  Checkpoint checkpoint;
  checkpoint.state.step = 30;
  checkpoint.run = "run";
  checkpoint.weights = {{"a", full({2}, 30)}};
  checkpoint.average = {{"a", full({2}, 28)}};
  save_checkpoint(checkpoint_path(run.folder.path(""), 30), checkpoint);
  CHECK(run.mean({.last = 1})[0].second.to_vector<float>() == std::vector<float>(2, 28));
}

TEST_CASE("no file is written over by a mean") {
  const ARun run;
  std::ostringstream text;
  const std::string log = run.folder.path("log.jsonl");
  CHECK_THROWS_WITH_AS(run_average({.folder = run.folder.path(""), .out = log, .last = 1}, text),
                       Contains("is there already"), Error);
}
