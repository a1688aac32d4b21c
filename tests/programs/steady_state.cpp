// A training step of fixed shape asks the system for no memory after the first two: malloc and its family are counted
// while it runs, in our code and in everything beneath it.
#include "training.h"

#include <gradus/tensor/create.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tensor/random.h>

#include <dlfcn.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace {

std::atomic<bool> counting{false};
std::atomic<long> calls{0};

void count() {
  if (counting.load(std::memory_order_relaxed)) calls.fetch_add(1, std::memory_order_relaxed);
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" void* malloc(std::size_t size) {
  static auto* const original = next<void*(std::size_t)>("malloc");
  count();
  return original(size);
}
extern "C" int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  static auto* const original = next<int(void**, std::size_t, std::size_t)>("posix_memalign");
  count();
  return original(block, alignment, size);
}
extern "C" void* realloc(void* block, std::size_t size) {
  static auto* const original = next<void*(void*, std::size_t)>("realloc");
  count();
  return original(block, size);
}

namespace {

/// Steps of a model until three in a row have asked the system for nothing. On one thread that is so from the
/// third step on. On several it takes until each thread has once had all the blocks that it ever needs beside
/// those of the others, and how long that is depends on how they meet.
bool settles(translation::ModelKind kind, int threads) {
  using namespace translation;
  using namespace gradus;
  set_num_threads(threads);
  Batch batch;
  batch.source = randint(4, 200, {16, 9});
  batch.lengths = full({16}, 9, DType::int64);
  batch.previous = randint(4, 300, {16, 11});
  batch.target = randint(4, 300, {16, 11});
  const auto model = make_model({.kind = kind,
                                 .source_vocabulary = 200,
                                 .target_vocabulary = 300,
                                 .dim = 32,
                                 .dropout = 0.2,
                                 .hidden = 48,
                                 .ffn = 64});
  Learner learner(*model, {.lr = 1e-3});
  const int most = threads == 1 ? 5 : 100;
  for (int step = 1, quiet = 0; step <= most; ++step) {
    calls = 0;
    counting = true;
    learner.step(batch, 0.1, 1);
    counting = false;
    quiet = calls.load() == 0 ? quiet + 1 : 0;
    std::printf("%s, %d threads, step %d: %ld allocations by the system\n", name_of(kind), threads, step,
                calls.load());
    if (quiet == 3) return true;
  }
  return false;
}

}  // namespace

int main() {
  using translation::ModelKind;
  gradus::manual_seed(1);
#if defined(__clang__)
  const int all = 1;  // LLVM's OpenMP asks for memory of its own in every parallel loop
#else
  const int all = gradus::num_threads();
#endif
  for (const ModelKind kind : {ModelKind::rnn, ModelKind::gru, ModelKind::lstm, ModelKind::transformer}) {
    if (!settles(kind, 1) || (all > 1 && !settles(kind, all))) return 1;
  }
  return 0;
}
