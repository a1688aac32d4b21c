// What the targets of files of tensors share.
#pragma once
#include "inspection.h"

#include <gradus/tests/fuzz/fuzz.h>

namespace gradus::fuzz {

/// A file of tensors: `gradus inspect` takes what load(path) takes, and what was read is written by
/// save(path, value) and read again with equal values, then with equal bytes.
template <class Load, class Save, class Equal>
int check_tensor_file(const std::uint8_t* data, std::size_t size, Load load, Save save, Equal equal) {
  const std::string path = file_of(data, size), copy = files().path("copy"), again = files().path("again");
  const bool inspected =
      takes([&] { require_printable(inspection::to_text(path, inspection::inspect(path))); });
  decltype(load(path)) first;
  if (!takes([&] { first = load(path); })) return 0;
  require(inspected, "the reader takes what inspect refuses");
  save(copy, first);
  const auto second = load(copy);
  require(equal(first, second), "the round trip changes values");
  save(again, second);
  require(files().read("copy") == files().read("again"), "the round trip changes bytes");
  return 0;
}

}  // namespace gradus::fuzz
