#include <gradus/autograd/indexing.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/node.h>
#include <gradus/nn/key_values.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/elementwise.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>
#include <cstring>
#include <span>

namespace gradus::nn {
namespace {

constexpr std::int64_t least_room = 16;  // positions

/// (batch, heads, positions, size). In memory the positions of a row follow each other, so that those in use
/// are one piece.
Tensor make_room(std::int64_t batch, std::int64_t positions, const Tensor& like) {
  return empty({batch, positions, like.size(1), like.size(3)}, like.dtype()).transpose(1, 2);
}

void check_pair(const Tensor& key, const Tensor& value) {
  if (key.defined() && value.defined() && key.rank() == 4 && value.rank() == 4 &&
      key.size(0) == value.size(0) && key.size(1) == value.size(1) && key.size(2) == value.size(2)) {
    return;
  }
  throw Error("KeyValues",
              "keys and values must be (batch, heads, positions, size), alike but for the size: " +
                  describe(key) + " and " + describe(value));
}

void check_continues(const Tensor& used, const Tensor& more) {
  if (more.dtype() == used.dtype() && more.size(0) == used.size(0) && more.size(1) == used.size(1) &&
      more.size(3) == used.size(3)) {
    return;
  }
  throw Error("KeyValues", "cannot append " + describe(more) + " to " + describe(used) +
                               ": only the number of positions may differ");
}

void check_rows(std::span<const std::int64_t> rows, std::int64_t batch) {
  for (const std::int64_t row : rows) {
    if (row >= 0 && row < batch) continue;
    throw Error("KeyValues",
                "there is no row " + std::to_string(row) + " in a batch of " + std::to_string(batch));
  }
}

/// True where the rows are those there are, each at its place.
bool are_all(std::span<const std::int64_t> rows, std::int64_t batch) {
  if (static_cast<std::int64_t>(rows.size()) != batch) return false;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] != static_cast<std::int64_t>(i)) return false;
  }
  return true;
}

/// True where every row that goes on keeps its place: nothing that is read is written.
bool keep_places(std::span<const std::int64_t> rows, std::int64_t batch) {
  return static_cast<std::int64_t>(rows.size()) == batch &&
         std::all_of(rows.begin(), rows.end(),
                     [&](std::int64_t row) { return rows[static_cast<std::size_t>(row)] == row; });
}

}  // namespace

KeyValues::KeyValues(const Tensor& key, const Tensor& value) : key_{{}, key}, value_{{}, value} {
  check_pair(key, value);
}

void KeyValues::append(const KeyValues& more) {
  check_pair(more.key(), more.value());
  if (key().defined()) {
    check_continues(key(), more.key());
    check_continues(value(), more.value());
  }
  key_.append(more.key());
  value_.append(more.value());
}

void KeyValues::Positions::append(const Tensor& more) {
  if (recording(used, more)) {
    used = used.defined() ? cat({used, more}, 2) : more;
    room = {};
    return;
  }
  const std::int64_t before = used.defined() ? used.size(2) : 0, after = before + more.size(2);
  if (!room.defined() || after > room.size(2)) {
    const Tensor larger = make_room(more.size(0), std::max(least_room, 2 * after), more);
    if (before > 0) larger.slice(2, 0, before).copy_(used);
    room = larger;
  }
  // Behind all that was handed out: what the graph keeps of it stays as it is, so this is not announced as a
  // write in place.
  run_copy(more, room.slice(2, before, after));
  used = room.slice(2, 0, after);
}

void KeyValues::select_rows(const Tensor& numbers) {
  if (!key().defined()) return;
  if (!numbers.defined() || numbers.rank() != 1 || numbers.dtype() != DType::int64) {
    throw Error("KeyValues", "the numbers of rows must be int64 of one axis, got " + describe(numbers));
  }
  const Tensor rows = numbers.contiguous();
  check_rows(rows.span<std::int64_t>(), batch());
  if (are_all(rows.span<std::int64_t>(), batch())) return;
  key_.select_rows(rows);
  value_.select_rows(rows);
}

void KeyValues::Positions::select_rows(const Tensor& numbers) {
  if (!room.defined()) {
    used = index_select(used, 0, numbers);
    return;
  }
  const std::span<const std::int64_t> rows = numbers.span<std::int64_t>();
  const auto count = static_cast<std::int64_t>(rows.size());
  const bool in_place = keep_places(rows, room.size(0));
  const Tensor target = in_place ? room : make_room(count, room.size(2), room);
  const std::int64_t row_bytes = room.strides()[0] * static_cast<std::int64_t>(size_of(room.dtype())),
                     used_bytes = row_bytes / room.size(2) * used.size(2);
  const char* const from = static_cast<const char*>(room.raw_data());
  char* const to = static_cast<char*>(target.raw_data());
  constexpr std::int64_t tile_bytes = 1 << 17;
  parallel_for(count, std::max<std::int64_t>(1, tile_bytes / std::max<std::int64_t>(used_bytes, 1)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const std::int64_t row = rows[static_cast<std::size_t>(i)];
                   if (in_place && row == i) continue;
                   std::memcpy(to + i * row_bytes, from + row * row_bytes,
                               static_cast<std::size_t>(used_bytes));
                 }
               });
  if (in_place) room.body()->storage->version.fetch_add(1, std::memory_order_relaxed);
  room = target;
  used = room.slice(2, 0, used.size(2));
}

}  // namespace gradus::nn
