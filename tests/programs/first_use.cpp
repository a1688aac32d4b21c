// The first use of everything by several threads at once: instruction set, number of threads, BLAS, memory,
// and what models make when they are first used. A program of its own, because in a process there is one
// first use.
#include "search.h"

#include <gradus/gradus.h>
#include <gradus/tests/same_bits.h>
#include <gradus/tests/threads.h>

#include <cstdio>

using namespace gradus;
using test::wave;

namespace {

constexpr std::size_t thread_count = 4;

/// What a thread begins with, by its number.
Tensor first_operation(std::size_t thread) {
  if (thread == 0) return matmul(wave({150, 90}), wave({90, 110}));
  if (thread == 1) return softmax(wave({300, 70}), 1);
  if (thread == 2) return sum(tanh(wave({200000})));
  return wave({300, 200}).transpose(0, 1).contiguous();
}

std::vector<Tensor> work(std::size_t first) {
  std::vector<Tensor> results(thread_count);
  for (std::size_t i = 0; i < thread_count; ++i) {
    const std::size_t which = (first + i) % thread_count;
    results[which] = first_operation(which);
  }
  const Tensor x = wave({40, 30}).requires_grad_();
  sum(square(x)).backward();
  results.push_back(x.grad());

  for (const auto kind : {translation::ModelKind::gru, translation::ModelKind::transformer}) {
    const auto model = translation::make_model({.kind = kind,
                                                .source_vocabulary = 30,
                                                .target_vocabulary = 40,
                                                .dim = 16,
                                                .hidden = 12,
                                                .heads = 2,
                                                .ffn = 24});
    for (Tensor& parameter : parameters(model->view())) {
      const no_grad scope;
      parameter.copy_(wave(parameter.shape()));
    }
    const std::vector<std::vector<std::int64_t>> sources{{5, 9, 7}, {8}, {6, 11, 14, 4, 10}};
    for (const translation::Translation& found : translation::beam_search(*model, sources, 2))
      results.push_back(tensor(found.ids).to(DType::float64));
  }
  return results;
}

}  // namespace

int main() {
  std::vector<Tensor> together[thread_count];
  test::at_once(thread_count, [&](std::size_t thread) { together[thread] = work(thread); });
  const std::vector<Tensor> alone = work(0);
  for (std::size_t thread = 0; thread < thread_count; ++thread) {
    if (test::same_bits(together[thread], alone)) continue;
    std::printf("thread %zu got other results than one thread alone\n", thread);
    return 1;
  }
  return 0;
}
