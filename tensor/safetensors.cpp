#include <gradus/tensor/atomic_file.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>
#include <gradus/tensor/safetensors.h>
#include <gradus/tensor/safetensors_header.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace gradus {
namespace {

const char* format_name(DType dtype) {
  switch (dtype) {
    case DType::float32: return "F32";
    case DType::float64: return "F64";
    case DType::int64: return "I64";
    case DType::boolean: return "BOOL";
  }
  return "?";
}

std::string_view bytes_of(const Tensor& tensor) {
  return {static_cast<const char*>(tensor.raw_data()),
          static_cast<std::size_t>(tensor.numel()) * size_of(tensor.dtype())};
}

std::string json_text(const nlohmann::json& value) {
  try {
    std::string text = value.dump();
    if (text.size() <= largest_text) return text;
    throw Error("save", "a name or a text of the metadata takes " + std::to_string(text.size()) +
                            " bytes in the header, and at most " + std::to_string(largest_text) +
                            " are read again");
  } catch (const nlohmann::json::exception& problem) {
    throw Error("save", "a name or the metadata is no UTF-8 text: " + std::string(problem.what()));
  }
}

/// `"__metadata__":{...}`, or nothing where there is none.
std::string metadata_text(const std::map<std::string, std::string>& metadata) {
  std::string text;
  for (const auto& [key, value] : metadata) {
    text += (text.empty() ? "\"__metadata__\":{" : ",") + json_text(key) + ":" + json_text(value);
  }
  return text.empty() ? text : text + "}";
}

}  // namespace

void save_tensors(const std::string& path, const NamedTensors& tensors,
                  const std::map<std::string, std::string>& metadata) {
  std::vector<std::pair<std::string, Tensor>> sorted;
  for (const auto& [name, tensor] : tensors) {
    if (!tensor.defined()) throw Error("save", "'" + name + "' is an undefined tensor");
    if (name == "__metadata__") throw Error("save", "no tensor can have the name '__metadata__'");
    sorted.emplace_back(name, tensor.detach().contiguous());
  }
  // Wider elements first, so that all lie aligned.
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return size_of(a.second.dtype()) > size_of(b.second.dtype());
  });
  std::set<std::string_view> names;
  std::string text = "{" + metadata_text(metadata);
  std::size_t memory = 0;  // that reading the header will take
  for (const auto& [key, value] : metadata) memory += memory_of_metadata(key.size(), value.size());
  std::size_t position = 0;
  std::vector<std::string_view> pieces{"", ""};
  for (const auto& [name, tensor] : sorted) {
    if (!names.insert(name).second) throw Error("save", "two tensors have the name '" + name + "'");
    const std::string_view bytes = bytes_of(tensor);
    const std::size_t end = position + bytes.size();
    const std::vector<std::int64_t> shape(tensor.shape().begin(), tensor.shape().end());
    text += (text.size() > 1 ? "," : "") + json_text(name) +
            ":{\"dtype\":" + json_text(format_name(tensor.dtype())) + ",\"shape\":" + json_text(shape) +
            ",\"data_offsets\":" + json_text(std::vector{position, end}) + "}";
    memory += memory_of_entry(name.size(), shape.size());
    position = end;
    pieces.push_back(bytes);
  }
  text += "}";
  if (memory > largest_kept || text.size() > largest_header) {
    throw Error("save", "'" + path_text(path) + "' would be too large to be read again: a header of " +
                            std::to_string(text.size()) + " bytes for " + std::to_string(sorted.size()) +
                            " tensors; use several files");
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  pieces[0] = {reinterpret_cast<const char*>(&length), sizeof length};
  pieces[1] = text;
  write_file_atomically(path, pieces);
}

namespace {

/// What a file may hold and a Tensor may not.
void check_supported(const Origin& origin, const TensorEntry& entry) {
  const std::string tensor = "cannot be loaded: tensor '" + printable(entry.name) + "' ";
  if (!entry.type->dtype) {
    origin.refuse(tensor + "has the dtype " + std::string(entry.type->safetensors) +
                  ", which Tensors do not have; F32, F64, I64, BOOL, I32, U8, F16 and BF16 can be loaded");
  }
  if (entry.shape.size() > max_rank) {
    origin.refuse(tensor + "has " + std::to_string(entry.shape.size()) + " axes, and a Tensor has at most " +
                  std::to_string(max_rank));
  }
}

}  // namespace

TensorFile load_tensors(const std::string& path) {
  const MappedFile file("load", path);
  SafetensorsLayout layout = read_layout(file);
  for (const TensorEntry& entry : layout.tensors) check_supported(file.origin(), entry);
  for (const TensorEntry& entry : layout.tensors) {
    if (entry.type->dtype != DType::boolean) continue;
    MappedSource source(file, entry.begin, entry.end);
    skim_elements(file.origin(), "is damaged: tensor '" + printable(entry.name) + "'", *entry.type,
                  entry.end - entry.begin, source);
  }
  // Nothing is wrong with the file: only now memory is asked for.
  TensorFile result;
  result.metadata = std::move(layout.metadata);
  for (TensorEntry& entry : layout.tensors) {
    MappedSource source(file, entry.begin, entry.end);
    Tensor tensor = read_elements(file.origin(), "cannot be loaded: tensor '" + printable(entry.name) + "'",
                                  *entry.type, entry.shape, source);
    result.tensors.emplace_back(std::move(entry.name), std::move(tensor));
  }
  return result;
}

}  // namespace gradus
