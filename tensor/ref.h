// Ref<T>: one intrusive pointer. T counts its owners in `std::atomic<std::int32_t> owners` (starting at 0) and is
// ended by `static void destroy(T*) noexcept`.
#pragma once
#include <atomic>
#include <cstdint>
#include <utility>

namespace gradus {

template <class T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* object) : object_(object) { acquire(); }
  Ref(const Ref& other) : object_(other.object_) { acquire(); }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    swap(other);
    return *this;
  }
  ~Ref() {
    if (object_) release();
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  bool operator==(const Ref& other) const { return object_ == other.object_; }
  void swap(Ref& other) noexcept { std::swap(object_, other.object_); }
  /// True where nobody else holds the object.
  bool unique() const { return object_->owners.load(std::memory_order_acquire) == 1; }

 private:
  void acquire() {
    if (object_) object_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  void release() noexcept {
    // A sole owner needs no read-modify-write: nobody else can reach the count.
    if (unique() || object_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) T::destroy(object_);
  }
  T* object_ = nullptr;
};

}  // namespace gradus
