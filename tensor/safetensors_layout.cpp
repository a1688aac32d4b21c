#include <gradus/tensor/safetensors_header.h>
#include <gradus/tensor/safetensors_layout.h>

#include <algorithm>
#include <cstring>
#include <tuple>

namespace gradus {
namespace {

constexpr std::uint64_t length_bytes = 8;  // the header's length stands in front of it

/// Length of the header, once what can be seen without reading it is in order.
std::uint64_t header_length(const MappedFile& file) {
  const std::string_view bytes = file.bytes();
  const Origin& origin = file.origin();
  if (bytes.size() < length_bytes) {
    origin.refuse("is no safetensors file: it has " + std::to_string(bytes.size()) +
                  " bytes, and the header's length takes 8");
  }
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), length_bytes);
  const std::string said = "the header is said to have " + std::to_string(length) + " bytes, ";
  if (length > bytes.size() - length_bytes) {
    origin.refuse("is cut off or no safetensors file: " + said + "the file has " +
                  std::to_string(bytes.size()));
  }
  if (length > largest_header) {
    origin.refuse("is damaged: " + said + "and at most " + std::to_string(largest_header) + " are allowed");
  }
  return length;
}

/// Checks one tensor against its own numbers; its place becomes one in the file.
void check_entry(const Origin& origin, TensorEntry& entry, std::uint64_t data, std::uint64_t size) {
  const auto refuse = [&](const std::string& why) {
    origin.refuse("is damaged: tensor '" + printable(entry.name) + "' " + why);
  };
  const std::string kind = std::string(entry.type->safetensors) + " " + shape_text(entry.shape);
  const std::optional<std::uint64_t> bytes = array_bytes(*entry.type, entry.shape);
  if (!bytes) refuse("of " + kind + " is larger than any memory");
  if (entry.begin > entry.end || entry.end > size) {
    refuse("lies at " + std::to_string(entry.begin) + " to " + std::to_string(entry.end) +
           ", but there are " + std::to_string(size) + " bytes");
  }
  if (entry.end - entry.begin != *bytes) {
    refuse("of " + kind + " takes " + std::to_string(*bytes) + " bytes, its offsets hold " +
           std::to_string(entry.end - entry.begin));
  }
  entry.begin += data;
  entry.end += data;
}

void check_names(const Origin& origin, std::vector<TensorEntry>& entries) {
  std::sort(entries.begin(), entries.end(),
            [](const TensorEntry& a, const TensorEntry& b) { return a.name < b.name; });
  const auto same =
      std::adjacent_find(entries.begin(), entries.end(),
                         [](const TensorEntry& a, const TensorEntry& b) { return a.name == b.name; });
  if (same != entries.end()) {
    origin.refuse("is damaged: the name '" + printable(same->name) + "' stands twice in the header");
  }
}

/// The tensors lie one behind the other and fill the file.
void check_cover(const Origin& origin, std::vector<TensorEntry>& entries, std::uint64_t data,
                 std::uint64_t size) {
  std::sort(entries.begin(), entries.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  std::uint64_t end = data;
  for (const TensorEntry& entry : entries) {
    if (entry.begin != end) {
      origin.refuse("is damaged: tensor '" + printable(entry.name) + "' " +
                    (entry.begin < end ? "overlaps the one before it" : "leaves a gap before it") +
                    ": it begins at " + std::to_string(entry.begin - data) + ", that one ends at " +
                    std::to_string(end - data));
    }
    end = entry.end;
  }
  if (end != data + size) {
    origin.refuse("is damaged: the tensors end at byte " + std::to_string(end - data) + " of " +
                  std::to_string(size));
  }
}

}  // namespace

SafetensorsLayout read_layout(const MappedFile& file) {
  file.check_size();
  const std::uint64_t length = header_length(file);
  SafetensorsLayout layout = parse_header(file, length_bytes, length_bytes + length);
  const std::uint64_t data = length_bytes + length, size = file.bytes().size() - data;
  for (TensorEntry& entry : layout.tensors) check_entry(file.origin(), entry, data, size);
  check_names(file.origin(), layout.tensors);
  check_cover(file.origin(), layout.tensors, data, size);
  return layout;
}

}  // namespace gradus
