// An npz archive: `gradus inspect` and load_npz, and what was read is written and read again.
#include <gradus/tensor/npz.h>
#include <gradus/tests/fuzz/tensor_file.h>

using namespace gradus;
using namespace gradus::fuzz;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return check_tensor_file(
      data, size, [](const std::string& path) { return load_npz(path); },
      [](const std::string& path, const NamedTensors& tensors) { save_npz(path, tensors); },
      [](const NamedTensors& a, const NamedTensors& b) { return test::same_bits(a, b); });
}
