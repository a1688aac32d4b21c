#include "checkpoint.h"

#include "digest.h"
#include "json_object.h"

#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace translation {

using namespace gradus;
namespace fs = std::filesystem;

namespace {

using json = nlohmann::ordered_json;

constexpr int format = 1;

// --- the state as text -------------------------------------------------------------------------------------

/// JSON has no word for the infinity of a loss that was never measured: null.
json number(double value) { return std::isfinite(value) ? json(value) : json(); }

std::string state_text(const Checkpoint& c) {
  const TrainingState& s = c.state;
  return json{{"format", format},
              {"run", c.run},
              {"step", s.step},
              {"epoch", s.epoch},
              {"batch", s.batch},
              {"lr", s.lr},
              {"best_loss", number(s.best_loss)},
              {"best_epoch", s.best_epoch},
              {"best_step", s.best_step},
              {"best", {{"loss", number(s.best.loss)}, {"bleu", s.best.bleu}}},
              {"skipped", s.skipped},
              {"loss_sum", s.loss_sum},
              {"updates", s.updates},
              {"random", {{"seed", c.random.seed}, {"offset", c.random.offset}}},
              {"log_bytes", c.log_bytes}}
      .dump();
}

void read_state(const JsonObject& j, Checkpoint& c) {
  // One more than each must be a number as well.
  const auto count = [&j](const char* key, std::int64_t least) {
    const auto value = j.get<std::int64_t>(key);
    if (value < least || value == INT64_MAX)
      j.refuse("'" + std::string(key) + "' is " + std::to_string(value));
    return value;
  };
  j.check_format(format);
  TrainingState& s = c.state;
  c.run = j.get<std::string>("run");
  s.step = count("step", 0);
  s.epoch = count("epoch", 1);
  s.batch = count("batch", 0);
  s.lr = j.get<double>("lr");
  s.best_loss = j.number_or(INFINITY, "best_loss");
  s.best_epoch = count("best_epoch", 0);
  s.best_step = count("best_step", 0);
  const JsonObject best = j.object("best");
  s.best = {best.number_or(INFINITY, "loss"), best.get<double>("bleu")};
  s.skipped = count("skipped", 0);
  s.loss_sum = j.get<double>("loss_sum");
  s.updates = count("updates", 0);
  const JsonObject random = j.object("random");
  c.random = {random.get<std::uint64_t>("seed"), random.get<std::uint64_t>("offset")};
  c.log_bytes = count("log_bytes", 0);
}

// --- the digest --------------------------------------------------------------------------------------------

/// Of the tensors in order of their names and of the state. Lengths come before what they measure, so that no
/// two contents are one text.
std::string digest_of(NamedTensors tensors, const std::string& state) {
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Digest digest;
  const auto add = [&digest](const std::string& text) {
    digest.add(std::to_string(text.size()) + ":" + text);
  };
  add(state);
  for (const auto& [name, tensor] : tensors) {
    const Tensor laid_out = tensor.detach().contiguous();
    add(name);
    add(name_of(tensor.dtype()));
    add(to_string(tensor.shape()));
    digest.add({static_cast<const char*>(laid_out.raw_data()),
                static_cast<std::size_t>(laid_out.numel()) * size_of(laid_out.dtype())});
  }
  return digest.text();
}

/// The digest covers what the header says. Padding says nothing, and a flipped bit turns a blank into a byte
/// 0, where a parser may take the text to end: no byte below a blank is ever written, so none may be there.
void check_header_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::uint64_t left = 0;
  file.read(reinterpret_cast<char*>(&left), sizeof left);
  char part[4096];
  while (file && left > 0) {
    file.read(part, static_cast<std::streamsize>(std::min<std::uint64_t>(left, sizeof part)));
    const auto count = static_cast<std::size_t>(file.gcount());
    if (std::any_of(part, part + count, [](char c) { return static_cast<unsigned char>(c) < ' '; })) {
      throw Error("load", "'" + path_text(path) + "' is damaged: its header holds a control character");
    }
    left -= count;
  }
}

/// What the names of a checkpoint's tensors begin with, and where they belong.
struct Part {
  const char* prefix;
  NamedTensors Checkpoint::*tensors;
};
constexpr Part parts[] = {{"model.", &Checkpoint::weights},
                          {"optimizer.", &Checkpoint::optimizer},
                          {"best.", &Checkpoint::best},
                          {"average.", &Checkpoint::average}};

}  // namespace

// --- one file ----------------------------------------------------------------------------------------------

void save_checkpoint(const std::string& path, const Checkpoint& checkpoint) {
  NamedTensors all;
  for (const Part& part : parts) {
    for (const auto& [name, tensor] : checkpoint.*part.tensors) all.emplace_back(part.prefix + name, tensor);
  }
  const std::string state = state_text(checkpoint);
  save_tensors(path, all, {{"state", state}, {"digest", digest_of(all, state)}});
}

Checkpoint load_checkpoint(const std::string& path) {
  TensorFile file = load_tensors(path);
  check_header_bytes(path);
  const auto refuse = [&path](const std::string& why) {
    throw Error("load", "'" + path_text(path) + "' is damaged: " + why);
  };
  if (file.metadata.size() != 2 || !file.metadata.contains("state") || !file.metadata.contains("digest")) {
    throw Error("load",
                "'" + path_text(path) + "' is no checkpoint: its metadata are not a state and a digest");
  }
  const std::string digest = digest_of(file.tensors, file.metadata.at("state"));
  if (digest != file.metadata.at("digest")) {
    refuse("its digest is " + digest + ", and it was written with " +
           printable(file.metadata.at("digest"), 40));
  }
  Checkpoint checkpoint;
  read_state(JsonObject(file.metadata.at("state"), "'" + path_text(path) + "' is damaged"), checkpoint);
  for (auto& [name, tensor] : file.tensors) {
    const auto part = std::find_if(std::begin(parts), std::end(parts),
                                   [&, &n = name](const Part& p) { return n.starts_with(p.prefix); });
    if (part == std::end(parts)) refuse("it holds a tensor '" + printable(name) + "'");
    (checkpoint.*part->tensors).emplace_back(name.substr(std::strlen(part->prefix)), tensor);
  }
  return checkpoint;
}

// --- those of a folder -------------------------------------------------------------------------------------

namespace {

constexpr const char* prefix = "step-";
constexpr const char* suffix = ".safetensors";

}  // namespace

std::string checkpoint_path(const std::string& folder, std::int64_t step) {
  char name[64];
  std::snprintf(name, sizeof name, "%s%08lld%s", prefix, static_cast<long long>(step), suffix);
  return (fs::path(folder) / "checkpoints" / name).string();
}

std::vector<StoredCheckpoint> stored_checkpoints(const std::string& folder) {
  std::vector<StoredCheckpoint> found;
  std::error_code error;
  for (fs::directory_iterator at(fs::path(folder) / "checkpoints", error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    long long step = 0;
    if (std::sscanf(name.c_str(), "step-%lld.", &step) != 1 || step < 0) continue;
    if (checkpoint_path(folder, step) == at->path().string()) found.push_back({step, at->path().string()});
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    throw Error("load", "'" + path_text(folder) + "/checkpoints' cannot be read: " + error.message());
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.step > b.step; });
  return found;
}

std::optional<Checkpoint> latest_checkpoint(const std::string& folder, const CheckpointDemands& demands) {
  std::vector<StoredCheckpoint> stored = stored_checkpoints(folder);
  std::erase_if(stored, [&](const StoredCheckpoint& s) { return s.step > demands.most_steps; });
  for (const StoredCheckpoint& candidate : stored) {
    try {
      Checkpoint checkpoint = load_checkpoint(candidate.path);
      const auto refuse = [&](const std::string& why) {
        throw Error("load", "'" + path_text(candidate.path) + "' " + why);
      };
      if (checkpoint.run != demands.run)
        refuse("is of a run with other options, another text or another vocabulary");
      if (checkpoint.state.step != candidate.step)
        refuse("stands at step " + std::to_string(checkpoint.state.step));
      if (checkpoint.log_bytes > demands.most_log_bytes) {
        refuse("was made when log.jsonl had " + std::to_string(checkpoint.log_bytes) + " bytes, and it has " +
               std::to_string(demands.most_log_bytes));
      }
      return checkpoint;
    } catch (const Error& problem) {
      std::fprintf(stderr, "translate: %s\n", problem.what());
    }
  }
  if (stored.empty()) return {};
  throw Error(
      "load",
      "none of the " + std::to_string(stored.size()) + " checkpoints in '" + path_text(folder) +
          "/checkpoints' can be gone on from (see above): put a whole one there, or begin anew in another "
          "folder");
}

void remove_old_checkpoints(const std::string& folder, std::int64_t keep, std::int64_t newest,
                            std::int64_t best) {
  std::vector<StoredCheckpoint> stored = stored_checkpoints(folder);
  std::erase_if(stored, [&](const StoredCheckpoint& s) { return s.step > newest; });
  for (std::size_t i = static_cast<std::size_t>(keep); i < stored.size(); ++i) {
    std::error_code error;
    if (stored[i].step != best) fs::remove(stored[i].path, error);
    if (error)
      std::fprintf(stderr, "translate: '%s' cannot be removed: %s\n", path_text(stored[i].path).c_str(),
                   error.message().c_str());
  }
}

}  // namespace translation
