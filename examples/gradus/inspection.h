// `gradus inspect`: what is in a file of tensors, without making Tensors of it.
#pragma once
#include "statistics.h"

#include <map>
#include <string>
#include <vector>

namespace inspection {

/// One tensor or array of a file.
struct Row {
  std::string name;  // "" in an npy file, which has no names
  std::string dtype;
  std::vector<std::int64_t> shape;
  Statistics statistics;
};

struct Report {
  std::string kind;  // "safetensors", "npy" or "npz"
  std::uint64_t bytes = 0;
  std::map<std::string, std::string> metadata;
  std::vector<Row> rows;
};

/// Reads all of a safetensors, npy or npz file; what it is, its content says. Throws gradus::Error where it
/// is none of them, damaged or incomplete.
Report inspect(const std::string& path);

/// As lines for people. What a file says of itself is escaped and of bounded length.
std::string to_text(const std::string& path, const Report& report);

}  // namespace inspection
