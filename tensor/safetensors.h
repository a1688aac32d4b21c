// Named tensors in a file, in the safetensors format: 8 bytes with the length of a JSON header, the header, the elements.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace gradus {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

struct TensorFile {
  NamedTensors tensors;  // in the order of their elements in the file
  std::map<std::string, std::string> metadata;
};

/// Writes all tensors as F32, F64, I64 or BOOL; the file is replaced as a whole. Names must be different, and not so
/// many that load_tensors would refuse the file (some 100,000).
void save_tensors(const std::string& path, const NamedTensors& tensors,
                  const std::map<std::string, std::string>& metadata = {});

/// Reads a file that nobody vouches for: everything is checked before memory is asked for, and an Error names the file,
/// the tensor and the numbers. I32 and U8 become int64; F16 and BF16 become float32; the format's other types and more
/// than eight axes are refused. The file must keep its size meanwhile.
TensorFile load_tensors(const std::string& path);

}  // namespace gradus
