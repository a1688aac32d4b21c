#include <gradus/tensor/atomic_file.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/safetensors.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <set>

namespace gradus {

static_assert(std::endian::native == std::endian::little, "the format is little-endian, and is read and written as it is");

namespace {

constexpr std::uint64_t largest_header = 100'000'000;

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
  return {static_cast<const char*>(tensor.raw_data()), static_cast<std::size_t>(tensor.numel()) * size_of(tensor.dtype())};
}

}  // namespace

void save_tensors(const std::string& path, const NamedTensors& tensors, const std::map<std::string, std::string>& metadata) {
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
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::size_t position = 0;
  std::vector<std::string_view> pieces{"", ""};
  for (const auto& [name, tensor] : sorted) {
    if (header.contains(name)) throw Error("save", "two tensors have the name '" + name + "'");
    const std::string_view bytes = bytes_of(tensor);
    header[name] = {{"dtype", format_name(tensor.dtype())},
                    {"shape", std::vector<std::int64_t>(tensor.shape().begin(), tensor.shape().end())},
                    {"data_offsets", {position, position + bytes.size()}}};
    position += bytes.size();
    pieces.push_back(bytes);
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::exception& problem) {
    throw Error("save", "a name or the metadata is no UTF-8 text: " + std::string(problem.what()));
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  pieces[0] = {reinterpret_cast<const char*>(&length), sizeof length};
  pieces[1] = text;
  write_file_atomically(path, pieces);
}

namespace {

/// An element type of the file and what it becomes.
struct FileType {
  const char* name;
  std::size_t bytes;
  DType dtype;
};
constexpr FileType file_types[] = {{"F32", 4, DType::float32}, {"F64", 8, DType::float64}, {"I64", 8, DType::int64},
                                   {"BOOL", 1, DType::boolean}, {"I32", 4, DType::int64},  {"U8", 1, DType::int64},
                                   {"F16", 2, DType::float32}, {"BF16", 2, DType::float32}};

struct Entry {
  std::string name;
  FileType type;
  Shape shape;
  std::uint64_t begin, end;
};

float half_to_float(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  const float sign = bits & 0x8000 ? -1.0f : 1.0f;
  if (exponent == 31) return fraction ? std::nanf("") : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}

/// Reads one file; every problem is thrown with the file's name.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path), file_(path, std::ios::binary | std::ios::ate) {
    if (!file_) throw Error("load", "'" + path + "' cannot be opened: " + std::strerror(errno));
    const auto end = file_.tellg();
    if (end < 0) refuse("cannot be read");
    size_ = static_cast<std::uint64_t>(end);
  }

  TensorFile read() {
    const nlohmann::json header = read_header();
    TensorFile result;
    std::vector<Entry> entries;
    for (const auto& [name, value] : header.items()) {
      if (name == "__metadata__") read_metadata(value, result.metadata);
      else entries.push_back(read_entry(name, value));
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    check_cover(entries);
    for (const Entry& entry : entries) result.tensors.emplace_back(entry.name, read_tensor(entry));
    return result;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const { throw Error("load", "'" + path_ + "' " + why); }
  [[noreturn]] void refuse(const std::string& tensor, const std::string& why) const {
    refuse("is damaged: tensor '" + tensor + "' " + why);
  }

  void read_bytes(std::uint64_t from, void* to, std::uint64_t count) {
    file_.seekg(static_cast<std::streamoff>(from));
    if (count > 0 && !file_.read(static_cast<char*>(to), static_cast<std::streamsize>(count))) {
      refuse("ends before its byte " + std::to_string(from + count));
    }
  }

  nlohmann::json read_header() {
    if (size_ < 8) refuse("is no safetensors file: it has " + std::to_string(size_) + " bytes, and the header's length takes 8");
    std::uint64_t length = 0;
    read_bytes(0, &length, sizeof length);
    if (length > size_ - 8 || length > largest_header) {
      refuse("is cut off or no safetensors file: the header is said to have " + std::to_string(length) + " bytes, the file has " +
             std::to_string(size_));
    }
    std::string text(length, '\0');
    read_bytes(8, text.data(), length);
    data_ = 8 + length;
    std::vector<std::set<std::string>> keys;  // seen on every level, for the parser keeps the last of two
    const auto watch = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
      if (depth > 8) throw Error("load", "'" + path_ + "' is damaged: the header is nested too deep");
      if (event == nlohmann::json::parse_event_t::object_start) keys.emplace_back();
      if (event == nlohmann::json::parse_event_t::object_end) keys.pop_back();
      if (event == nlohmann::json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
        throw Error("load", "'" + path_ + "' is damaged: the name '" + parsed.get<std::string>() + "' stands twice in the header");
      }
      return true;
    };
    nlohmann::json header;
    try {
      header = nlohmann::json::parse(text, watch);
    } catch (const nlohmann::json::exception& problem) {
      refuse("is damaged: the header is no JSON: " + std::string(problem.what()));
    }
    if (!header.is_object()) refuse("is damaged: the header is no JSON object");
    return header;
  }

  void read_metadata(const nlohmann::json& value, std::map<std::string, std::string>& metadata) const {
    if (!value.is_object()) refuse("is damaged: the metadata is no JSON object");
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) refuse("is damaged: the metadata '" + key + "' is no text");
      metadata[key] = text.get<std::string>();
    }
  }

  static bool is_size(const nlohmann::json& value) {
    return value.is_number_unsigned() && value.get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX);
  }

  Entry read_entry(const std::string& name, const nlohmann::json& value) const {
    if (!value.is_object() || !value.contains("dtype") || !value.contains("shape") || !value.contains("data_offsets")) {
      refuse(name, "lacks dtype, shape or data_offsets");
    }
    Entry entry{name, {}, {}, 0, 0};
    const auto& dtype = value["dtype"];
    const auto type = std::find_if(std::begin(file_types), std::end(file_types),
                                   [&](const FileType& t) { return dtype.is_string() && dtype.get<std::string>() == t.name; });
    if (type == std::end(file_types)) refuse(name, "has a dtype that is not known: " + dtype.dump(-1, ' ', true));
    entry.type = *type;
    const auto& shape = value["shape"];
    if (!shape.is_array() || shape.size() > max_rank) refuse(name, "has no shape of at most 8 sizes");
    for (const auto& size : shape) {
      if (!is_size(size)) refuse(name, "has a size that is none: " + size.dump());
      entry.shape.push_back(size.get<std::int64_t>());
    }
    std::int64_t bytes = 0;
    if (__builtin_mul_overflow(checked_count(name, entry.shape), static_cast<std::int64_t>(entry.type.bytes), &bytes)) {
      refuse(name, "of shape " + to_string(entry.shape) + " is larger than any memory");
    }
    const auto& offsets = value["data_offsets"];
    if (!offsets.is_array() || offsets.size() != 2 || !is_size(offsets[0]) || !is_size(offsets[1])) {
      refuse(name, "has no two offsets: " + offsets.dump());
    }
    entry.begin = offsets[0].get<std::uint64_t>();
    entry.end = offsets[1].get<std::uint64_t>();
    if (entry.begin > entry.end || entry.end > size_ - data_) {
      refuse(name, "lies at " + std::to_string(entry.begin) + " to " + std::to_string(entry.end) + ", but there are " +
                       std::to_string(size_ - data_) + " bytes");
    }
    if (entry.end - entry.begin != static_cast<std::uint64_t>(bytes)) {
      refuse(name, "of " + std::string(entry.type.name) + " " + to_string(entry.shape) + " takes " + std::to_string(bytes) +
                       " bytes, its offsets hold " + std::to_string(entry.end - entry.begin));
    }
    return entry;
  }

  std::int64_t checked_count(const std::string& name, const Shape& shape) const {
    try {
      return element_count(shape);
    } catch (const Error&) {
      refuse(name, "of shape " + to_string(shape) + " has more elements than can be counted");
    }
  }

  /// The tensors lie one behind the other and fill the file.
  void check_cover(const std::vector<Entry>& entries) const {
    std::uint64_t end = 0;
    for (const Entry& entry : entries) {
      if (entry.begin != end) {
        refuse(entry.name, std::string(entry.begin < end ? "overlaps the one before it" : "leaves a gap before it") +
                               ": it begins at " + std::to_string(entry.begin) + ", that one ends at " + std::to_string(end));
      }
      end = entry.end;
    }
    if (end != size_ - data_) {
      refuse("is damaged: the tensors end at byte " + std::to_string(end) + " of " + std::to_string(size_ - data_));
    }
  }

  template <class From, class Convert>
  void read_converted(const Entry& entry, Convert convert) {
    std::vector<From> raw((entry.end - entry.begin) / sizeof(From));
    read_bytes(data_ + entry.begin, raw.data(), entry.end - entry.begin);
    for (std::size_t i = 0; i < raw.size(); ++i) convert(i, raw[i]);
  }

  Tensor read_tensor(const Entry& entry) {
    Tensor tensor = empty(entry.shape, entry.type.dtype);
    const std::string_view type = entry.type.name;
    if (type == "I32") {
      read_converted<std::int32_t>(entry, [out = tensor.data<std::int64_t>()](std::size_t i, std::int32_t v) { out[i] = v; });
    } else if (type == "U8") {
      read_converted<std::uint8_t>(entry, [out = tensor.data<std::int64_t>()](std::size_t i, std::uint8_t v) { out[i] = v; });
    } else if (type == "F16") {
      read_converted<std::uint16_t>(entry, [out = tensor.data<float>()](std::size_t i, std::uint16_t v) { out[i] = half_to_float(v); });
    } else if (type == "BF16") {
      read_converted<std::uint16_t>(entry, [out = tensor.data<float>()](std::size_t i, std::uint16_t v) {
        out[i] = std::bit_cast<float>(static_cast<std::uint32_t>(v) << 16);
      });
    } else if (type == "BOOL") {
      read_converted<std::uint8_t>(entry, [&, out = tensor.data<bool>()](std::size_t i, std::uint8_t v) {
        if (v > 1) refuse(entry.name, "is of bool, but its element " + std::to_string(i) + " is " + std::to_string(v));
        out[i] = v == 1;
      });
    } else {
      read_bytes(data_ + entry.begin, tensor.raw_data(), entry.end - entry.begin);
    }
    return tensor;
  }

  std::string path_;
  std::ifstream file_;
  std::uint64_t size_ = 0;
  std::uint64_t data_ = 0;  // where the elements begin
};

}  // namespace

TensorFile load_tensors(const std::string& path) { return Reader(path).read(); }

}  // namespace gradus
