// The JSON header of a safetensors file.
#pragma once
#include <gradus/tensor/safetensors_layout.h>

namespace gradus {

constexpr std::uint64_t largest_header = 100'000'000;  // the format's own limit
constexpr std::size_t largest_text = 2 << 20;   // as it is written; the parser keeps two copies of a token
constexpr std::size_t largest_kept = 40 << 20;  // names, entries and metadata, in memory

/// Memory that a tensor's entry takes while a header is read; twice its size, for the vector that holds them
/// grows, and two blocks of the heap.
constexpr std::size_t memory_of_entry(std::size_t name_bytes, std::size_t axes) {
  return name_bytes + axes * sizeof(std::int64_t) + 2 * sizeof(TensorEntry) + 64;
}

/// The same for a key and its text in the metadata.
constexpr std::size_t memory_of_metadata(std::size_t key_bytes, std::size_t text_bytes) {
  return key_bytes + text_bytes + 200;
}

/// Parses the bytes `begin` to `end` of the file. Every value is of its kind and every key stands once,
/// except that the names are not compared; begin and end of a tensor are as they are written, unchecked.
SafetensorsLayout parse_header(const MappedFile& file, std::uint64_t begin, std::uint64_t end);

}  // namespace gradus
