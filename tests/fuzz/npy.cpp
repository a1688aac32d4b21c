// An npy file: `gradus inspect` and load_npy, and what was read is written and read again.
#include <gradus/tensor/npy.h>
#include <gradus/tests/fuzz/tensor_file.h>

using namespace gradus;
using namespace gradus::fuzz;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return check_tensor_file(
      data, size, [](const std::string& path) { return load_npy(path); },
      [](const std::string& path, const Tensor& tensor) { save_npy(path, tensor); },
      [](const Tensor& a, const Tensor& b) { return test::same_bits(a, b); });
}
