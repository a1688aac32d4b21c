// What tests with several threads share.
#pragma once
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/tensor_class.h>

#include <cstring>
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

/// Equal in shape and in every bit of the elements, which float32 or float64 have.
inline bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || !(a.shape() == b.shape())) return false;
  const Tensor left = a.contiguous(), right = b.contiguous();
  return std::memcmp(left.raw_data(), right.raw_data(),
                     static_cast<std::size_t>(a.numel()) * size_of(a.dtype())) == 0;
}

inline bool same_bits(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same_bits(a[i], b[i])) return false;
  }
  return true;
}

}  // namespace gradus::test
