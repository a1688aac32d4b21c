// A digest of bytes that notices damage: CRC-64 (ECMA-182, in the reflected form of the xz format).
//
// A cyclic redundancy check is the remainder of the bytes, read as a polynomial over two elements, divided by
// a fixed polynomial. Two texts of one length have the same remainder only where their difference is a
// multiple of that polynomial. A single flipped bit is x^k, which no polynomial with two terms or more
// divides: every one is noticed, as is every burst of up to 64 bits; of other damage one in 2^64 passes. It
// guards against accidents, not against a forger.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace translation {

class Digest {
 public:
  void add(std::string_view bytes);
  /// Of all that was added: 16 hexadecimal digits.
  std::string text() const;

 private:
  std::uint64_t remainder_ = ~std::uint64_t{0};
};

}  // namespace translation
