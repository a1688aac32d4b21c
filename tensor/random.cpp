#include <gradus/tensor/create.h>
#include <gradus/tensor/elementwise.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/random.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tensor/random.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>
#include <string>

namespace gradus {
namespace {

constexpr std::int64_t group = 256;        // numbers made at a time
constexpr std::int64_t tile = 64 * group;  // elements of a tile; a multiple of the group

std::mutex generator_mutex;
constinit RandomStream generator;

// Calls body(begin, end, position of the first number) tile by tile, for `width` numbers an element.
template <class Body>
void draw(std::int64_t count, std::int64_t width, const Body& body) {
  const RandomStream stream = take_random(count * width);
  parallel_for(count, tile, [&](std::int64_t begin, std::int64_t end) {
    body(stream.seed, stream.offset + static_cast<std::uint64_t>(begin * width), begin, end);
  });
}

// Into contiguous memory of a floating dtype.
void fill_uniform(const Tensor& out, double low, double high) {
  const RandomKernels& table = kernels<RandomKernels>();
  if (out.dtype() == DType::float32) {
    float* data = out.data<float>();
    draw(out.numel(), 1,
         [&](std::uint64_t seed, std::uint64_t position, std::int64_t begin, std::int64_t end) {
           table.uniform_float(seed, position, end - begin, static_cast<float>(low), static_cast<float>(high),
                               data + begin);
         });
  } else {
    double* data = out.data<double>();
    draw(out.numel(), 2,
         [&](std::uint64_t seed, std::uint64_t position, std::int64_t begin, std::int64_t end) {
           table.uniform_double(seed, position, end - begin, low, high, data + begin);
         });
  }
}

void fill_normal(const Tensor& out, double mean, double deviation) {
  const RandomKernels& table = kernels<RandomKernels>();
  if (out.dtype() == DType::float32) {
    float* data = out.data<float>();
    draw(out.numel(), 1,
         [&](std::uint64_t seed, std::uint64_t position, std::int64_t begin, std::int64_t end) {
           table.normal_float(seed, position, end - begin, static_cast<float>(mean),
                              static_cast<float>(deviation), data + begin);
         });
  } else {
    double* data = out.data<double>();
    draw(out.numel(), 2,
         [&](std::uint64_t seed, std::uint64_t position, std::int64_t begin, std::int64_t end) {
           table.normal_double(seed, position, end - begin, mean, deviation, data + begin);
         });
  }
}

void check_floating(const char* operation, DType dtype) {
  if (is_floating(dtype)) return;
  throw Error(operation, std::string("draws float32 or float64, not ") + name_of(dtype) +
                             "; for whole numbers use randint, for truth values bernoulli");
}

// What was drawn has no derivative: a result that the graph still needs must not be drawn over.
void check_overwritable(const char* operation, const Tensor& out) {
  check_floating(operation, out.dtype());
  check_no_internal_overlap(operation, out);
  if (!out.requires_grad() || out.is_leaf()) return;
  throw Error(operation, "would draw over " + describe(out) +
                             ", which a recorded operation made; work on detach(), or open a no_grad scope "
                             "before the view is made");
}

// Runs `fill` on the tensor's memory, or on a contiguous temporary that is copied into it.
template <class Fill>
void fill_in_place(Tensor& out, const Fill& fill) {
  if (out.is_contiguous()) {
    fill(out);
  } else {
    const Tensor drawn = empty(out.shape(), out.dtype());
    fill(drawn);
    run_copy(drawn, out);
  }
  out.body()->storage->version.fetch_add(1, std::memory_order_relaxed);
}

// The high half of a 64-bit number times `range`: uniform in [0, range) but for a bias below range / 2^64
// (Lemire, "Fast Random Integer Generation in an Interval", 2019, without the rejection).
std::uint64_t below(std::uint64_t range, std::uint32_t high, std::uint32_t low) {
  const std::uint64_t middle = (range & 0xffffffff) * high + (((range & 0xffffffff) * low) >> 32);
  const std::uint64_t upper = (range >> 32) * low + (middle & 0xffffffff);
  return (range >> 32) * high + (middle >> 32) + (upper >> 32);
}

// Calls body(i, number) for `count` elements in order, with two numbers an element: 128 elements a group.
template <class Body>
void for_each_pair(std::uint64_t seed, std::uint64_t position, std::int64_t begin, std::int64_t end,
                   const Body& body) {
  const RandomKernels& table = kernels<RandomKernels>();
  std::uint32_t numbers[group];
  for (std::int64_t i = begin; i < end; i += group / 2, position += group) {
    table.numbers(seed, position, group, numbers);
    const std::int64_t wanted = std::min(group / 2, end - i);
    for (std::int64_t j = 0; j < wanted; ++j) body(i + j, numbers[j], numbers[group / 2 + j]);
  }
}

}  // namespace

void manual_seed(std::uint64_t seed) { set_random_state({seed, 0}); }

RandomStream take_random(std::int64_t numbers) {
  const std::lock_guard lock(generator_mutex);
  const RandomStream taken = generator;
  generator.offset += static_cast<std::uint64_t>((numbers + group - 1) / group * group);
  return taken;
}

RandomStream random_state() {
  const std::lock_guard lock(generator_mutex);
  return generator;
}

void set_random_state(const RandomStream& state) {
  if (state.offset % group != 0) {
    throw Error("set_random_state", "the offset " + std::to_string(state.offset) +
                                        " is not a multiple of 256; use what random_state() gave");
  }
  const std::lock_guard lock(generator_mutex);
  generator = state;
}

Tensor rand(const Shape& shape, DType dtype) {
  check_floating("rand", dtype);
  Tensor out = empty(shape, dtype);
  fill_uniform(out, 0, 1);
  return out;
}

Tensor randn(const Shape& shape, DType dtype) {
  check_floating("randn", dtype);
  Tensor out = empty(shape, dtype);
  fill_normal(out, 0, 1);
  return out;
}

Tensor rand_like(const Tensor& like) { return rand(like.shape(), like.dtype()); }
Tensor randn_like(const Tensor& like) { return randn(like.shape(), like.dtype()); }

Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape) {
  if (low >= high) {
    throw Error("randint", "there is no integer in [" + std::to_string(low) + ", " + std::to_string(high) +
                               "); low must be below high");
  }
  Tensor out = empty(shape, DType::int64);
  std::int64_t* data = out.data<std::int64_t>();
  const std::uint64_t range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  draw(out.numel(), 2, [&](std::uint64_t seed, std::uint64_t position, std::int64_t begin, std::int64_t end) {
    for_each_pair(seed, position, begin, end, [&](std::int64_t i, std::uint32_t first, std::uint32_t second) {
      data[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + below(range, first, second));
    });
  });
  return out;
}

Tensor randperm(std::int64_t n) {
  if (n < 0)
    throw Error("randperm", "a permutation of " + std::to_string(n) + " numbers; n must not be negative");
  Tensor out = empty({n}, DType::int64);
  std::int64_t* data = out.data<std::int64_t>();
  std::iota(data, data + n, std::int64_t{0});
  const RandomStream stream = take_random(2 * n);
  // Fisher and Yates, in Durstenfeld's form: place i gets one of those not yet placed.
  for_each_pair(
      stream.seed, stream.offset, 0, n, [&](std::int64_t i, std::uint32_t first, std::uint32_t second) {
        std::swap(
            data[i],
            data[i + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(n - i), first, second))]);
      });
  return out;
}

Tensor bernoulli(double p, const Shape& shape) {
  if (!(p >= 0 && p <= 1))
    throw Error("bernoulli", "the probability " + std::to_string(p) + " lies outside [0, 1]");
  Tensor out = empty(shape, DType::boolean);
  bool* data = out.data<bool>();
  const RandomKernels& table = kernels<RandomKernels>();
  draw(out.numel(), 1, [&](std::uint64_t seed, std::uint64_t position, std::int64_t begin, std::int64_t end) {
    table.mask(seed, position, end - begin, random_threshold(p), data + begin);
  });
  return out;
}

Tensor& Tensor::uniform_(double low, double high) {
  check_overwritable("uniform_", *this);
  if (!(low <= high) || !std::isfinite(high - low)) {
    throw Error("uniform_", "cannot draw from [" + std::to_string(low) + ", " + std::to_string(high) +
                                "); low must not be above high, and both finite");
  }
  fill_in_place(*this, [&](const Tensor& out) { fill_uniform(out, low, high); });
  return *this;
}

Tensor& Tensor::normal_(double mean, double standard_deviation) {
  check_overwritable("normal_", *this);
  if (!(standard_deviation >= 0)) {
    throw Error("normal_", "a standard deviation of " + std::to_string(standard_deviation) +
                               "; it must not be negative");
  }
  fill_in_place(*this, [&](const Tensor& out) { fill_normal(out, mean, standard_deviation); });
  return *this;
}

}  // namespace gradus
