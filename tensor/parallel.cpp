#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>

#include <omp.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>
#include <string>

namespace gradus {
namespace {

// The threads of an OpenMP pool do not exist in a forked child, and waiting for them would last forever.
constinit bool in_forked_child = false;
[[maybe_unused]] const int fork_watch = pthread_atfork(nullptr, nullptr, [] { in_forked_child = true; });

constinit std::atomic<int> chosen_threads{0};  // 0: not asked for yet

std::int64_t end_of_tile(std::int64_t begin, std::int64_t tile, std::int64_t count) {
  return count - begin < tile ? count : begin + tile;
}

// The exception of the first tile that failed. Tiles behind it are skipped, tiles before it still run, so
// which one that is does not depend on the threads.
class Failure {
 public:
  bool before(std::int64_t index) const { return index_.load(std::memory_order_relaxed) < index; }
  void keep(std::int64_t index, std::exception_ptr exception) {
    const std::lock_guard lock(mutex_);
    if (index > index_.load(std::memory_order_relaxed)) return;
    index_.store(index, std::memory_order_relaxed);
    exception_ = std::move(exception);
  }
  void rethrow() const {
    if (exception_) std::rethrow_exception(exception_);
  }

 private:
  std::atomic<std::int64_t> index_{std::numeric_limits<std::int64_t>::max()};
  std::mutex mutex_;
  std::exception_ptr exception_;
};

}  // namespace

int num_threads() {
  int count = chosen_threads.load(std::memory_order_relaxed);
  if (count == 0) {
    count = std::max(1, std::min(omp_get_max_threads(), omp_get_num_procs()));
    chosen_threads.store(count, std::memory_order_relaxed);
  }
  return count;
}

void set_num_threads(int count) {
  if (count < 1) {
    throw Error("set_num_threads", std::to_string(count) + " threads cannot work; at least 1 is needed");
  }
  chosen_threads.store(std::min(count, std::max(1, omp_get_num_procs())), std::memory_order_relaxed);
}

void run_tiles(std::int64_t count, std::int64_t tile, void (*body)(void*, std::int64_t, std::int64_t),
               void* context) {
  if (tile < 1)
    throw Error("parallel_for", "a tile of " + std::to_string(tile) + " elements; at least 1 is needed");
  if (count <= 0) return;
  const std::int64_t tiles = (count - 1) / tile + 1;
  const int threads = num_threads();
  if (tiles == 1 || threads == 1 || in_forked_child || omp_in_parallel()) {
    for (std::int64_t i = 0; i < tiles; ++i) body(context, i * tile, end_of_tile(i * tile, tile, count));
    return;
  }
  Failure failure;
  // Always the same number of threads, even for few tiles: GCC's OpenMP ends and starts threads when the
  // number changes.
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) default(shared)
  for (std::int64_t i = 0; i < tiles; ++i) {
    if (failure.before(i)) continue;
    try {
      body(context, i * tile, end_of_tile(i * tile, tile, count));
    } catch (...) {
      failure.keep(i, std::current_exception());
    }
  }
  failure.rethrow();
}

}  // namespace gradus
