// Threads: one loop over tiles of a fixed size.
//
// The tiles come from the shape alone, never from the number of threads, so that a result is the same bit for
// bit on one thread or many. A sum across tiles is written into one place per tile and added up in tile order
// afterwards.
#pragma once
#include <cstdint>
#include <memory>
#include <type_traits>

namespace gradus {

/// How many threads a loop may use. At the start: the processors available, or fewer where OMP_NUM_THREADS
/// asks for it. Where the system starts fewer (a limit on memory or processes), the first loop cuts the
/// number down to them.
int num_threads();

/// For the whole process, from the next loop on; any thread may call it while others compute, whose results
/// stay the same. More than the processors available are cut down to them (waiting for a processor that is
/// not there costs far more than it gains); less than 1 throws.
void set_num_threads(int count);

/// Runs `body(context, begin, end)` for every tile; what parallel_for is made of.
void run_tiles(std::int64_t count, std::int64_t tile,
               void (*body)(void* context, std::int64_t begin, std::int64_t end), void* context);

/// Calls `body(begin, end)` for [0, tile), [tile, 2 tile), ... up to `count`, on several threads and in any
/// order. Serial, tile by tile, where there is one tile or one thread, inside another parallel loop, and in a
/// forked child. An exception of the body ends the loop and is thrown on: that of the first tile that failed,
/// on any number of threads. The body calls kernels; it must not record operations (the scopes of
/// autograd/modes.h belong to the calling thread).
template <class F>
void parallel_for(std::int64_t count, std::int64_t tile, F&& body) {
  using Body = std::remove_reference_t<F>;
  run_tiles(
      count, tile,
      [](void* context, std::int64_t begin, std::int64_t end) { (*static_cast<Body*>(context))(begin, end); },
      const_cast<void*>(static_cast<const void*>(std::addressof(body))));
}

}  // namespace gradus
