#include "training_command.h"

#include "checkpoint.h"
#include "json_object.h"
#include "progress.h"
#include "run.h"
#include "run_folder.h"

#include <gradus/nn/model.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>
#include <gradus/tensor/parallel.h>

#include <cstdio>
#include <optional>
#include <utility>

namespace translation {

using namespace gradus;

namespace {

void require_texts(const TrainCommand& command) {
  const std::pair<const char*, const std::string*> texts[] = {{"--source", &command.source},
                                                              {"--target", &command.target},
                                                              {"--valid-source", &command.valid_source},
                                                              {"--valid-target", &command.valid_target}};
  for (const auto& [name, path] : texts) {
    if (path->empty()) {
      throw Error("train", std::string(name) + " is required: there is no run in '" + path_text(command.out) +
                               "' that would know it");
    }
  }
}

/// Where the folder holds a run, takes the right to it, and the options from it: true. Throws where that must
/// not be.
bool open_run(TrainCommand& command, std::optional<FolderLock>& lock) {
  if (command.out.empty()) throw Error("train", "--out is empty: name a folder");
  if (FolderLock::exists(command.out)) lock.emplace(command.out);
  if (content_of(command.out) == FolderContent::nothing) {
    require_texts(command);
    return false;
  }
  if (!command.resume) {
    throw Error(
        "train",
        "the folder '" + path_text(command.out) +
            "' is not empty: it holds a training run, and nothing in it is touched; go on with that run by "
            "--resume, or name another folder");
  }
  if (!lock) lock.emplace(command.out);
  const std::string config = load_config(command.out);
  const JsonObject stored(config, "'" + path_text(command.out) + "/config.json' is damaged");
  check_format(stored);
  if (stored.contains("training")) {
    fix_what_the_schedule_needs(command,
                                schedule_named(stored.object("training").get<std::string>("schedule")));
  }
  take_stored_options(command.options, config, command.out);
  return true;
}

/// The same for a new run, once all that it is made of has been made.
void begin_run(const TrainCommand& command, std::optional<FolderLock>& lock) {
  make_run_folder(command.out);
  if (!lock) lock.emplace(command.out);
  if (content_of(command.out) != FolderContent::nothing) {
    throw Error("train", "another training has just begun in the folder '" + path_text(command.out) + "'");
  }
}

int finish(Run& run, Ending ending, const TrainCommand& command, const Interruption& interruption) {
  if (ending == Ending::bad_step) run.report_bad_step();
  const TrainingState& state = run.state();
  if (state.skipped > 0) {
    std::fprintf(stderr, "%lld bad steps were left out: their loss or gradients were no finite numbers\n",
                 static_cast<long long>(state.skipped));
  }
  if (ending == Ending::interrupted) {
    std::fprintf(stderr,
                 "stopped by %s after step %lld; everything is kept in %s; go on with\n  translate train "
                 "--out %s --resume\n",
                 interruption.name(), static_cast<long long>(state.step),
                 path_text(checkpoint_path(command.out, state.step)).c_str(), path_text(command.out).c_str());
    return interruption.exit_status();
  }
  std::fprintf(stderr,
               "best by %s: epoch %lld with a validation BLEU of %.2f and loss of %.3f; %lld steps; %s; the "
               "model is in %s\n",
               command.best_by.c_str(), static_cast<long long>(state.best_epoch), state.best.bleu,
               state.best.loss, static_cast<long long>(state.step), duration_text(run.seconds()).c_str(),
               path_text(command.out).c_str());
  return 0;
}

}  // namespace

int run_training(TrainCommand& command) {
  if (command.threads != 0) set_num_threads(command.threads);
  std::optional<FolderLock> lock;
  const bool goes_on = open_run(command, lock);
  const Setup setup = set_up(command, goes_on);
  if (goes_on) check_texts(command, setup, load_config(command.out));
  else begin_run(command, lock);
  remove_left_overs(command.out);
  make_run_folder(command.out);
  save_settings(command.out, setup.data.source, setup.data.target, setup.settings);
  std::fprintf(stderr,
               "%lld parameters; vocabularies of %lld and %lld; %zu training and %zu validation pairs\n",
               static_cast<long long>(num_parameters(setup.model->view())),
               static_cast<long long>(setup.data.source.vocabulary().size()),
               static_cast<long long>(setup.data.target.vocabulary().size()), setup.data.train.size(),
               setup.data.valid.size());
  Run run(command, setup);
  run.take_up();
  std::fprintf(stderr, "an epoch has %lld batches, %.1f %% of whose tokens are padding\n",
               static_cast<long long>(run.training().batch_count()), 100 * run.training().padding());
  if (goes_on) std::fprintf(stderr, "goes on after step %lld\n", static_cast<long long>(run.state().step));
  const Interruption interruption;
  return finish(run, run.go(interruption), command, interruption);
}

}  // namespace translation
