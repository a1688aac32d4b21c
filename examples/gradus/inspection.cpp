#include "inspection.h"

#include <gradus/data/utf8.h>
#include <gradus/tensor/npy_layout.h>
#include <gradus/tensor/safetensors_layout.h>
#include <gradus/tensor/zip.h>

#include <algorithm>

namespace inspection {

using namespace gradus;

namespace {

Report inspect_safetensors(const MappedFile& file) {
  SafetensorsLayout layout = read_layout(file);
  Report report{"safetensors", file.bytes().size(), std::move(layout.metadata), {}};
  for (TensorEntry& entry : layout.tensors) {
    MappedSource source(file, entry.begin, entry.end);
    const std::uint64_t count = (entry.end - entry.begin) / entry.type->bytes;
    const std::string where = "is damaged: tensor '" + printable(entry.name) + "'";
    const Statistics statistics = read_statistics(file.origin(), where, *entry.type, count, source);
    report.rows.push_back(
        {std::move(entry.name), std::string(entry.type->safetensors), std::move(entry.shape), statistics});
  }
  return report;
}

/// One array, whose bytes come from a file or out of an archive.
Row inspect_array(const Origin& origin, std::string name, ByteSource& source, std::uint64_t size) {
  NpyLayout layout = read_npy_layout(origin, source, size);
  const std::uint64_t count = *array_bytes(*layout.type, layout.shape) / layout.type->bytes;
  const Statistics statistics = read_statistics(origin, "is damaged: it", *layout.type, count, source);
  return {std::move(name), std::string(layout.type->npy), std::move(layout.shape), statistics};
}

Report inspect_npy(const MappedFile& file) {
  MappedSource source(file, 0, file.bytes().size());
  return {"npy", file.bytes().size(), {}, {inspect_array(file.origin(), "", source, source.left())}};
}

Report inspect_npz(const MappedFile& file) {
  Report report{"npz", file.bytes().size(), {}, {}};
  for (const ZipMember& member : read_zip(file)) {
    ZipSource source(file, member);
    report.rows.push_back(inspect_array(source.origin(), member.name, source, member.size));
    source.finish();
  }
  return report;
}

/// Lines of columns, each as wide as its widest cell; numbers stand to the right.
std::string table(const std::vector<std::vector<std::string>>& lines, std::size_t text_columns) {
  std::vector<std::size_t> widths;
  for (const auto& line : lines) {
    widths.resize(line.size());
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], display_width(line[i]));
  }
  std::string text;
  for (const auto& line : lines) {
    std::string row;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string padding(widths[i] - display_width(line[i]), ' ');
      row += (i == 0 ? "" : "  ") + (i < text_columns ? line[i] + padding : padding + line[i]);
    }
    text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace

Report inspect(const std::string& path) {
  const MappedFile file("inspect", path);
  const std::string_view bytes = file.bytes();
  if (bytes.starts_with("\x93NUMPY")) return inspect_npy(file);
  if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06")) return inspect_npz(file);
  if (bytes.size() > 8 && bytes[8] == '{') return inspect_safetensors(file);
  file.origin().refuse("is no safetensors, npy or npz file: its " + std::to_string(bytes.size()) +
                       " bytes begin with '" + printable(bytes.substr(0, 9)) + "'");
}

std::string to_text(const std::string& path, const Report& report) {
  constexpr std::size_t longest_name = 72, longest_value = 200;
  std::string text = printable(path, 1000) + ": " + report.kind + ", " + std::to_string(report.rows.size()) +
                     (report.rows.size() == 1 ? " tensor, " : " tensors, ") + std::to_string(report.bytes) +
                     " bytes\n";
  for (const auto& [key, value] : report.metadata) {
    text += "  " + printable(key, longest_name) + ": " + printable(value, longest_value) + "\n";
  }
  if (report.rows.empty()) return text;
  std::vector<std::vector<std::string>> lines = {
      {"name", "dtype", "shape", "min", "max", "mean", "NaN", "infinite"}};
  for (const Row& row : report.rows) {
    const Statistics& s = row.statistics;
    lines.push_back({printable(row.name, longest_name), row.dtype, shape_text(row.shape), s.smallest,
                     s.largest, s.mean, std::to_string(s.nans), std::to_string(s.infinities)});
  }
  return text + table(lines, 3);
}

}  // namespace inspection
