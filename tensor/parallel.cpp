#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>

#include <omp.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace gradus {
namespace {

// The threads of an OpenMP pool do not exist in a forked child, and waiting for them would last forever.
constinit bool in_forked_child = false;
[[maybe_unused]] const int fork_watch = pthread_atfork(nullptr, nullptr, [] { in_forked_child = true; });

constinit std::atomic<int> chosen_threads{0};  // 0: not asked for yet

/// Threads that the system lets start beside this one, at most `wanted`. They are started to know it: OpenMP
/// ends the process where it gets fewer than it asks for.
int startable_threads(int wanted) {
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  try {
    threads.reserve(static_cast<std::size_t>(wanted));
    while (std::ssize(threads) < wanted) threads.emplace_back([&done] { done.wait(false); });
  } catch (const std::system_error&) {
  } catch (const std::bad_alloc&) {
  }
  done.store(true);
  done.notify_all();
  for (std::thread& thread : threads) thread.join();
  return static_cast<int>(threads.size());
}

/// So many of `wanted` threads as there can be, the calling one among them; from then on OpenMP has them.
int team_of(int wanted) {
  thread_local int team = 1;  // that OpenMP keeps for this thread
  if (wanted > team) {
    const int found = 1 + startable_threads(wanted - 1);
    if (found < wanted) set_num_threads(found);
    wanted = found;
  }
  return team = wanted;
}

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

// Tiles [0, count) in one contiguous share for each thread, so that a thread finds in its caches what it has
// left there in the loop before; who is done with its own share helps with the others.
class Shares {
 public:
  Shares(std::int64_t count, int threads, bool backwards)
      : shares_count_(std::min(threads, most_shares)), backwards_(backwards) {
    for (int i = 0; i < shares_count_; ++i) {
      shares_[i].begin = count * i / shares_count_, shares_[i].end = count * (i + 1) / shares_count_;
      shares_[i].next = shares_[i].begin;
    }
  }
  template <class Run>
  void work_off(int thread, const Run& run) {
    for (int i = 0; i < shares_count_; ++i) {
      Share& share = shares_[(thread + i) % shares_count_];
      while (true) {
        const std::int64_t tile = share.next.fetch_add(1, std::memory_order_relaxed);
        if (tile >= share.end) break;
        run(backwards_ ? share.begin + share.end - 1 - tile : tile);
      }
    }
  }

 private:
  struct alignas(64) Share {
    std::atomic<std::int64_t> next;
    std::int64_t begin, end;
  };
  static constexpr int most_shares = 32;  // threads beyond them help
  Share shares_[most_shares];
  int shares_count_;
  bool backwards_;
};

}  // namespace

int num_threads() {
  int count = chosen_threads.load(std::memory_order_relaxed);
  if (count == 0) {
    const int all = std::max(1, std::min(omp_get_max_threads(), omp_get_num_procs()));
    // Another thread may have set a number in between: that one counts, and `count` becomes it.
    if (chosen_threads.compare_exchange_strong(count, all, std::memory_order_relaxed)) count = all;
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
  if (tiles == 1) return body(context, 0, count);
  Failure failure;
  const auto run = [&](std::int64_t i) {
    if (failure.before(i)) return;
    try {
      body(context, i * tile, end_of_tile(i * tile, tile, count));
    } catch (...) {
      failure.keep(i, std::current_exception());
    }
  };
  // Every second loop goes backwards: it begins with what the loop before has left in the cache.
  thread_local bool went_backwards = false;
  const bool backwards = went_backwards = !went_backwards;
  const bool alone = num_threads() == 1 || in_forked_child || omp_in_parallel();
  const int threads = alone ? 1 : team_of(num_threads());
  if (threads == 1) {
    for (std::int64_t i = 0; i < tiles; ++i) run(backwards ? tiles - 1 - i : i);
    return failure.rethrow();
  }
  Shares shares(tiles, threads, backwards);
  // Always the same number of threads, even for few tiles: GCC's OpenMP ends and starts threads when the
  // number changes.
#pragma omp parallel num_threads(threads) default(shared)
  shares.work_off(omp_get_thread_num(), run);
  failure.rethrow();
}

}  // namespace gradus
