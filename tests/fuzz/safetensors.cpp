// A safetensors file: `gradus inspect` and load_tensors, and what was read is written and read again.
#include <gradus/tests/fuzz/tensor_file.h>

using namespace gradus;
using namespace gradus::fuzz;

namespace {

/// The order is that of the elements in the file, and the writer puts the wider ones first.
NamedTensors by_name(NamedTensors tensors) {
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return tensors;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return check_tensor_file(
      data, size, [](const std::string& path) { return load_tensors(path); },
      [](const std::string& path, const TensorFile& file) {
        save_tensors(path, file.tensors, file.metadata);
      },
      [](const TensorFile& a, const TensorFile& b) {
        return test::same_bits(by_name(a.tensors), by_name(b.tensors)) && a.metadata == b.metadata;
      });
}
