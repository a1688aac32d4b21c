// What attention keeps of the positions it has projected already.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <cstdint>

namespace gradus::nn {

/// Keys and values that are projected and split into heads, (batch, key_value_heads, S, head size): computed
/// once per sentence for cross attention, and added to step by step in a decoder's self attention.
///
/// What is appended is written into room that is kept behind the positions there are, and that doubles when
/// it is used up: a step costs the same however many were before it. Where gradients are recorded it is
/// joined to a tensor of its own instead. A copy would share the room, so KeyValues can be moved only.
class KeyValues {
 public:
  KeyValues() = default;
  KeyValues(const Tensor& key, const Tensor& value);
  KeyValues(KeyValues&&) = default;
  KeyValues& operator=(KeyValues&&) = default;

  const Tensor& key() const { return key_.used; }
  const Tensor& value() const { return value_.used; }
  std::int64_t batch() const { return key().defined() ? key().size(0) : 0; }
  std::int64_t length() const { return key().defined() ? key().size(2) : 0; }

  /// Further positions of the same batch, behind those there are.
  void append(const KeyValues& more);
  /// Goes on with the rows of the batch that are numbered (int64), in that order; a row may come several
  /// times or not at all. Where every row that goes on does so at its own place as well, only the other
  /// places are written.
  void select_rows(const Tensor& numbers);

 private:
  struct Positions {
    Tensor room;  // (batch, heads, capacity, size); undefined before the first append
    Tensor used;  // (batch, heads, S, size), the front of the room where there is one
    void append(const Tensor& more);
    void select_rows(const Tensor& numbers);
  };
  Positions key_, value_;
};

}  // namespace gradus::nn
