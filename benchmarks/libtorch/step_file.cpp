#include "step_file.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

namespace benchmarks {

StepFile read_step_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  std::uint64_t header_size = 0;
  if (bytes.size() < sizeof header_size) throw std::runtime_error(path + " is no safetensors file");
  std::memcpy(&header_size, bytes.data(), sizeof header_size);
  const char* header = bytes.data() + sizeof header_size;
  if (header_size > bytes.size() - sizeof header_size)
    throw std::runtime_error(path + " is cut off in its header");
  const char* elements = header + header_size;
  const std::size_t available = bytes.size() - sizeof header_size - header_size;
  const nlohmann::json entries = nlohmann::json::parse(header, elements);
  StepFile tensors;
  for (const auto& [name, entry] : entries.items()) {
    if (name == "__metadata__") continue;
    const auto begin = entry.at("data_offsets").at(0).get<std::size_t>();
    const auto shape = entry.at("shape").get<std::vector<std::int64_t>>();
    const auto type = entry.at("dtype").get<std::string>();
    if (type != "F32" && type != "I64") throw std::runtime_error(path + ": " + name + " is of dtype " + type);
    const torch::Tensor tensor = torch::empty(shape, type == "F32" ? torch::kFloat32 : torch::kInt64);
    if (begin > available || tensor.nbytes() > available - begin) {
      throw std::runtime_error(path + " is cut off in " + name);
    }
    std::memcpy(tensor.data_ptr(), elements + begin, tensor.nbytes());
    tensors[name] = tensor;
  }
  return tensors;
}

std::string name_in_step_file(const std::string& name) {
  const auto starts_with = [&](const std::string& start) {
    return name.compare(0, start.size(), start) == 0;
  };
  if (starts_with("encoder.")) return "encoder.gru" + name.substr(name.find('.'));
  if (starts_with("decoder.")) return "decoder.0.gru" + name.substr(name.find('.'));
  return name;
}

double relative_difference(const torch::Tensor& actual, const torch::Tensor& expected) {
  if (actual.sizes() != expected.sizes()) throw std::runtime_error("the shapes differ");
  const double scale = expected.abs().max().item<double>();
  return (actual - expected).abs().max().item<double>() / std::max(scale, 1e-30);
}

}  // namespace benchmarks
