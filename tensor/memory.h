// Where all memory comes from: a caching allocator, so that a training step in the steady state asks the system for none.
//
// Small blocks (tensor handles, graph nodes, tiny storages; up to 1 KiB) come from free lists of the calling thread;
// larger ones from shared bins of size classes. A freed block stays in the cache until the limit is reached.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gradus {

/// At least `bytes` bytes, aligned to 64. Where the system has no more, the cache is emptied and it is asked
/// again before an Error is thrown, which names the bytes.
void* allocate(std::size_t bytes);

/// Gives back a block of `allocate(bytes)`; the same number of bytes must be named.
void deallocate(void* block, std::size_t bytes) noexcept;

struct MemoryStatistics {
  std::size_t used_bytes;       // in blocks larger than 1 KiB that are handed out now
  std::size_t peak_bytes;       // the most of it so far
  std::size_t cached_bytes;     // kept for the next request, small blocks not counted
  std::uint64_t system_calls;   // how often the system was asked for memory, small blocks included
};
MemoryStatistics memory_statistics();

/// Gives every cached larger block back to the system.
void empty_memory_cache();

/// The most bytes that are kept for reuse; what is freed above it goes back to the system. Default: half of the
/// machine's memory.
void set_memory_cache_limit(std::size_t bytes);

/// Sees every block larger than 1 KiB come and go, on any thread; `used` is what is handed out afterwards. It is called
/// under the allocator's lock, so it must not use the allocator.
class MemoryObserver {
 public:
  virtual void allocated(const void* block, std::size_t bytes, std::size_t used) noexcept = 0;
  virtual void freed(const void* block, std::size_t bytes, std::size_t used) noexcept = 0;

 protected:
  ~MemoryObserver() = default;
};
/// From now on this one, or nobody (nullptr). Returns the bytes that are handed out at this moment.
std::size_t observe_memory(MemoryObserver* observer);

/// For standard containers on hot paths.
template <class T>
struct CachingAllocator {
  using value_type = T;
  CachingAllocator() = default;
  template <class U>
  CachingAllocator(const CachingAllocator<U>&) {}
  T* allocate(std::size_t count) { return static_cast<T*>(gradus::allocate(count * sizeof(T))); }
  void deallocate(T* block, std::size_t count) noexcept { gradus::deallocate(block, count * sizeof(T)); }
  bool operator==(const CachingAllocator&) const { return true; }
};

/// A std::vector that takes part in the caching: a list made in every training step costs no call to the system.
template <class T>
using CachedVector = std::vector<T, CachingAllocator<T>>;

}  // namespace gradus
