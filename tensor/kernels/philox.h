// Philox4x32-10 for use inside kernels (Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1,
// 2, 3", SC 2011). Every kernel source that includes this gets a copy of its own (see dispatch.h).
#pragma once
#include <gradus/tensor/kernels/math.h>

#include <cstdint>

namespace gradus::GRADUS_ISA {
namespace {

inline constexpr int philox_lanes = 64;
inline constexpr int philox_group = 4 * philox_lanes;  // numbers made at a time

/// The ten rounds on 64 counters at once: the rounds outside and the lanes inside, so that the compiler
/// vectorises over lanes. Word w of lane l lies at c[w * 64 + l], before and after.
GRADUS_INLINE void philox_rounds(std::uint32_t* c, std::uint32_t key0, std::uint32_t key1) {
  constexpr int lanes = philox_lanes;
  for (int round = 0; round < 10; ++round) {
    for (int l = 0; l < lanes; ++l) {
      const std::uint64_t left = std::uint64_t{0xD2511F53} * c[l];
      const std::uint64_t right = std::uint64_t{0xCD9E8D57} * c[2 * lanes + l];
      c[l] = static_cast<std::uint32_t>(right >> 32) ^ c[lanes + l] ^ key0;
      c[lanes + l] = static_cast<std::uint32_t>(right);
      c[2 * lanes + l] = static_cast<std::uint32_t>(left >> 32) ^ c[3 * lanes + l] ^ key1;
      c[3 * lanes + l] = static_cast<std::uint32_t>(left);
    }
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
}

/// Numbers 256 group ... 256 group + 255 of the stream of `seed`: word w of the block with counter 64 group +
/// l is the number 256 group + 64 w + l. Each `series` is a stream of its own beside the others.
GRADUS_INLINE void philox_numbers(std::uint64_t seed, std::uint64_t group, std::uint32_t* numbers,
                                  std::uint32_t series = 0) {
  for (int l = 0; l < philox_lanes; ++l) {
    const std::uint64_t counter = group * philox_lanes + static_cast<std::uint64_t>(l);
    numbers[l] = static_cast<std::uint32_t>(counter);
    numbers[philox_lanes + l] = static_cast<std::uint32_t>(counter >> 32);
    numbers[2 * philox_lanes + l] = series;
    numbers[3 * philox_lanes + l] = 0;
  }
  philox_rounds(numbers, static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
}

}  // namespace
}  // namespace gradus::GRADUS_ISA
