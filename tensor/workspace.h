// Memory that a computation needs while it runs.
#pragma once
#include <gradus/tensor/memory.h>

#include <cstddef>
#include <cstdint>

namespace gradus {

/// Room for so many uninitialised elements, from the cache of blocks and back to it.
template <class T>
class Workspace {
 public:
  explicit Workspace(std::int64_t elements)
      : bytes_(static_cast<std::size_t>(elements) * sizeof(T)), data_(static_cast<T*>(allocate(bytes_))) {}
  ~Workspace() { deallocate(data_, bytes_); }
  Workspace(const Workspace&) = delete;
  T* data() const { return data_; }

 private:
  std::size_t bytes_;
  T* data_;
};

}  // namespace gradus
