#include "run_folder.h"

#include <gradus/tensor/atomic_file.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>

namespace translation {

using namespace gradus;
namespace fs = std::filesystem;

namespace {

/// What stands in a folder before its config.json is written, which makes it a run.
bool is_of_the_first_moments(const fs::path& path) {
  const std::string name = path.filename().string();
  if (name == "checkpoints" || name == "samples") {
    std::error_code error;
    return fs::is_empty(path, error) && !error;
  }
  const char* const own[] = {"lock", "source.vocabulary", "target.vocabulary", "source.subwords",
                             "target.subwords"};
  return is_left_over(name) || std::find(std::begin(own), std::end(own), name) != std::end(own);
}

[[noreturn]] void fail(const std::string& folder, const std::string& why) {
  throw Error("train", "the folder '" + path_text(folder) + "' " + why);
}

}  // namespace

FolderContent content_of(const std::string& folder) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (status.type() == fs::file_type::not_found) return FolderContent::nothing;
  if (status.type() == fs::file_type::none) fail(folder, "cannot be read: " + error.message());
  if (!fs::is_directory(status)) throw Error("train", "'" + path_text(folder) + "' is not a folder");
  if (fs::exists(fs::path(folder) / "config.json", error)) return FolderContent::run;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (is_of_the_first_moments(at->path())) continue;
    fail(folder, "is not empty, and no training run is in it: nothing in it is touched; name another one");
  }
  if (error) fail(folder, "cannot be read: " + error.message());
  return FolderContent::nothing;
}

void make_run_folder(const std::string& folder) {
  std::error_code error;
  for (const char* part : {"checkpoints", "samples"}) {
    if (!error) fs::create_directories(fs::path(folder) / part, error);
  }
  if (error) fail(folder, "cannot be made: " + error.message());
  const fs::path path = fs::absolute(folder).lexically_normal();
  sync_folder_of((path.has_filename() ? path : path.parent_path()).string());
}

FolderLock::FolderLock(const std::string& folder) {
  const std::string path = (fs::path(folder) / "lock").string();
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0) throw Error("train", "'" + path_text(path) + "' cannot be opened: " + std::strerror(errno));
  int result = ::flock(file_, LOCK_EX | LOCK_NB);
  while (result != 0 && errno == EINTR) result = ::flock(file_, LOCK_EX | LOCK_NB);
  if (result == 0) return;
  const int problem = errno;
  ::close(file_);
  if (problem != EWOULDBLOCK)
    throw Error("train", "'" + path_text(path) + "' cannot be locked: " + std::strerror(problem));
  fail(folder, "is in use: another training is at work in it (it holds '" + path_text(path) +
                   "'); wait for its end, stop it with SIGTERM, or name another folder");
}

FolderLock::~FolderLock() { ::close(file_); }

bool FolderLock::exists(const std::string& folder) {
  std::error_code error;
  return fs::exists(fs::path(folder) / "lock", error);
}

void remove_left_overs(const std::string& folder) {
  for (const fs::path& place :
       {fs::path(folder), fs::path(folder) / "checkpoints", fs::path(folder) / "samples"}) {
    std::error_code error;
    for (fs::directory_iterator at(place, error), end; !error && at != end; at.increment(error)) {
      std::error_code kept;  // one that cannot be removed does no harm
      if (is_left_over(at->path().filename().string())) fs::remove(at->path(), kept);
    }
  }
}

}  // namespace translation
