// Files that are whole or not there.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace gradus {

/// Writes the pieces one behind the other to a temporary file beside `path`, syncs it to the disk and renames it, so that
/// `path` never holds half a file. The temporary is removed where that fails, and the Error names the path and the reason.
void write_file_atomically(const std::string& path, std::span<const std::string_view> pieces);
void write_file_atomically(const std::string& path, std::string_view content);

}  // namespace gradus
