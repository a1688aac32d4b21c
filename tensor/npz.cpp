#include <gradus/tensor/atomic_file.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/npy_layout.h>
#include <gradus/tensor/npz.h>
#include <gradus/tensor/zip.h>
#include <gradus/tensor/zip_writer.h>

#include <set>

namespace gradus {

void save_npz(const std::string& path, const NamedTensors& tensors) {
  std::vector<Tensor> elements;
  std::vector<ZipContent> contents;
  std::set<std::string_view> names;
  for (const auto& [name, tensor] : tensors) {
    const std::string quoted = "'" + printable(name) + "'";
    if (!tensor.defined()) throw Error("save_npz", quoted + " is an undefined tensor");
    if (!names.insert(name).second) throw Error("save_npz", "two tensors have the name " + quoted);
    if (name.empty() || !is_utf8(name) || name.find('\0') != std::string::npos) {
      throw Error("save_npz", "the name " + quoted + " is empty, no UTF-8 text or has a NUL in it");
    }
    elements.push_back(tensor.detach().contiguous());
    const Tensor& plain = elements.back();
    const std::size_t bytes = static_cast<std::size_t>(plain.numel()) * size_of(plain.dtype());
    contents.push_back(
        {name + ".npy", npy_header(plain), {static_cast<const char*>(plain.raw_data()), bytes}});
  }
  write_zip({"save_npz", "'" + path_text(path) + "'"}, path, contents);
}

NamedTensors load_npz(const std::string& path) {
  const MappedFile file("load_npz", path);
  const std::vector<ZipMember> members = read_zip(file);
  for (const ZipMember& member : members) {
    ZipSource source(file, member);
    const NpyLayout layout = read_npy_layout(source.origin(), source, member.size);
    check_npy_supported(source.origin(), layout);
    skim_npy_elements(source.origin(), layout, source);
    source.finish();
  }
  // Nothing is wrong with the file: only now memory is asked for.
  NamedTensors result;
  for (const ZipMember& member : members) {
    ZipSource source(file, member);
    const NpyLayout layout = read_npy_layout(source.origin(), source, member.size);
    result.emplace_back(member.name, read_npy_elements(source.origin(), layout, source));
    source.finish();
  }
  return result;
}

}  // namespace gradus
