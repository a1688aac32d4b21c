#include "program.h"

#include <gradus/tensor/error.h>
#include <gradus/tensor/memory.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <new>
#include <string>

namespace program {
namespace {

/// In the place of a closed stream, one that cannot be used either; what goes to standard error is dropped.
void hold_standard_streams() {
  constexpr int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY};  // of standard input, output and error
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    if (::fcntl(stream, F_GETFD) == -1 && errno == EBADF) ::open("/dev/null", modes[stream]);
  }
}

void start_again_under_a_limit(char** argv) {
  constexpr const char* variable = "OPENBLAS_NUM_THREADS";
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  const char* const threads = std::getenv(variable);
  if (threads && std::strcmp(threads, "1") == 0) return;
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error || ::setenv(variable, "1", 1) != 0) return;
  ::execv(self.c_str(), argv);  // where it returns, we go on as we are
}

/// What operator new does before it tries again.
void free_cached_memory() {
  if (gradus::memory_statistics().cached_bytes == 0) throw std::bad_alloc();
  gradus::empty_memory_cache();
}

void flush_output() {
  errno = 0;
  const bool printed = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (printed && std::cout.flush()) return;
  throw std::runtime_error(std::string("cannot write to standard output") +
                           (errno == 0 ? "" : ": " + std::string(std::strerror(errno))));
}

}  // namespace

int run(const char* name, char** argv, const std::function<int()>& body) {
  hold_standard_streams();
  std::set_new_handler(free_cached_memory);
  try {
    start_again_under_a_limit(argv);
    const int status = body();
    flush_output();
    return status;
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "%s: out of memory: the system gives no more (is there a limit, ulimit -v?)\n",
                 name);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s: %s\n", name, problem.what());
  }
  return 1;
}

}  // namespace program
