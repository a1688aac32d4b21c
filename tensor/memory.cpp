#include <gradus/tensor/error.h>
#include <gradus/tensor/memory.h>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <string>
#include <utility>

namespace gradus {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool caching = false;  // every block its own, so that the sanitizer sees a use after the end
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool caching = false;
#else
constexpr bool caching = true;
#endif
#else
constexpr bool caching = true;
#endif

constexpr std::size_t alignment = 64;
constexpr std::size_t huge_page = std::size_t{2} << 20;
constexpr std::size_t small_limit = 1024;
constexpr std::size_t small_classes = small_limit / alignment;

std::atomic<std::uint64_t> system_calls{0};

std::size_t physical_memory() {
  static const std::size_t bytes =
      static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGE_SIZE));
  return bytes;
}

[[noreturn]] void no_memory(std::size_t bytes) {
  std::string why = "this machine has " + std::to_string(physical_memory()) + " in all";
  if (bytes <= physical_memory()) {
    why += ", the system gives no more, and tensors hold " + std::to_string(memory_statistics().used_bytes) +
           " (is there a limit, ulimit -v?)";
  }
  throw Error("memory", "cannot have " + std::to_string(bytes) + " bytes: " + why +
                            "; smaller batches or a smaller model take less");
}

/// A block, or nullptr where the system has none to give.
void* ask_system(std::size_t bytes) {
  if (bytes > physical_memory()) no_memory(bytes);
  system_calls.fetch_add(1, std::memory_order_relaxed);
  const bool large = bytes >= huge_page;
  void* block = nullptr;
  if (posix_memalign(&block, large ? huge_page : alignment, bytes) != 0) return nullptr;
  // Large matrices are walked through along both axes: with pages of 4 KiB every step down a column is in
  // another one. Whole pages only, so that no memory is taken which was not asked for. A system without such
  // pages says no; no harm.
  if (large) madvise(block, bytes / huge_page * huge_page, MADV_HUGEPAGE);
  return block;
}

/// Asks a second time when what the cache keeps unused has been given back. No lock may be held.
void* memory_of_system(std::size_t bytes) {
  void* block = ask_system(bytes);
  if (!block) {
    empty_memory_cache();
    block = ask_system(bytes);
  }
  if (!block) no_memory(bytes);
  return block;
}

// --- small blocks: free lists of the thread ---

struct FreeBlock {
  FreeBlock* next;
};

struct FreeList {
  FreeBlock* head;
  std::uint32_t length;
};

constinit thread_local FreeList free_lists[small_classes] = {};

constexpr std::uint32_t batch = 64;  // blocks moved between a thread and the common lists at once
constexpr std::uint32_t most_blocks = 4 * batch;  // that a thread keeps of one class

/// Blocks that threads have given back: one that frees what another allocates would otherwise grow without
/// end.
struct CommonLists {
  std::mutex mutex;
  FreeList lists[small_classes] = {};
};
CommonLists& common() {
  static auto* lists = new CommonLists;  // outlives every thread
  return *lists;
}

void give_back(std::size_t size_class, std::uint32_t count) {
  FreeList& own = free_lists[size_class];
  std::scoped_lock lock(common().mutex);
  FreeList& shared = common().lists[size_class];
  for (; count > 0; --count) {
    FreeBlock* block = own.head;
    own.head = block->next;
    --own.length;
    block->next = shared.head;
    shared.head = block;
    ++shared.length;
  }
}

/// Gives back what a thread holds when it ends; made when the thread first needs a batch.
struct GiveBackAtExit {
  ~GiveBackAtExit() {
    for (std::size_t i = 0; i < small_classes; ++i) give_back(i, free_lists[i].length);
  }
};

void refill(std::size_t size_class) {
  thread_local GiveBackAtExit at_exit;
  (void)at_exit;
  FreeList& own = free_lists[size_class];
  {
    std::scoped_lock lock(common().mutex);
    FreeList& shared = common().lists[size_class];
    while (shared.head && own.length < batch) {
      FreeBlock* block = shared.head;
      shared.head = block->next;
      --shared.length;
      block->next = own.head;
      own.head = block;
      ++own.length;
    }
  }
  if (own.head) return;
  const std::size_t bytes = (size_class + 1) * alignment;
  char* slab = static_cast<char*>(memory_of_system(bytes * batch));  // never returned to the system
  for (std::uint32_t i = 0; i < batch; ++i) {
    auto* block = reinterpret_cast<FreeBlock*>(slab + i * bytes);
    block->next = own.head;
    own.head = block;
    ++own.length;
  }
}

// --- larger blocks: bins of size classes ---

/// Sizes are rounded up to a multiple of an eighth of their power of two: at most 12.5 % is wasted.
std::size_t rounded(std::size_t bytes) {
  const std::size_t step = std::max<std::size_t>(std::bit_floor(bytes) / 8, alignment);
  return (bytes + step - 1) / step * step;
}

std::size_t bin_of(std::size_t rounded_bytes) {
  // A size is at least 64, so power is at least 6.
  const auto power = static_cast<std::size_t>(std::bit_width(rounded_bytes)) - 1;
  // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): clang-tidy does not know bit_width
  return power * 8 + (rounded_bytes >> (power - 3)) % 8;
}

struct Bins {
  std::mutex mutex;
  FreeBlock* heads[64 * 8] = {};  // free blocks of each size class, linked through themselves
  std::size_t used = 0, peak = 0, cached = 0;
  std::size_t limit = physical_memory() / 2;
  MemoryObserver* observer = nullptr;
};
Bins& bins() {
  static auto* all_bins = new Bins;  // outlives every tensor
  return *all_bins;
}

void* allocate_large(std::size_t bytes) {
  if (bytes > physical_memory()) no_memory(bytes);
  const std::size_t size = rounded(bytes);
  Bins& cache = bins();
  std::unique_lock lock(cache.mutex);
  FreeBlock*& head = cache.heads[bin_of(size)];
  void* block = head;
  if (head) {
    head = head->next;
    cache.cached -= size;
  } else {
    lock.unlock();
    block = memory_of_system(size);
    lock.lock();
  }
  cache.used += size;
  cache.peak = std::max(cache.peak, cache.used);
  if (cache.observer) [[unlikely]] cache.observer->allocated(block, size, cache.used);
  return block;
}

void deallocate_large(void* block, std::size_t bytes) noexcept {
  const std::size_t size = rounded(bytes);
  Bins& cache = bins();
  std::scoped_lock lock(cache.mutex);
  cache.used -= size;
  if (cache.observer) [[unlikely]] cache.observer->freed(block, size, cache.used);
  if (!caching || cache.cached + size > cache.limit) {
    std::free(block);
    return;
  }
  FreeBlock*& head = cache.heads[bin_of(size)];
  head = new (block) FreeBlock{head};
  cache.cached += size;
}

}  // namespace

void* allocate(std::size_t bytes) {
  if (!caching || bytes > small_limit) return allocate_large(std::max<std::size_t>(bytes, alignment));
  const std::size_t size_class = bytes == 0 ? 0 : (bytes - 1) / alignment;
  FreeList& list = free_lists[size_class];
  if (!list.head) refill(size_class);
  FreeBlock* block = list.head;
  list.head = block->next;
  --list.length;
  return block;
}

void deallocate(void* block, std::size_t bytes) noexcept {
  if (!block) return;
  if (!caching || bytes > small_limit)
    return deallocate_large(block, std::max<std::size_t>(bytes, alignment));
  const std::size_t size_class = bytes == 0 ? 0 : (bytes - 1) / alignment;
  FreeList& list = free_lists[size_class];
  auto* free_block = static_cast<FreeBlock*>(block);
  free_block->next = list.head;
  list.head = free_block;
  if (++list.length > most_blocks) give_back(size_class, batch);
}

MemoryStatistics memory_statistics() {
  std::scoped_lock lock(bins().mutex);
  return {bins().used, bins().peak, bins().cached, system_calls.load(std::memory_order_relaxed)};
}

std::size_t observe_memory(MemoryObserver* observer) {
  std::scoped_lock lock(bins().mutex);
  bins().observer = observer;
  return bins().used;
}

void empty_memory_cache() {
  std::scoped_lock lock(bins().mutex);
  for (FreeBlock*& head : bins().heads) {
    while (head) std::free(std::exchange(head, head->next));
  }
  bins().cached = 0;
}

void set_memory_cache_limit(std::size_t bytes) {
  {
    std::scoped_lock lock(bins().mutex);
    bins().limit = bytes;
    if (bins().cached <= bytes) return;
  }
  empty_memory_cache();
}

}  // namespace gradus
