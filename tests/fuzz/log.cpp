// The log of a training, log.jsonl: looked into for the first steps as `translate replay` does and for
// epochs as `average` does, cut back as `--resume` does, and gone on with. The first byte says where it is
// cut.
#include "log.h"

#include <gradus/tests/fuzz/fuzz.h>

using namespace gradus;
using namespace gradus::fuzz;
using namespace translation;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = text_of(data + 1, size - 1);
  const std::string folder = files().path("");
  files().write("log.jsonl", text);
  files().write("timing.jsonl", text);
  for (const std::int64_t step : {1, 2}) takes([&] { logged_step(folder, step); });
  takes([&] { logged_epochs(folder); });
  require(log_size(folder) == static_cast<std::int64_t>(text.size()), "log: another size");
  const auto bytes = static_cast<std::size_t>(data[0]);
  TrainingState state;
  state.step = 7;
  state.skipped = 1;
  const StepResult result{.loss = 0.5, .gradient_norm = INFINITY};
  const bool taken = takes([&] {
    TrainingLog log(folder, static_cast<std::int64_t>(bytes), 7);
    log.step(state, result, 0.25);
    log.epoch(state, {.loss = NAN}, 1);
    log.checkpoint(7, 1);
    log.sync();
  });
  const std::string after = files().read("log.jsonl");
  require(after.starts_with(taken ? text.substr(0, bytes) : text), "log: what was to be kept is not");
  return 0;
}
