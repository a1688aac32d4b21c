// One file that holds all a training is made of at one moment, and the files of that kind in a folder.
//
// It is a safetensors file: the tensors "model.*", "optimizer.*" (moments, numbers of steps, learning rate),
// "best.*" (what is kept of the best epoch) and "average.*" (the running mean of the weights, where there is
// one), and in the metadata "state", everything else as JSON, and "digest", that of all names, types, shapes,
// elements and the state. Numbers keep all their bits.
#pragma once
#include "training.h"

#include <gradus/tensor/random.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace translation {

struct Checkpoint {
  TrainingState state;
  gradus::RandomStream random;  // the one stream of the process
  std::int64_t log_bytes = 0;   // the length of log.jsonl
  std::string run;              // the digest of the settings that it belongs to
  gradus::NamedTensors weights, optimizer, best, average;
};

/// Writes it atomically.
void save_checkpoint(const std::string& path, const Checkpoint& checkpoint);
/// Throws where the file is missing, or a single bit of it is not as it was written, and names it.
Checkpoint load_checkpoint(const std::string& path);

/// A checkpoint in a folder's subfolder `checkpoints`, by the number of steps that it stands after.
struct StoredCheckpoint {
  std::int64_t step;
  std::string path;
};
std::string checkpoint_path(const std::string& folder, std::int64_t step);
/// The latest first. None where there is no such subfolder.
std::vector<StoredCheckpoint> stored_checkpoints(const std::string& folder);

/// What a checkpoint must be to go on from it.
struct CheckpointDemands {
  std::string run;
  std::int64_t most_steps = INT64_MAX;
  std::int64_t most_log_bytes = INT64_MAX;  // what log.jsonl still holds
};
/// The latest that meets the demands. One that is damaged, or does not meet them, is named on standard error
/// and the one before it taken. Nothing where none is stored; throws where some are and none will do.
std::optional<Checkpoint> latest_checkpoint(const std::string& folder, const CheckpointDemands& demands);

/// Keeps the `keep` latest up to the step `newest`, the best one, and those after `newest`, which the run
/// could not go on from.
void remove_old_checkpoints(const std::string& folder, std::int64_t keep, std::int64_t newest,
                            std::int64_t best);

}  // namespace translation
