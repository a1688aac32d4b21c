// A checkpoint of a training: load_checkpoint, and what was read is written and read again. Then it is found
// in its folder, and a training goes on from its weights and its optimiser's state.
#include "checkpoint.h"

#include <gradus/autograd/reduce.h>
#include <gradus/nn/model.h>
#include <gradus/optim/adam.h>
#include <gradus/tensor/create.h>

#include <gradus/tests/fuzz/fuzz.h>

using namespace gradus;
using namespace gradus::fuzz;
using namespace translation;

namespace {

struct Model {
  Tensor a = full({2}, 1).requires_grad_().set_name("a");
};

void go_on(const Checkpoint& checkpoint) {
  const Model model;
  optim::Adam adam(parameters(model));
  load_state_dict(model, checkpoint.weights);
  adam.load_state_dict(checkpoint.optimizer);
  sum(model.a).backward();
  adam.step();
}

/// In the folder of a run, which it is removed from again: found by what it is, and by nothing else.
void find(const Checkpoint& checkpoint, std::string_view bytes) {
  const std::string folder = files().path("");
  const std::int64_t step = checkpoint.state.step;
  std::filesystem::create_directory(files().path("checkpoints"));
  const auto stored_at = [&](std::int64_t place) {
    std::ofstream(checkpoint_path(folder, place), std::ios::binary) << bytes;
  };
  stored_at(step);
  takes([&] {
    const auto found = latest_checkpoint(folder, {.run = checkpoint.run, .most_log_bytes = 4096});
    require(found && found->state.step == step, "checkpoint: another one is found");
  });
  require(!takes([&] { latest_checkpoint(folder, {.run = checkpoint.run + "x"}); }),
          "checkpoint: that of another run is found");
  require(!latest_checkpoint(folder, {.run = checkpoint.run, .most_steps = -1}),
          "checkpoint: a later one is found");
  remove_old_checkpoints(folder, 0, INT64_MAX, -1);
  stored_at(step / 2 + 1);
  require(takes([&] { latest_checkpoint(folder, {.run = checkpoint.run}); }) == (step / 2 + 1 == step),
          "checkpoint: one under another's name is found");
  remove_old_checkpoints(folder, 0, INT64_MAX, -1);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string path = file_of(data, size), copy = files().path("copy"), again = files().path("again");
  Checkpoint first;
  if (!takes([&] { first = load_checkpoint(path); })) return 0;
  save_checkpoint(copy, first);
  const Checkpoint second = load_checkpoint(copy);
  require(test::same_bits(first.weights, second.weights) &&
              test::same_bits(first.optimizer, second.optimizer) &&
              test::same_bits(first.best, second.best) && test::same_bits(first.average, second.average),
          "checkpoint: the round trip changes tensors");
  require(first.random == second.random && first.log_bytes == second.log_bytes && first.run == second.run &&
              first.state.step == second.state.step && first.state.best_loss == second.state.best_loss,
          "checkpoint: the round trip changes the state");
  save_checkpoint(again, second);
  require(files().read("copy") == files().read("again"), "checkpoint: the round trip changes bytes");
  takes([&] { go_on(first); });
  find(first, text_of(data, size));
  return 0;
}
