#include "average.h"

#include "checkpoint.h"
#include "log.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>
#include <gradus/tensor/safetensors.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <ostream>

namespace translation {

using namespace gradus;

namespace {

/// A checkpoint to take, and the BLEU of the epoch that ends with it where that is known.
struct Candidate {
  StoredCheckpoint stored;
  const LoggedEpoch* epoch;
};

/// The latest first.
std::vector<Candidate> candidates_of(const std::string& folder, const std::vector<LoggedEpoch>& epochs) {
  std::map<std::int64_t, const LoggedEpoch*> ends;
  for (const LoggedEpoch& epoch : epochs) ends[epoch.step] = &epoch;
  std::vector<Candidate> candidates;
  for (StoredCheckpoint& stored : stored_checkpoints(folder)) {
    const auto end = ends.find(stored.step);
    candidates.push_back({std::move(stored), end == ends.end() ? nullptr : end->second});
  }
  return candidates;
}

/// Those that the command asks for.
std::vector<Candidate> chosen(const AverageCommand& command, std::vector<Candidate> candidates) {
  const bool by_bleu = command.best > 0;
  if (by_bleu) {
    std::erase_if(candidates,
                  [](const Candidate& c) { return c.epoch == nullptr || std::isnan(c.epoch->bleu); });
    std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
      if (a.epoch->bleu != b.epoch->bleu) return a.epoch->bleu > b.epoch->bleu;
      return a.epoch->epoch < b.epoch->epoch;  // as a training keeps the first of equal ones
    });
  }
  const std::int64_t wanted = by_bleu ? command.best : command.last;
  if (std::ssize(candidates) < wanted) {
    throw Error("average", "'" + path_text(command.folder) + "' has " + std::to_string(candidates.size()) +
                               (by_bleu ? " checkpoints at the ends of epochs" : " checkpoints") +
                               ", and --" + (by_bleu ? "best" : "last") + " asks for " +
                               std::to_string(wanted) +
                               "; `translate train --keep-checkpoints N` says how many are kept");
  }
  candidates.resize(static_cast<std::size_t>(wanted));
  return candidates;
}

/// Adds the weights, in float64.
void add(NamedTensors& sum, const NamedTensors& weights) {
  if (sum.empty()) {
    for (const auto& [name, tensor] : weights) sum.emplace_back(name, tensor.to(DType::float64));
    return;
  }
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i].second += weights[i].second.to(DType::float64);
}

}  // namespace

void run_average(const AverageCommand& command, std::ostream& text) {
  if (std::filesystem::exists(command.out))
    throw Error("average", "'" + path_text(command.out) + "' is there already: name another file");
  const std::vector<LoggedEpoch> epochs = logged_epochs(command.folder);
  const std::vector<Candidate> taken = chosen(command, candidates_of(command.folder, epochs));
  NamedTensors sum;
  std::string run;
  for (const Candidate& candidate : taken) {
    const Checkpoint checkpoint = load_checkpoint(candidate.stored.path);
    if (!run.empty() && checkpoint.run != run) {
      throw Error("average", "'" + path_text(candidate.stored.path) + "' is of another run than '" +
                                 path_text(taken.front().stored.path) + "'");
    }
    run = checkpoint.run;
    add(sum, checkpoint.average.empty() ? checkpoint.weights : checkpoint.average);
    text << path_text(candidate.stored.path);
    if (candidate.epoch)
      text << "  epoch " << candidate.epoch->epoch << ", validation BLEU " << candidate.epoch->bleu;
    text << "\n";
  }
  for (auto& [name, tensor] : sum) tensor = (tensor / static_cast<double>(taken.size())).to(DType::float32);
  save_tensors(command.out, sum);
  text << "their mean is in " << path_text(command.out) << "\n";
}

}  // namespace translation
