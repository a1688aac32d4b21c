// The folder of a training run: who may work in it, and what lies there.
#pragma once
#include <string>

namespace translation {

/// What a folder holds that a training is to write to.
enum class FolderContent {
  nothing,  // it is missing or empty, but for what a training that was killed in its first moments leaves
  run
};
/// Throws where it is no folder, or holds anything else.
FolderContent content_of(const std::string& folder);

/// Makes the folder and its subfolders for checkpoints and samples where they are missing.
void make_run_folder(const std::string& folder);

/// The right to write to a folder: the lock that the system keeps on the file `lock` in it, which ends with
/// the process, however that ends. Throws where another process has it.
class FolderLock {
 public:
  explicit FolderLock(const std::string& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  /// True where a training has ever begun here.
  static bool exists(const std::string& folder);

 private:
  int file_;
};

/// Removes the temporaries of killed processes. The lock must be held.
void remove_left_overs(const std::string& folder);

}  // namespace translation
