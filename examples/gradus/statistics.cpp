#include "statistics.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace inspection {
namespace {

constexpr std::uint64_t chunk = 64 * 1024;  // elements that are looked at a time

std::string text_of(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6).ptr};
}
std::string text_of(float value) { return text_of(static_cast<double>(value)); }
std::string text_of(std::int64_t value) { return std::to_string(value); }
std::string text_of(std::uint64_t value) { return std::to_string(value); }

/// Of values that are float, double, std::int64_t or std::uint64_t.
template <class T>
class Range {
 public:
  void add(T value) {
    if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(value)) {
        ++(std::isnan(value) ? result_.nans : result_.infinities);
        return;
      }
    }
    smallest_ = std::min(smallest_, value);
    largest_ = std::max(largest_, value);
    sum_ += static_cast<long double>(value);
    ++finite_;
  }

  Statistics result() {
    if (finite_ > 0) {
      result_.smallest = text_of(smallest_);
      result_.largest = text_of(largest_);
      result_.mean = text_of(static_cast<double>(sum_ / static_cast<long double>(finite_)));
    }
    return result_;
  }

 private:
  T smallest_ = std::numeric_limits<T>::max(), largest_ = std::numeric_limits<T>::lowest();
  long double sum_ = 0;  // whose range sums of the largest doubles stay in
  std::uint64_t finite_ = 0;
  Statistics result_;
};

/// Elements stored as `Raw`; `convert` gives their values.
template <class Raw, class Convert>
Statistics scan(std::uint64_t count, gradus::ByteSource& source, Convert convert) {
  Range<decltype(convert(Raw{}))> range;
  std::vector<Raw> raw(static_cast<std::size_t>(std::min(count, chunk)));
  while (count > 0) {
    raw.resize(static_cast<std::size_t>(std::min(count, chunk)));
    source.read(raw.data(), raw.size() * sizeof(Raw));
    for (const Raw element : raw) range.add(convert(element));
    count -= raw.size();
  }
  return range.result();
}

}  // namespace

Statistics read_statistics(const gradus::Origin& origin, const std::string& where,
                           const gradus::ElementType& type, std::uint64_t count, gradus::ByteSource& source) {
  const auto as_signed = [](auto value) { return static_cast<std::int64_t>(value); };
  const auto as_unsigned = [](auto value) { return static_cast<std::uint64_t>(value); };
  switch (type.code) {
    using enum gradus::ElementCode;
    case boolean: {
      std::uint64_t at = 0;
      return scan<std::uint8_t>(count, source, [&](std::uint8_t value) {
        if (value > 1) {
          origin.refuse(where + " is of bool, but its element " + std::to_string(at) + " is " +
                        std::to_string(value));
        }
        ++at;
        return static_cast<std::uint64_t>(value);
      });
    }
    case u8: return scan<std::uint8_t>(count, source, as_unsigned);
    case i8: return scan<std::int8_t>(count, source, as_signed);
    case u16: return scan<std::uint16_t>(count, source, as_unsigned);
    case i16: return scan<std::int16_t>(count, source, as_signed);
    case u32: return scan<std::uint32_t>(count, source, as_unsigned);
    case i32: return scan<std::int32_t>(count, source, as_signed);
    case u64: return scan<std::uint64_t>(count, source, as_unsigned);
    case i64: return scan<std::int64_t>(count, source, as_signed);
    case f8_e4m3: return scan<std::uint8_t>(count, source, gradus::float8_e4m3_to_float);
    case f8_e5m2: return scan<std::uint8_t>(count, source, gradus::float8_e5m2_to_float);
    case f8_e4m3fnuz: return scan<std::uint8_t>(count, source, gradus::float8_e4m3fnuz_to_float);
    case f8_e5m2fnuz: return scan<std::uint8_t>(count, source, gradus::float8_e5m2fnuz_to_float);
    case f8_e8m0: return scan<std::uint8_t>(count, source, gradus::float8_e8m0_to_float);
    case f16: return scan<std::uint16_t>(count, source, gradus::half_to_float);
    case bf16: return scan<std::uint16_t>(count, source, gradus::bfloat16_to_float);
    case f32: return scan<float>(count, source, [](float value) { return value; });
    case f64: return scan<double>(count, source, [](double value) { return value; });
    // The real and the imaginary parts.
    case c64: return scan<float>(2 * count, source, [](float value) { return value; });
  }
  origin.refuse(where + " is of an unknown type");
}

}  // namespace inspection
