// The element types that files know: more than Tensors have.
#pragma once
#include <gradus/tensor/mapped_file.h>
#include <gradus/tensor/tensor_class.h>

#include <optional>
#include <string_view>

namespace gradus {

enum class ElementCode {
  boolean,
  u8,
  i8,
  u16,
  i16,
  u32,
  i32,
  u64,
  i64,
  f8_e4m3,
  f8_e5m2,
  f8_e4m3fnuz,
  f8_e5m2fnuz,
  f8_e8m0,
  f16,
  bf16,
  f32,
  f64,
  c64
};

struct ElementType {
  ElementCode code;
  std::size_t bytes;             // of an element
  std::string_view safetensors;  // its name in that format
  std::string_view npy;          // and in this; "" where NumPy has no such type
  std::optional<DType> dtype;    // of the Tensor it is read into, without loss; nothing where it is not read
};

/// True for the types of the safetensors format whose elements are no whole bytes: not read.
bool is_unread_safetensors_type(std::string_view name);
/// The type of that name, or null.
const ElementType* find_safetensors_type(std::string_view name);
const ElementType* find_npy_type(std::string_view name);

/// IEEE 754 binary16.
float half_to_float(std::uint16_t bits);
/// The upper half of a binary32.
float bfloat16_to_float(std::uint16_t bits);
/// 1 sign, 4 exponent and 3 fraction bits; no infinity, one NaN of either sign; the largest is 448
/// (Micikevicius et al., "FP8 formats for deep learning", table 1).
float float8_e4m3_to_float(std::uint8_t bits);
/// 1 sign, 5 exponent and 2 fraction bits: the upper half of a binary16.
float float8_e5m2_to_float(std::uint8_t bits);

/// The same two with the bias one larger, no infinity, no -0, whose bits are the one NaN: the largest are 240 and 57344
/// (Noune et al., "8-bit numerical formats for deep neural networks").
float float8_e4m3fnuz_to_float(std::uint8_t bits);
float float8_e5m2fnuz_to_float(std::uint8_t bits);
/// A power of two: 8 exponent bits, no sign and no fraction; all ones is NaN (OCP Microscaling Formats 1.0,
/// section 5.4.1).
float float8_e8m0_to_float(std::uint8_t bits);

/// "(2, 3)", "(4,)", "()"; at most sixteen sizes are written out.
std::string shape_text(const std::vector<std::int64_t>& shape);

/// Bytes of an array, or nothing where the product of its sizes cannot be counted. A size of 0 does not
/// excuse the others: strides are made of them.
std::optional<std::uint64_t> array_bytes(const ElementType& type, const std::vector<std::int64_t>& shape);

/// Reads `count` elements and forgets them. Refuses a bool that is neither 0 nor 1: `where` opens the
/// message.
void skim_elements(const Origin& origin, const std::string& where, const ElementType& type,
                   std::uint64_t count, ByteSource& source);

/// A tensor of type.dtype and this shape from the next elements. Where there is no memory for it, refuses:
/// `where` opens the message.
Tensor read_elements(const Origin& origin, const std::string& where, const ElementType& type,
                     const Shape& shape, ByteSource& source);

}  // namespace gradus
