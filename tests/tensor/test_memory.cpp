// The caching allocator: alignment, reuse, the limit, and what the statistics say.
#include <gradus/autograd/arithmetic.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/memory.h>
#include <gradus/tensor/thread_sanitizer.h>

#include <doctest/doctest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <string>
#include <thread>

using namespace gradus;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool nothing_is_cached = true;  // every block is the system's, so that the sanitizer sees each use after its end
#else
constexpr bool nothing_is_cached = false;
#endif
#if defined(GRADUS_THREAD_SANITIZER)
constexpr bool under_sanitizer = true;
#else
constexpr bool under_sanitizer = nothing_is_cached;
#endif

TEST_CASE("memory: blocks are aligned to 64 bytes and writable to their end") {
  for (const std::size_t bytes : {1u, 63u, 64u, 1000u, 1024u, 1025u, 5000u, 1u << 20, 3u << 20}) {
    void* block = allocate(bytes);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % 64 == 0);
    std::memset(block, 1, bytes);
    deallocate(block, bytes);
  }
}

TEST_CASE("memory: what was freed is handed out again without asking the system" * doctest::skip(nothing_is_cached)) {
  deallocate(allocate(100'000), 100'000);
  const std::uint64_t before = memory_statistics().system_calls;
  for (int i = 0; i < 100; ++i) deallocate(allocate(100'000), 100'000);
  for (int i = 0; i < 100; ++i) {
    const Tensor x = ones({100'000 / 4});
  }
  CHECK(memory_statistics().system_calls == before);
}

TEST_CASE("memory: statistics count what is used and what is kept" * doctest::skip(nothing_is_cached)) {
  empty_memory_cache();
  const MemoryStatistics before = memory_statistics();
  {
    const Tensor x = zeros({1 << 20});
    CHECK(memory_statistics().used_bytes >= before.used_bytes + (4u << 20));
    CHECK(memory_statistics().peak_bytes >= memory_statistics().used_bytes);
  }
  CHECK(memory_statistics().used_bytes == before.used_bytes);
  CHECK(memory_statistics().cached_bytes >= 4u << 20);
  empty_memory_cache();
  CHECK(memory_statistics().cached_bytes == 0);
}

TEST_CASE("memory: nothing is kept above the limit") {
  empty_memory_cache();
  set_memory_cache_limit(1 << 20);
  for (int i = 0; i < 10; ++i) deallocate(allocate(600'000), 600'000);
  void* first = allocate(900'000);
  void* second = allocate(900'000);
  deallocate(first, 900'000);
  deallocate(second, 900'000);
  CHECK(memory_statistics().cached_bytes <= 1 << 20);
  set_memory_cache_limit(std::size_t{8} << 30);
}

TEST_CASE("memory: more than there is throws and names the bytes") {
  try {
    allocate(std::size_t{1} << 50);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("1125899906842624") != std::string::npos);
  }
}

TEST_CASE("memory: a block may be freed by another thread") {
  for (const std::size_t bytes : {200u, 200'000u}) {
    void* block = allocate(bytes);
    std::thread([&] { deallocate(block, bytes); }).join();
  }
  Tensor x = ones({3});
  std::thread([held = std::move(x)] { (void)(held + 1); }).join();
  CHECK(memory_statistics().used_bytes < std::size_t{1} << 40);
}

namespace {

/// As long as it lives, the process may take only so many bytes of address space more than it has.
class AddressSpaceLimit {
 public:
  explicit AddressSpaceLimit(std::size_t more) {
    ::getrlimit(RLIMIT_AS, &before_);
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    rlimit limit = before_;
    limit.rlim_cur = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + more;
    ::setrlimit(RLIMIT_AS, &limit);
  }
  ~AddressSpaceLimit() { ::setrlimit(RLIMIT_AS, &before_); }

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE(
    "memory: where the system gives no more, the cache is emptied first; then it throws, and nothing is "
    "lost" *
    doctest::skip(under_sanitizer)) {  // which take address space as they like
  constexpr std::size_t mib = 1 << 20;
  empty_memory_cache();
  const std::size_t used = memory_statistics().used_bytes;
  {
    const AddressSpaceLimit limit(400 * mib);
    deallocate(allocate(300 * mib), 300 * mib);
    CHECK(memory_statistics().cached_bytes == 320 * mib);  // rounded up to an eighth of 256 MiB
    void* const other = allocate(200 * mib);               // fits only in the place of the first
    CHECK(memory_statistics().cached_bytes == 0);
    CHECK_THROWS_WITH_AS(allocate(256 * mib), doctest::Contains("cannot have 268435456 bytes"), Error);
    CHECK_THROWS_WITH_AS(zeros({256, 1 << 20}), doctest::Contains("cannot have 1073741824 bytes"), Error);
    CHECK(memory_statistics().used_bytes == used + 208 * mib);  // rounded up to an eighth of 128 MiB
    deallocate(other, 200 * mib);
  }
  deallocate(allocate(256 * mib), 256 * mib);
  CHECK(memory_statistics().used_bytes == used);
}
