// A training step of fixed shape asks the system for no memory after the first two: malloc and its family are counted
// while it runs, in our code and in everything beneath it.
#include "training.h"

#include <gradus/tensor/create.h>
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

#if !defined(__SANITIZE_ADDRESS__)

extern "C" void* malloc(std::size_t size) {
  static auto* const original = next<void*(std::size_t)>("malloc");
  count();
  return original(size);
}
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) {
  static auto* const original = next<void*(std::size_t, std::size_t)>("aligned_alloc");
  count();
  return original(alignment, size);
}
extern "C" void* realloc(void* block, std::size_t size) {
  static auto* const original = next<void*(void*, std::size_t)>("realloc");
  count();
  return original(block, size);
}

#endif

int main() {
  using namespace translation;
  using namespace gradus;
#if defined(__SANITIZE_ADDRESS__)
  std::printf("skipped: under the address sanitizer every block is the system's\n");
  return 0;
#endif
  manual_seed(1);
  Batch batch;
  batch.source = randint(4, 200, {16, 9});
  batch.lengths = full({16}, 9, DType::int64);
  batch.previous = randint(4, 300, {16, 11});
  batch.target = randint(4, 300, {16, 11});
  for (const ModelKind kind : {ModelKind::rnn, ModelKind::gru, ModelKind::lstm, ModelKind::transformer}) {
    const auto model = make_model({.kind = kind, .source_vocabulary = 200, .target_vocabulary = 300, .dim = 32, .dropout = 0.2, .hidden = 48, .ffn = 64});
    Learner learner(*model, 1e-3);
    for (int step = 1; step <= 6; ++step) {
      calls = 0;
      counting = step > 2;
      learner.step(batch, 0.1, 1);
      counting = false;
      std::printf("%s, step %d: %ld allocations by the system\n", name_of(kind), step, calls.load());
      if (calls.load() > 0) return 1;
    }
  }
  return 0;
}
