// Sets the linked BLAS up: one thread, kernels that fit the processor, buffers to work in. See blas.h.
#include <gradus/tensor/blas.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>

#include <omp.h>

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <vector>

// What OpenBLAS exports beyond the CBLAS interface. Weak: null where another BLAS is linked, or an OpenBLAS
// built for one kind of processor.
extern "C" {
[[gnu::weak]] void openblas_set_num_threads(int count);
[[gnu::weak]] char* openblas_get_corename(void);
[[gnu::weak]] char* openblas_get_config(void);
[[gnu::weak]] void gotoblas_dynamic_init(void);
[[gnu::weak]] void gotoblas_dynamic_quit(void);
[[gnu::weak]] void* blas_memory_alloc(int place);
[[gnu::weak]] void blas_memory_free(void* buffer);
}

namespace gradus {
namespace {

std::once_flag prepared;
constinit const char* core_chosen_first = nullptr;  // by OpenBLAS; null where the choice was left as it is

// How wide the vectors are that a core's kernels use: 1 AVX, 2 AVX2 with FMA, 3 AVX-512, 0 less. A name that
// is not known is taken for the best: newer versions of OpenBLAS know more.
int level_of(std::string_view core) {
  for (std::string_view name :
       {"Katmai", "Coppermine", "Northwood", "Prescott", "Banias", "Core2", "Penryn", "Dunnington", "Nehalem",
        "Athlon", "Opteron", "Opteron_SSE3", "Barcelona", "Bobcat", "Atom", "Nano"}) {
    if (core == name) return 0;
  }
  for (std::string_view name : {"Sandybridge", "Bulldozer", "Piledriver", "Steamroller"}) {
    if (core == name) return 1;
  }
  for (std::string_view name : {"Haswell", "Zen", "Excavator"}) {
    if (core == name) return 2;
  }
  return 3;
}

struct Core {
  const char* name;
  int level;
};

// The best kernels of OpenBLAS that this processor can run; level 0 where we do not know better.
Core best_core() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (avx2 && __builtin_cpu_is("amd")) return {"Zen", 2};
  if (avx2 && avx512) return {"SkylakeX", 3};
  if (avx2) return {"Haswell", 2};
#endif
  return {"", 0};
}

void choose_core_again() {
  if (!openblas_get_corename || !gotoblas_dynamic_init || !gotoblas_dynamic_quit) return;
  constexpr const char* variable = "OPENBLAS_CORETYPE";
  if (std::getenv(variable)) return;
  const char* const before = openblas_get_corename();
  const Core best = best_core();
  if (level_of(before) >= best.level) return;
  setenv(variable, best.name, 1);
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  unsetenv(variable);
  core_chosen_first = before;
}

// When the program starts, before there are other threads: one that reads the environment or multiplies by
// the same BLAS meanwhile would see both change under it.
[[maybe_unused]] const bool core_is_chosen = (choose_core_again(), true);

// OpenBLAS works in a buffer for each product that runs at the same time. It keeps them, and where the system
// has none to give it asks for ever.
constexpr std::size_t buffer_bytes = std::size_t{128} << 20;  // the largest of its builds
std::atomic<int> buffers{0};                                  // that it surely has
std::mutex buffers_mutex;

/// How many buffers the system has to give, at most `wanted`.
int mappable_buffers(int wanted) {
  std::vector<void*> maps;
  maps.reserve(static_cast<std::size_t>(wanted));
  while (std::ssize(maps) < wanted) {
    void* const map =
        ::mmap(nullptr, buffer_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) break;
    maps.push_back(map);
  }
  for (void* const map : maps) ::munmap(map, buffer_bytes);
  return static_cast<int>(maps.size());
}

/// Makes OpenBLAS take the buffers of `wanted` threads, or of as many as can have one: with no more we work
/// on.
void reserve_buffers(int wanted) {
  const std::scoped_lock lock(buffers_mutex);
  if (buffers.load() >= wanted) return;
  if (blas_memory_alloc && blas_memory_free) {
    // One is left to all else, where there is more than one.
    const int mappable = mappable_buffers(wanted + 1);
    const int count = std::max(mappable > 1 ? mappable - 1 : mappable, buffers.load());
    if (count == 0) {
      throw Error("matmul",
                  "OpenBLAS needs " + std::to_string(buffer_bytes) +
                      " bytes to work in, and the system gives no more; is there a limit (ulimit -v)?");
    }
    std::vector<void*> taken(static_cast<std::size_t>(count));
    for (void*& buffer : taken) buffer = blas_memory_alloc(0);
    for (void* const buffer : taken) blas_memory_free(buffer);
    if (count < wanted) set_num_threads(count);
    wanted = count;
  }
  buffers.store(wanted);
}

}  // namespace

void prepare_blas() {
  std::call_once(prepared, [] {
    if (!openblas_set_num_threads) return;
    // The OpenMP flavour of OpenBLAS hands the number on to omp_set_num_threads: ask before, and put it back.
    num_threads();
    const int threads = omp_get_max_threads();
    openblas_set_num_threads(1);
    omp_set_num_threads(threads);
  });
  if (buffers.load(std::memory_order_acquire) < num_threads()) reserve_buffers(num_threads());
}

std::string blas_description() {
  prepare_blas();
  if (!openblas_get_corename) return "not OpenBLAS: its threads and kernels are left as they are";
  // The configuration begins with "OpenBLAS 0.3.21 " and lists the options of its build behind.
  const std::string_view config = openblas_get_config ? openblas_get_config() : "OpenBLAS";
  std::string text(config.substr(0, config.find(' ', config.find(' ') + 1)));
  text += std::string(", one thread inside our tiles, kernels ") + openblas_get_corename();
  if (core_chosen_first) {
    text += std::string(" (chosen again: it does not know this processor and had chosen ") +
            core_chosen_first + ")";
  }
  return text;
}

}  // namespace gradus
