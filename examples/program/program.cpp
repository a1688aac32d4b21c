#include "program.h"

#include <gradus/tensor/error.h>
#include <gradus/tensor/memory.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <new>
#include <string>
#include <string_view>

namespace program {
namespace {

/// In the place of a closed stream, one that cannot be used either; what goes to standard error is dropped.
void hold_standard_streams() {
  constexpr int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY};  // of standard input, output and error
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    if (::fcntl(stream, F_GETFD) == -1 && errno == EBADF) ::open("/dev/null", modes[stream]);
  }
}

// A sanitizer must come first, and cannot work under such a limit anyhow.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PROGRAM_UNDER_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PROGRAM_UNDER_SANITIZER
#endif
#endif

#if defined(__linux__) && !defined(PROGRAM_UNDER_SANITIZER)
/// Runs before the constructors of the shared libraries, so before those of the C library, too: nothing here
/// may use more than system calls.
void start_again_under_a_limit(int, char** argv, char** environment) {
  static char setting[] = "OPENBLAS_NUM_THREADS=1";
  constexpr std::size_t name_bytes = sizeof setting - 2;  // with the '='
  constexpr std::size_t most = 4096;
  static char* changed[most + 2];
  static char self[4096];
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  std::size_t count = 0;
  for (; *environment; ++environment) {
    if (std::strcmp(*environment, setting) == 0 || count == most) return;
    if (std::strncmp(*environment, setting, name_bytes) != 0) changed[count++] = *environment;
  }
  changed[count] = setting;
  if (::readlink("/proc/self/exe", self, sizeof self - 1) <= 0) return;
  ::execve(self, argv, changed);  // where it returns, we go on as we are
}

[[gnu::section(".preinit_array"),
  gnu::used]] void (*const before_libraries)(int, char**, char**) = start_again_under_a_limit;
#endif

/// What operator new does before it tries again.
void free_cached_memory() {
  if (gradus::memory_statistics().cached_bytes == 0) throw std::bad_alloc();
  gradus::empty_memory_cache();
}

/// One message. What a file says of itself may stand in it: no control character goes to a terminal.
void say(const char* name, std::string_view message) {
  std::string text;
  for (const char c : message) {
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    const bool control = (c >= 0 && c < 0x20 && c != '\n') || c == 0x7f;
    text += control ? escaped : std::string(1, c);
  }
  std::fprintf(stderr, "%s: %s\n", name, text.c_str());
}

void flush_output() {
  errno = 0;
  const bool printed = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (printed && std::cout.flush()) return;
  throw std::runtime_error(std::string("cannot write to standard output") +
                           (errno == 0 ? "" : ": " + std::string(std::strerror(errno))));
}

}  // namespace

int run(const char* name, const std::function<int()>& body) {
  hold_standard_streams();
  std::set_new_handler(free_cached_memory);
  try {
    const int status = body();
    flush_output();
    return status;
  } catch (const std::bad_alloc&) {
    // No text is made here: there is no memory for it.
    std::fprintf(stderr, "%s: out of memory: the system gives no more (is there a limit, ulimit -v?)\n",
                 name);
  } catch (const std::exception& problem) {
    say(name, problem.what());
  }
  return 1;
}

}  // namespace program
