// Checkpoints: all comes back, and no bit may differ.
#include "checkpoint.h"
#include "digest.h"
#include "interruption.h"
#include "log.h"
#include "run_folder.h"
#include "run_options.h"

#include <gradus/gradus.h>
#include <gradus/tests/data/temporary_folder.h>
#include <gradus/tests/same_bits.h>

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>

using namespace gradus;
using namespace translation;
using doctest::Contains;
using gradus::test::same_bits;
using gradus::test::TemporaryFolder;

namespace {

Checkpoint some_checkpoint() {
  Checkpoint c;
  c.state.step = 123;
  c.state.epoch = 4;
  c.state.batch = 5;
  c.state.lr = 0.1;  // no finite binary number: all digits have to come back
  c.state.best_loss = 1.0 / 3;
  c.state.best_epoch = 2;
  c.state.best_step = 80;
  c.state.best = {2.5, 31.7};
  c.state.skipped = 1;
  c.state.loss_sum = 7.7;
  c.state.updates = 4;
  c.random = {18446744073709551615u, 512};
  c.log_bytes = 4096;
  c.run = "0123456789abcdef";
  c.weights = {{"a.weight", full({3}, 1.5)}, {"a.bias", full({1}, -0.0)}};
  c.optimizer = {{"0.step", full({}, 123, DType::int64)},
                 {"0.exp_avg", arange(0, 4).to(DType::float32).reshape({2, 2})}};
  c.best = {{"a.weight", full({3}, 0.1)}, {"a.bias", full({1}, -1)}};
  c.average = {{"a.weight", full({3}, 0.7)}, {"a.bias", full({1}, 2)}};
  return c;
}

}  // namespace

TEST_CASE("digest: the check values of CRC-64/XZ, however the text is cut") {
  const auto digest = [](std::initializer_list<std::string_view> pieces) {
    Digest d;
    for (const std::string_view piece : pieces) d.add(piece);
    return d.text();
  };
  CHECK(digest({}) == "0000000000000000");
  CHECK(digest({"123456789"}) == "995dc9bbdf1939fa");
  CHECK(digest({"1", "2345678", "", "9"}) == "995dc9bbdf1939fa");
}

TEST_CASE("checkpoint: all of it comes back") {
  const TemporaryFolder folder;
  const Checkpoint before = some_checkpoint();
  save_checkpoint(folder.path("c"), before);
  const Checkpoint after = load_checkpoint(folder.path("c"));
  CHECK(after.state.step == 123);
  CHECK(after.state.epoch == 4);
  CHECK(after.state.batch == 5);
  CHECK(after.state.lr == 0.1);
  CHECK(after.state.best_loss == 1.0 / 3);
  CHECK(after.state.best_epoch == 2);
  CHECK(after.state.best_step == 80);
  CHECK(after.state.best.loss == 2.5);
  CHECK(after.state.best.bleu == 31.7);
  CHECK(after.state.skipped == 1);
  CHECK(after.state.loss_sum == 7.7);
  CHECK(after.state.updates == 4);
  CHECK(after.random == before.random);
  CHECK(after.log_bytes == 4096);
  CHECK(after.run == before.run);
  CHECK(same_bits(after.weights, before.weights));
  CHECK(same_bits(after.optimizer, before.optimizer));
  CHECK(same_bits(after.best, before.best));
  CHECK(same_bits(after.average, before.average));
  save_checkpoint(folder.path("d"), after);
  CHECK(folder.read("c") == folder.read("d"));

  Checkpoint first;  // before any validation
  first.weights = before.weights;
  save_checkpoint(folder.path("e"), first);
  CHECK(std::isinf(load_checkpoint(folder.path("e")).state.best_loss));
}

TEST_CASE("checkpoint: every single flipped bit, a missing end and a byte too many are noticed") {
  const TemporaryFolder folder;
  const std::string path = folder.path("c");
  save_checkpoint(path, some_checkpoint());
  const std::string good = folder.read("c");
  std::size_t noticed = 0;
  const auto is_refused = [&](const std::string& bytes) {
    folder.write("c", bytes);
    try {
      load_checkpoint(path);
    } catch (const Error& error) {
      return std::string_view(error.what()).find(path) != std::string_view::npos;
    }
    return false;
  };
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string flipped = good;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    if (is_refused(flipped)) ++noticed;
    else MESSAGE("bit " << bit % 8 << " of byte " << bit / 8 << " of " << good.size());
  }
  CHECK(noticed == 8 * good.size());
  CHECK(is_refused(good.substr(0, good.size() - 1)));
  CHECK(is_refused(good + '\0'));
  CHECK(is_refused(""));
  CHECK(!is_refused(good));
}

TEST_CASE("checkpoints of a folder: the latest that will do, and which ones are kept") {
  const TemporaryFolder folder;
  const std::string dir = folder.path("run");
  CHECK(!latest_checkpoint(dir, {}));
  make_run_folder(dir);
  CHECK(!latest_checkpoint(dir, {}));
  Checkpoint c = some_checkpoint();
  for (const std::int64_t step : {10, 20, 30, 40, 50}) {
    c.state.step = step;
    c.log_bytes = 100 * step;
    save_checkpoint(checkpoint_path(dir, step), c);
  }
  const auto latest = [&](std::int64_t most_steps, std::int64_t most_log_bytes) {
    return latest_checkpoint(dir, {c.run, most_steps, most_log_bytes})->state.step;
  };
  CHECK(latest(INT64_MAX, INT64_MAX) == 50);
  CHECK(latest(39, INT64_MAX) == 30);
  CHECK(latest(INT64_MAX, 2000) == 20);
  CHECK_THROWS_WITH_AS(latest_checkpoint(dir, {.run = "another"}), Contains("none of the 5 checkpoints"),
                       Error);
  remove_old_checkpoints(dir, 2, 40, 10);  // 50 is of a time that was gone back behind
  std::vector<std::int64_t> left;
  for (const StoredCheckpoint& stored : stored_checkpoints(dir)) left.push_back(stored.step);
  CHECK(left == std::vector<std::int64_t>{50, 40, 30, 10});
}

TEST_CASE("folder of a run: one at a time, and nothing of others is touched") {
  const TemporaryFolder folder;
  const std::string dir = folder.path("run");
  CHECK(content_of(dir) == FolderContent::nothing);
  make_run_folder(dir);
  {
    const FolderLock lock(dir);
    CHECK_THROWS_WITH_AS(FolderLock{dir}, Contains("in use"), Error);
  }
  const FolderLock again(dir);
  folder.write("run/config.json.tmp77", "{");
  folder.write("run/checkpoints/step-00000001.safetensors.tmp77", "half");
  remove_left_overs(dir);
  CHECK(!std::filesystem::exists(dir + "/config.json.tmp77"));
  CHECK(!std::filesystem::exists(dir + "/checkpoints/step-00000001.safetensors.tmp77"));
  CHECK(content_of(dir) == FolderContent::nothing);
  folder.write("run/letter.txt", "dear");
  CHECK_THROWS_WITH_AS(content_of(dir), Contains("not empty"), Error);
  folder.write("run/config.json", "{}");
  CHECK(content_of(dir) == FolderContent::run);
  CHECK_THROWS_WITH_AS(content_of(folder.write("file", "x")), Contains("not a folder"), Error);
}

TEST_CASE("a growing file is cut back to whole lines") {
  const TemporaryFolder folder;
  const std::string path = folder.write("log", "one\ntwo\nthr");
  CHECK_THROWS_WITH_AS(GrowingFile(path, 6), Contains("no line ends"), Error);
  CHECK_THROWS_WITH_AS(GrowingFile(path, 12), Contains("11 bytes"), Error);
  const auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  const auto before = open_files();
  for (int i = 0; i < 5; ++i) CHECK_THROWS_AS(GrowingFile(path, 6), Error);
  CHECK(open_files() == before);
  CHECK(folder.read("log") == "one\ntwo\nthr");
  GrowingFile file(path, 4);
  file.add_line("2");
  file.sync();
  CHECK(file.size() == 6);
  CHECK(folder.read("log") == "one\n2\n");
  folder.write("log", "one\nhal");
  GrowingFile(path, -1).add_line("two");
  CHECK(folder.read("log") == "one\nhal\ntwo\n");
}

TEST_CASE("stored options: taken where none is given, refused where another is") {
  const char* const config =
      R"({"dim": 8, "training": {"seed": 7, "lr": 0.5, "epochs": 3, "batch_unit": "tokens"}})";
  std::int64_t dim = 8, epochs = 9;
  std::uint64_t seed = 1;
  double lr = 0.50;
  std::string unit = "sentences";
  std::vector<RunOption> options{{"dim", &dim, false, true},
                                 {"seed", &seed},
                                 {"lr", &lr, false, true},
                                 {"epochs", &epochs, true, true},
                                 {"batch-unit", &unit}};
  take_stored_options(options, config, "run");
  CHECK(seed == 7);
  CHECK(epochs == 9);
  CHECK(unit == "tokens");
  seed = 5;
  options[1].given = true;
  CHECK_THROWS_WITH_AS(take_stored_options(options, config, "run"),
                       Contains("--seed is 5 now, and 7 in the run"), Error);
  CHECK_THROWS_WITH_AS(take_stored_options(options, "{", "run"), Contains("run/config.json"), Error);
  CHECK_THROWS_WITH_AS(take_stored_options(options, "{}", "run"), Contains("nothing of how it is trained"),
                       Error);
}

TEST_CASE("interruption: a signal is noted while one waits for it") {
  const Interruption interruption;
  CHECK(!interruption.requested());
  std::raise(SIGTERM);
  CHECK(interruption.requested());
  CHECK(interruption.exit_status() == 143);
  CHECK(std::string(interruption.name()) == "SIGTERM");
}
