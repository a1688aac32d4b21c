// A number as an operand: keeps whether it was written as an integer, so that int64 tensors stay int64.
#pragma once
#include <cstdint>
#include <type_traits>

namespace gradus {

class Scalar {
 public:
  template <class T>
    requires std::is_arithmetic_v<T>
  Scalar(T value)
      : floating_(static_cast<double>(value)), integral_(std::is_integral_v<T>) {
    if constexpr (std::is_integral_v<T>) integer_ = static_cast<std::int64_t>(value);
  }

  double to_double() const { return floating_; }
  bool integral() const { return integral_; }
  template <class T>
  T to() const {
    return integral_ ? static_cast<T>(integer_) : static_cast<T>(floating_);
  }

 private:
  double floating_;
  std::int64_t integer_ = 0;
  bool integral_;
};

}  // namespace gradus
