// Random numbers for what is drawn one by one outside of tensors: orders of sentences, subwords, samples.
#pragma once
#include <cstdint>

namespace gradus {

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014). The standard
/// library's shuffle and distributions give different results on different platforms; these do not.
class RandomBits {
 public:
  explicit RandomBits(std::uint64_t state) : state_(state) {}

  /// A stream that depends on all three. Hashing each before the next is added keeps (1, 2) and (2, 1) apart.
  RandomBits(std::uint64_t seed, std::uint64_t epoch, std::uint64_t purpose)
      : state_(RandomBits(RandomBits(RandomBits(seed)() + epoch)() + purpose)()) {}

  std::uint64_t operator()() {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  /// A number below `bound`, each equally likely: the lowest 2^64 mod `bound` values are thrown again.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t surplus = (0 - bound) % bound;
    std::uint64_t bits = (*this)();
    while (bits < surplus) bits = (*this)();
    return bits % bound;
  }

  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>((*this)() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

}  // namespace gradus
