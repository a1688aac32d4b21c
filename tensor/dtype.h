// Element types.
#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace gradus {

enum class DType : std::uint8_t { float32, float64, int64, boolean };

/// "float32", "float64", "int64", "bool".
const char* name_of(DType dtype);

/// Bytes of one element.
constexpr std::size_t size_of(DType dtype) {
  return dtype == DType::float32 ? 4 : dtype == DType::boolean ? 1 : 8;
}

constexpr bool is_floating(DType dtype) { return dtype == DType::float32 || dtype == DType::float64; }

/// The dtype in which two operands of different dtype are computed: bool < int64 < float32 < float64.
DType promote(DType a, DType b);

/// The DType of a C++ element type.
template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, float>) return DType::float32;
  else if constexpr (std::is_same_v<T, double>) return DType::float64;
  else if constexpr (std::is_same_v<T, bool>) return DType::boolean;
  else {
    static_assert(std::is_same_v<T, std::int64_t>, "element types are float, double, int64_t and bool");
    return DType::int64;
  }
}

}  // namespace gradus
