#include "log.h"

#include "json_object.h"

#include <gradus/tensor/atomic_file.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <optional>

namespace translation {

using gradus::Error;
using gradus::path_text;
using json = nlohmann::ordered_json;

namespace {

std::string log_path(const std::string& folder) { return folder + "/log.jsonl"; }

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts))};
}

}  // namespace

// --- a file that grows -------------------------------------------------------------------------------------

void GrowingFile::fail(const std::string& step) const {
  throw Error("train", "'" + path_text(path_) + "' cannot be " + step + ": " + std::strerror(errno));
}

GrowingFile::GrowingFile(const std::string& path, std::int64_t bytes) : path_(path) {
  do file_.number = ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  while (file_.number < 0 && errno == EINTR);
  if (file_.number < 0) fail("opened");
  gradus::sync_folder_of(path);
  struct stat status {};
  if (::fstat(file_.number, &status) != 0) fail("read");
  size_ = status.st_size;
  const std::int64_t kept = bytes < 0 ? size_ : bytes;
  if (size_ < kept) {
    throw Error("train", "'" + path_text(path_) + "' has " + std::to_string(size_) + " bytes, of which " +
                             std::to_string(kept) + " were to be gone on from");
  }
  char last = '\n';
  if (kept > 0 && ::pread(file_.number, &last, 1, kept - 1) != 1) fail("read");
  if (last != '\n' && bytes >= 0) {
    throw Error("train",
                "'" + path_text(path_) + "' is damaged: no line ends at its byte " + std::to_string(kept));
  }
  if (size_ > kept && ::ftruncate(file_.number, kept) != 0) fail("cut back");
  size_ = kept;
  if (last != '\n') add_line("");  // half a line, from a full disk
}

GrowingFile::Descriptor::~Descriptor() {
  if (number >= 0) ::close(number);
}

void GrowingFile::add_line(std::string line) {
  line += '\n';
  for (std::size_t done = 0; done < line.size();) {
    const ssize_t written = ::write(file_.number, line.data() + done, line.size() - done);
    if (written > 0) done += static_cast<std::size_t>(written);
    else if (written == 0 || errno != EINTR)
      fail("written (" + std::to_string(line.size()) + " bytes at " + std::to_string(size_) + ")");
  }
  size_ += static_cast<std::int64_t>(line.size());
}

void GrowingFile::sync() {
  while (::fdatasync(file_.number) != 0) {
    if (errno == EINTR) continue;
    if (errno == EINVAL || errno == ENOTSUP) return;  // a terminal or a pipe, which has no disk
    fail("synced");
  }
}

// --- what is written ---------------------------------------------------------------------------------------

std::int64_t log_size(const std::string& folder) {
  struct stat status {};
  return ::stat(log_path(folder).c_str(), &status) == 0 ? status.st_size : 0;
}

TrainingLog::TrainingLog(const std::string& folder, std::int64_t bytes, std::int64_t step)
    : log_(log_path(folder), bytes), timing_(folder + "/timing.jsonl", -1) {
  timing_.add_line(json{{"start", utc_now()}, {"step", step}}.dump());
}

void TrainingLog::step(const TrainingState& state, const StepResult& result, double lr) {
  json line{{"step", state.step}, {"loss", result.loss}, {"lr", lr}, {"gradient_norm", result.gradient_norm}};
  if (result.teacher_forcing) line["teacher_forcing"] = *result.teacher_forcing;
  if (!result.finite()) line["skipped"] = state.skipped;
  log_.add_line(line.dump());
}

void TrainingLog::epoch(const TrainingState& state, const Validation& validation, double seconds) {
  log_.add_line(json{{"epoch", state.epoch},
                     {"valid_loss", validation.loss},
                     {"valid_perplexity", validation.perplexity},
                     {"valid_word_perplexity", validation.word_perplexity},
                     {"valid_bleu", validation.bleu}}
                    .dump());
  timing_.add_line(json{{"epoch", state.epoch}, {"step", state.step}, {"seconds", seconds}}.dump());
}

void TrainingLog::checkpoint(std::int64_t step, double seconds) {
  timing_.add_line(json{{"checkpoint", step}, {"seconds", seconds}}.dump());
}

std::int64_t TrainingLog::sync() {
  log_.sync();
  return log_.size();
}

// --- what was written --------------------------------------------------------------------------------------

namespace {

/// The lines of log.jsonl, one after the other.
class LogReader {
 public:
  explicit LogReader(const std::string& folder) : path_(log_path(folder)), file_(path_) {
    if (!file_) {
      throw Error("load",
                  "'" + path_text(path_) + "' cannot be opened: is this the folder of a training run?");
    }
  }
  /// Nothing at the end.
  std::optional<JsonObject> next() {
    for (std::string line; std::getline(file_, line);) {
      ++number_;
      if (!json::accept(line)) continue;  // half a line, from a full disk
      return JsonObject(line,
                        "line " + std::to_string(number_) + " of '" + path_text(path_) + "' is damaged");
    }
    return {};
  }

 private:
  std::string path_;
  std::ifstream file_;
  std::int64_t number_ = 0;
};

}  // namespace

LoggedStep logged_step(const std::string& folder, std::int64_t step) {
  LogReader log(folder);
  std::int64_t last = 0;
  while (const std::optional<JsonObject> entry = log.next()) {
    if (!entry->contains("step")) continue;
    last = entry->get<std::int64_t>("step");
    if (last == step) return {entry->number_or(NAN, "loss"), entry->number_or(NAN, "gradient_norm")};
  }
  throw Error("replay", "there is no step " + std::to_string(step) + " in '" + path_text(log_path(folder)) +
                            "': it goes to step " + std::to_string(last));
}

std::vector<LoggedEpoch> logged_epochs(const std::string& folder) {
  LogReader log(folder);
  std::vector<LoggedEpoch> epochs;
  std::int64_t step = 0;
  while (const std::optional<JsonObject> entry = log.next()) {
    if (entry->contains("step")) step = entry->get<std::int64_t>("step");
    else if (entry->contains("epoch"))
      epochs.push_back({entry->get<std::int64_t>("epoch"), step, entry->number_or(NAN, "valid_bleu")});
  }
  return epochs;
}

}  // namespace translation
