// Random numbers: counter-based (Philox4x32-10; Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy
// as 1, 2, 3", SC 2011). A number is a pure function of the seed and its place in the stream, so the same
// seed gives the same numbers on any number of threads, and numbers can be made again instead of being kept.
//
// There is one generator for the process. Every function below takes the next piece of its stream. What is
// drawn is the same on every instruction set, bit for bit. All of it may be used by many threads at once, but
// then each gets the piece that is next when it asks: what two threads draw depends on how they meet.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <cstdint>

namespace gradus {

/// A place in a stream of 32-bit numbers. `offset` counts numbers and is a multiple of 256.
struct RandomStream {
  std::uint64_t seed = 0;
  std::uint64_t offset = 0;
  bool operator==(const RandomStream&) const = default;
};

/// Starts the process's generator anew. A program that never calls it starts with seed 0.
void manual_seed(std::uint64_t seed);

/// Reserves the next `numbers` numbers, rounded up to a multiple of 256, for the caller alone; may be called
/// by many threads at once. The kernels of tensor/kernels/random.h make numbers from the place that is
/// returned, as often as wanted.
RandomStream take_random(std::int64_t numbers);

/// Where the process's generator stands: what a checkpoint keeps.
RandomStream random_state();
/// Throws where the offset is not a multiple of 256.
void set_random_state(const RandomStream& state);

/// Uniform in [0, 1).
Tensor rand(const Shape& shape, DType dtype = DType::float32);
/// Normal with mean 0 and standard deviation 1.
Tensor randn(const Shape& shape, DType dtype = DType::float32);
/// int64, uniform in [low, high); low must be below high.
Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape);
/// int64 (n,): 0 ... n-1 in random order.
Tensor randperm(std::int64_t n);
Tensor rand_like(const Tensor& like);
Tensor randn_like(const Tensor& like);
/// bool, true with probability p in [0, 1].
Tensor bernoulli(double p, const Shape& shape);

}  // namespace gradus
