#include <gradus/tensor/atomic_file.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace gradus {
namespace {

constexpr std::string_view temporary_mark = ".tmp";

/// A call of the system, made again when a signal came in between.
template <class Call>
auto again(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

std::size_t size_of(std::span<const std::string_view> pieces) {
  std::size_t bytes = 0;
  for (const std::string_view piece : pieces) bytes += piece.size();
  return bytes;
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = again([&] { return ::write(file, bytes.data(), bytes.size()); });
    if (written <= 0) {
      if (written == 0) errno = EIO;  // no error, and no progress either
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// Every way to fail leaves errno as the first failing call set it. Gives the name of that call's step,
/// nullptr where all went well.
const char* write_and_sync(const std::string& path, std::span<const std::string_view> pieces) {
  const int file =
      again([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666); });
  if (file < 0) return "create";
  const char* failed = nullptr;
  for (const std::string_view piece : pieces) {
    if (!failed && !write_all(file, piece)) failed = "write";
  }
  if (!failed && again([&] { return ::fsync(file); }) != 0) failed = "sync";
  const int error = errno;
  // After a signal the file is closed all the same (Linux), and what was synced is on the disk.
  if (::close(file) != 0 && errno != EINTR && !failed) return "close";
  errno = error;
  return failed;
}

bool sync_folder(const std::string& folder) {
  const int handle = again([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (handle < 0) return errno == EACCES || errno == EPERM;
  const bool synced = again([&] { return ::fsync(handle); }) == 0 || errno == EINVAL || errno == ENOTSUP;
  const int error = errno;
  ::close(handle);
  errno = error;
  return synced;
}

}  // namespace

void write_file_atomically(const std::string& path, std::span<const std::string_view> pieces) {
  const std::string temporary = path + std::string(temporary_mark) + std::to_string(::getpid());
  const char* failed = write_and_sync(temporary, pieces);
  if (!failed && again([&] { return std::rename(temporary.c_str(), path.c_str()); }) != 0) failed = "replace";
  if (failed) {
    const int error = errno;
    ::unlink(temporary.c_str());
    throw Error("write", "cannot " + std::string(failed) + " '" + path_text(path) +
                             "': " + std::strerror(error) + "; it takes " + std::to_string(size_of(pieces)) +
                             " bytes, and what was there before is untouched");
  }
  sync_folder_of(path);
}

void sync_folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (sync_folder(slash == std::string::npos ? "." : path.substr(0, slash + 1))) return;
  throw Error("write", "'" + path_text(path) + "' is written, but its folder cannot be synced: " +
                           std::strerror(errno) + "; a power cut may still take it away");
}

void write_file_atomically(const std::string& path, std::string_view content) {
  write_file_atomically(path, std::span(&content, 1));
}

bool is_left_over(std::string_view name) {
  const std::size_t mark = name.rfind(temporary_mark);
  if (mark == std::string_view::npos || mark == 0) return false;
  const std::string_view process = name.substr(mark + temporary_mark.size());
  return !process.empty() &&
         std::all_of(process.begin(), process.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace gradus
