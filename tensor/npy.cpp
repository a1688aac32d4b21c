#include <gradus/tensor/atomic_file.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/npy.h>
#include <gradus/tensor/npy_layout.h>

namespace gradus {

void save_npy(const std::string& path, const Tensor& tensor) {
  if (!tensor.defined()) throw Error("save_npy", "the tensor for '" + path_text(path) + "' is undefined");
  const Tensor elements = tensor.detach().contiguous();
  const std::string header = npy_header(elements);
  const std::size_t bytes = static_cast<std::size_t>(elements.numel()) * size_of(elements.dtype());
  const std::string_view pieces[] = {header, {static_cast<const char*>(elements.raw_data()), bytes}};
  write_file_atomically(path, pieces);
}

Tensor load_npy(const std::string& path) {
  const MappedFile file("load_npy", path);
  MappedSource source(file, 0, file.bytes().size());
  const NpyLayout layout = read_npy_layout(file.origin(), source, source.left());
  check_npy_supported(file.origin(), layout);
  if (layout.type->dtype == DType::boolean) {
    MappedSource elements(file, file.bytes().size() - source.left(), file.bytes().size());
    skim_npy_elements(file.origin(), layout, elements);
  }
  return read_npy_elements(file.origin(), layout, source);
}

}  // namespace gradus
