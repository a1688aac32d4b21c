// What tests with several threads share.
#pragma once
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/tensor_class.h>

#include <exception>
#include <latch>
#include <thread>
#include <vector>

namespace gradus::test {

/// Calls work(0), work(1), ... at once, each on a thread of its own, and waits for their ends. An exception
/// of one of them is thrown on.
template <class Work>
void at_once(std::size_t count, const Work& work) {
  std::latch start(static_cast<std::ptrdiff_t>(count));
  std::vector<std::exception_ptr> problems(count);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      try {
        work(i);
      } catch (...) {
        problems[i] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& problem : problems) {
    if (problem) std::rethrow_exception(problem);
  }
}

/// Numbers in [-1, 1]. Made without the library's generator, whose numbers go to whichever thread asks first.
inline Tensor wave(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return sin(arange(0, count).to(DType::float64) * 0.7 + 0.1).to(DType::float32).reshape(shape);
}

}  // namespace gradus::test
