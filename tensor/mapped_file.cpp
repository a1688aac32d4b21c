#include <gradus/tensor/mapped_file.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace gradus {
namespace {

constexpr std::size_t piece = 1 << 20;  // bytes that are read without another look at the file's size

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder (Is a directory)";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

}  // namespace

MappedFile::MappedFile(std::string operation, const std::string& path)
    : origin_{std::move(operation), "'" + path_text(path) + "'"} {
  // O_NONBLOCK: the opening of a pipe would wait for its writer.
  file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file_ < 0) origin_.refuse("cannot be opened: " + std::string(std::strerror(errno)));
  struct stat status = {};
  std::string problem;
  if (::fstat(file_, &status) != 0) {
    problem = "cannot be read: " + std::string(std::strerror(errno));
  } else if (!S_ISREG(status.st_mode)) {
    problem = "is " + std::string(kind_of(status.st_mode)) + ", no regular file";
  } else if (status.st_size > 0) {
    size_ = static_cast<std::size_t>(status.st_size);
    void* const data = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file_, 0);
    if (data == MAP_FAILED) problem = "cannot be mapped into memory: " + std::string(std::strerror(errno));
    else data_ = static_cast<const char*>(data);
  }
  if (problem.empty()) return;
  ::close(file_);
  origin_.refuse(problem);
}

MappedFile::~MappedFile() {
  if (data_) ::munmap(const_cast<char*>(data_), size_);
  ::close(file_);
}

void MappedFile::check_size() const {
  struct stat status = {};
  if (::fstat(file_, &status) == 0 && static_cast<std::size_t>(status.st_size) == size_) return;
  origin_.refuse("had " + std::to_string(size_) + " bytes when it was opened and has " +
                 std::to_string(status.st_size) + " now: something else writes to it");
}

void MappedFile::copy(std::uint64_t begin, void* to, std::size_t count) const {
  for (char* out = static_cast<char*>(to); count > 0;) {
    check_size();
    const ssize_t done = ::pread(file_, out, std::min(count, piece), static_cast<off_t>(begin));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) origin_.refuse("cannot be read: " + std::string(std::strerror(errno)));
    if (done == 0)
      origin_.refuse("ends before its byte " + std::to_string(begin + count) + ": something else cuts it");
    out += done;
    begin += static_cast<std::uint64_t>(done);
    count -= static_cast<std::size_t>(done);
  }
}

void MappedFile::release(std::uint64_t begin, std::uint64_t end) const {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t first = (begin + page - 1) / page * page, last = end / page * page;
  if (first < last) ::madvise(const_cast<char*>(data_) + first, last - first, MADV_DONTNEED);
}

void MappedSource::read(void* to, std::size_t count) {
  if (count > left()) {
    file_.origin().refuse("ends before its byte " + std::to_string(at_ + count) + " of " +
                          std::to_string(end_));
  }
  file_.copy(at_, to, count);
  at_ += count;
}

}  // namespace gradus
