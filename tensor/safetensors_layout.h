// What stands where in a safetensors file, without its elements: https://huggingface.co/docs/safetensors
#pragma once
#include <gradus/tensor/element_type.h>

#include <map>

namespace gradus {

/// A tensor as the header tells of it; any rank, any element type of the format.
struct TensorEntry {
  std::string name;
  const ElementType* type;
  std::vector<std::int64_t> shape;
  std::uint64_t begin, end;  // of its elements, in bytes from the start of the file
};

struct SafetensorsLayout {
  std::vector<TensorEntry> tensors;  // one behind the other, they fill the file behind the header
  std::map<std::string, std::string> metadata;
};

/// Reads and checks the header; what is returned holds for the whole file, except that a bool may be neither
/// 0 nor 1. Strict where the format's description is: no duplicate keys, no holes, no overlap, nothing before
/// the '{' and nothing but spaces behind the '}'. Memory stays below 64 MB whatever the file: names and
/// metadata together, and a single text, have a largest size, far above any real file's.
SafetensorsLayout read_layout(const MappedFile& file);

}  // namespace gradus
