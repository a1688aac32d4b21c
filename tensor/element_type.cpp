#include <gradus/tensor/create.h>
#include <gradus/tensor/element_type.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace gradus {

static_assert(std::endian::native == std::endian::little, "elements are read and written as they are");

namespace {

using enum ElementCode;
constexpr ElementType element_types[] = {
    {boolean, 1, "BOOL", "|b1", DType::boolean},
    {u8, 1, "U8", "|u1", DType::int64},
    {i8, 1, "I8", "|i1", {}},
    {u16, 2, "U16", "<u2", {}},
    {i16, 2, "I16", "<i2", {}},
    {u32, 4, "U32", "<u4", {}},
    {i32, 4, "I32", "<i4", DType::int64},
    {u64, 8, "U64", "<u8", {}},
    {i64, 8, "I64", "<i8", DType::int64},
    {f8_e4m3, 1, "F8_E4M3", "", {}},
    {f8_e5m2, 1, "F8_E5M2", "", {}},
    {f8_e4m3fnuz, 1, "F8_E4M3FNUZ", "", {}},
    {f8_e5m2fnuz, 1, "F8_E5M2FNUZ", "", {}},
    {f8_e8m0, 1, "F8_E8M0", "", {}},
    {f16, 2, "F16", "<f2", DType::float32},
    {bf16, 2, "BF16", "", DType::float32},
    {f32, 4, "F32", "<f4", DType::float32},
    {f64, 8, "F64", "<f8", DType::float64},
    {c64, 8, "C64", "", {}},
};

constexpr std::string_view unread_types[] = {"F4", "F6_E2M3", "F6_E3M2"};

constexpr std::size_t chunk = 65536;      // bytes that are converted at a time
constexpr std::size_t most_written = 16;  // sizes of a shape

const ElementType* find(std::string_view ElementType::*name, std::string_view wanted) {
  if (wanted.empty()) return nullptr;
  const auto* const found = std::find_if(std::begin(element_types), std::end(element_types),
                                         [&](const ElementType& type) { return type.*name == wanted; });
  return found == std::end(element_types) ? nullptr : found;
}

template <class From, class To, class Convert>
void read_converted(To* to, std::size_t count, ByteSource& source, Convert convert) {
  std::vector<From> raw(std::min(count, chunk / sizeof(From)));
  while (count > 0) {
    const std::size_t now = std::min(count, raw.size());
    source.read(raw.data(), now * sizeof(From));
    to = std::transform(raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(now), to, convert);
    count -= now;
  }
}

}  // namespace

const ElementType* find_safetensors_type(std::string_view name) {
  return find(&ElementType::safetensors, name);
}
bool is_unread_safetensors_type(std::string_view name) {
  return std::find(std::begin(unread_types), std::end(unread_types), name) != std::end(unread_types);
}
const ElementType* find_npy_type(std::string_view name) { return find(&ElementType::npy, name); }

float half_to_float(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  const float sign = bits & 0x8000 ? -1.0f : 1.0f;
  if (exponent == 31) return fraction ? std::nanf("") : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}

float bfloat16_to_float(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

float float8_e4m3_to_float(std::uint8_t bits) {
  const int exponent = (bits >> 3) & 15, fraction = bits & 7;
  const float sign = bits & 0x80 ? -1.0f : 1.0f;
  if (exponent == 15 && fraction == 7) return std::nanf("");
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -9);
  return sign * std::ldexp(static_cast<float>(8 + fraction), exponent - 10);
}

float float8_e4m3fnuz_to_float(std::uint8_t bits) {
  const int exponent = (bits >> 3) & 15, fraction = bits & 7;
  const float sign = bits & 0x80 ? -1.0f : 1.0f;
  if (bits == 0x80) return std::nanf("");
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -10);
  return sign * std::ldexp(static_cast<float>(8 + fraction), exponent - 11);
}

float float8_e5m2fnuz_to_float(std::uint8_t bits) {
  const int exponent = (bits >> 2) & 31, fraction = bits & 3;
  const float sign = bits & 0x80 ? -1.0f : 1.0f;
  if (bits == 0x80) return std::nanf("");
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -17);
  return sign * std::ldexp(static_cast<float>(4 + fraction), exponent - 18);
}

float float8_e8m0_to_float(std::uint8_t bits) {
  return bits == 255 ? std::nanf("") : std::ldexp(1.0f, bits - 127);
}

float float8_e5m2_to_float(std::uint8_t bits) { return half_to_float(static_cast<std::uint16_t>(bits << 8)); }

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "(";
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (axis == most_written) return text + ", and " + std::to_string(shape.size() - axis) + " more)";
    text += (axis == 0 ? "" : ", ") + std::to_string(shape[axis]);
  }
  return text + (shape.size() == 1 ? ",)" : ")");
}

std::optional<std::uint64_t> array_bytes(const ElementType& type, const std::vector<std::int64_t>& shape) {
  auto bytes = static_cast<std::int64_t>(type.bytes);
  for (const std::int64_t size : shape) {
    if (size != 0 && __builtin_mul_overflow(bytes, size, &bytes)) return {};
  }
  const bool empty = std::find(shape.begin(), shape.end(), 0) != shape.end();
  return empty ? 0 : static_cast<std::uint64_t>(bytes);
}

void skim_elements(const Origin& origin, const std::string& where, const ElementType& type,
                   std::uint64_t count, ByteSource& source) {
  std::vector<unsigned char> bytes(std::min<std::uint64_t>(count * type.bytes, chunk));
  const std::uint64_t end = count * type.bytes;
  for (std::uint64_t at = 0; at < end;) {
    const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(end - at, bytes.size()));
    source.read(bytes.data(), now);
    if (type.code == boolean) {
      const auto last = bytes.begin() + static_cast<std::ptrdiff_t>(now);
      const auto odd = std::find_if(bytes.begin(), last, [](unsigned char byte) { return byte > 1; });
      if (odd != last) {
        origin.refuse(where + " is of bool, but its element " +
                      std::to_string(at + static_cast<std::uint64_t>(odd - bytes.begin())) + " is " +
                      std::to_string(*odd));
      }
    }
    at += now;
  }
}

Tensor read_elements(const Origin& origin, const std::string& where, const ElementType& type,
                     const Shape& shape, ByteSource& source) {
  Tensor tensor;
  try {
    tensor = empty(shape, *type.dtype);
  } catch (const Error& problem) {
    origin.refuse(where + ": " + problem.what());
  }
  const auto count = static_cast<std::size_t>(tensor.numel());
  switch (type.code) {
    case u8:
      read_converted<std::uint8_t>(tensor.data<std::int64_t>(), count, source, [](auto v) { return v; });
      break;
    case i32:
      read_converted<std::int32_t>(tensor.data<std::int64_t>(), count, source, [](auto v) { return v; });
      break;
    case f16: read_converted<std::uint16_t>(tensor.data<float>(), count, source, half_to_float); break;
    case bf16: read_converted<std::uint16_t>(tensor.data<float>(), count, source, bfloat16_to_float); break;
    case boolean:
      read_converted<std::uint8_t>(tensor.data<bool>(), count, source, [](auto v) { return v != 0; });
      break;
    default: source.read(tensor.raw_data(), count * type.bytes);
  }
  return tensor;
}

}  // namespace gradus
