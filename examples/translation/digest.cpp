#include "digest.h"

#include <array>
#include <cstdio>
#include <cstring>

namespace translation {
namespace {

using Table = std::array<std::uint64_t, 256>;

/// tables[k][b]: what byte b, with k bytes behind it, adds to the remainder. Eight tables take eight bytes at
/// once (Kounavis, Berry 2005).
constexpr std::array<Table, 8> make_tables() {
  constexpr std::uint64_t polynomial = 0xC96C5795D7870F42u;
  std::array<Table, 8> tables{};
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    std::uint64_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) remainder = (remainder >> 1) ^ (remainder & 1 ? polynomial : 0);
    tables[0][byte] = remainder;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint64_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 255];
    }
  }
  return tables;
}

constexpr std::array<Table, 8> tables = make_tables();

}  // namespace

void Digest::add(std::string_view bytes) {
  std::uint64_t remainder = remainder_;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;  // the first byte in the lowest bits: tensor/safetensors.cpp is little-endian as well
    std::memcpy(&word, at, 8);
    remainder ^= word;
    std::uint64_t next = 0;
    for (std::size_t k = 0; k < 8; ++k) next ^= tables[7 - k][(remainder >> (8 * k)) & 255];
    remainder = next;
  }
  for (; left > 0; ++at, --left) {
    remainder = (remainder >> 8) ^ tables[0][(remainder ^ static_cast<unsigned char>(*at)) & 255];
  }
  remainder_ = remainder;
}

std::string Digest::text() const {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(~remainder_));
  return digits;
}

}  // namespace translation
