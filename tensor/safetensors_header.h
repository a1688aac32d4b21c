// The JSON header of a safetensors file.
#pragma once
#include <gradus/tensor/safetensors_layout.h>

namespace gradus {

/// Parses the bytes `begin` to `end` of the file. Every value is of its kind and every key stands once, except that
/// the names are not compared; begin and end of a tensor are as they are written, unchecked.
SafetensorsLayout parse_header(const MappedFile& file, std::uint64_t begin, std::uint64_t end);

}  // namespace gradus
