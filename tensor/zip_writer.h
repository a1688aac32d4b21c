// Writing zip archives without compression.
#pragma once
#include <gradus/tensor/origin.h>

#include <vector>

namespace gradus {

struct ZipContent {
  std::string name;       // UTF-8
  std::string head;       // what it begins with
  std::string_view rest;  // and goes on with; not owned
};

/// Writes the members in this order; the file is replaced as a whole. Refuses what needs zip64.
void write_zip(const Origin& origin, const std::string& path, const std::vector<ZipContent>& contents);

}  // namespace gradus
