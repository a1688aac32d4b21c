// Work that is done ahead of the time when it is needed.
#pragma once
#include <cstdint>
#include <functional>
#include <future>
#include <optional>
#include <system_error>
#include <utility>

namespace translation {

/// Values by number, one of which a thread may make ahead. What comes out does not depend on it: `make` must
/// give the same for a number every time, and use nothing that its owner changes meanwhile.
template <class T>
class Ahead {
 public:
  explicit Ahead(std::function<T(std::int64_t)> make) : make_(std::move(make)) {}

  /// Begins to make the value of this number, in place of one that was begun before.
  void begin(std::int64_t number) {
    drop();
    try {
      value_ = std::async(std::launch::async, make_, number);
      number_ = number;
    } catch (const std::system_error&) {
      // The system has no thread to give: take() makes the value.
    }
  }
  /// The value of this number, which was begun or is made now. Throws what make(number) throws.
  T take(std::int64_t number) {
    if (number_ != number) return make_(number);
    number_.reset();
    return value_.get();
  }
  bool has_begun(std::int64_t number) const { return number_ == number; }
  /// Waits for what was begun, and forgets it.
  void drop() {
    number_.reset();
    value_ = {};
  }

 private:
  std::function<T(std::int64_t)> make_;
  std::optional<std::int64_t> number_;
  std::future<T> value_;  // of that number; its end waits for the thread
};

}  // namespace translation
