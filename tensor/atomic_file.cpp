#include <gradus/tensor/atomic_file.h>
#include <gradus/tensor/error.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace gradus {
namespace {

[[noreturn]] void fail(const std::string& path, const char* step) {
  throw Error("write", "cannot " + std::string(step) + " '" + path + "': " + std::strerror(errno));
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    else if (written == 0 || errno != EINTR) return false;
  }
  return true;
}

void write_and_sync(const std::string& path, std::span<const std::string_view> pieces) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) fail(path, "create");
  bool good = true;
  for (std::string_view piece : pieces) good = good && write_all(file, piece);
  good = good && ::fsync(file) == 0;
  const int error = errno;  // of the first failure; closing may set another
  good = ::close(file) == 0 && good;
  if (good) return;
  ::unlink(path.c_str());
  errno = error;
  fail(path, "write");
}

/// Makes the new name last through a power cut. Some file systems cannot sync a folder; the file itself is safe by now.
void sync_folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return;
  ::fsync(handle);
  ::close(handle);
}

}  // namespace

void write_file_atomically(const std::string& path, std::span<const std::string_view> pieces) {
  const std::string temporary = path + ".tmp" + std::to_string(::getpid());
  write_and_sync(temporary, pieces);
  if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    errno = error;
    fail(path, "replace");
  }
  sync_folder_of(path);
}

void write_file_atomically(const std::string& path, std::string_view content) {
  write_file_atomically(path, std::span(&content, 1));
}

}  // namespace gradus
