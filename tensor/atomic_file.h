// Files that are whole or not there.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace gradus {

/// Writes the pieces one behind the other to a temporary file beside `path` ("PATH.tmp" and the number of the
/// process), syncs it to the disk, renames it and syncs the folder, so that `path` never holds half a file.
/// Throws an Error that names the path, the step, the reason and the bytes that were needed. The temporary is
/// removed then; only a process that is killed leaves it behind.
void write_file_atomically(const std::string& path, std::span<const std::string_view> pieces);
void write_file_atomically(const std::string& path, std::string_view content);

/// Makes the name of a new file last through a power cut: syncs the folder that it stands in. Throws where
/// the disk reports an error; a folder that may not be read and a file system that cannot sync folders are
/// let pass.
void sync_folder_of(const std::string& path);

/// True for the names of temporaries that killed processes leave behind: "....tmp" and digits.
bool is_left_over(std::string_view name);

}  // namespace gradus
