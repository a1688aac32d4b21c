// The bytes that one or several tensors look at.
#pragma once
#include <gradus/tensor/ref.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace gradus {

struct Storage {
  std::atomic<std::int32_t> owners{0};
  std::atomic<std::uint32_t> version{0};  // bumped by every write in place: a saved tensor notices
  bool borrowed = false;                  // memory of the user's (from_blob): never freed, never reused
  std::size_t bytes = 0;
  void* data = nullptr;

  /// A storage with uninitialised bytes of its own, aligned to 64.
  static Ref<Storage> make(std::size_t bytes);
  /// A storage over memory that somebody else owns and keeps alive.
  static Ref<Storage> borrow(void* data, std::size_t bytes);
  static void destroy(Storage* storage) noexcept;
};

}  // namespace gradus
