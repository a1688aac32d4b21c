// An npy file: `gradus inspect` and load_npy, and what was read is written and read again.
#include "inspection.h"

#include <gradus/tensor/npy.h>
#include <gradus/tests/fuzz/fuzz.h>

using namespace gradus;
using namespace gradus::fuzz;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string path = file_of(data, size), copy = files().path("copy"), again = files().path("again");
  const bool inspected =
      takes([&] { require_printable(inspection::to_text(path, inspection::inspect(path))); });
  Tensor first;
  if (!takes([&] { first = load_npy(path); })) return 0;
  require(inspected, "load_npy takes what inspect refuses");
  save_npy(copy, first);
  const Tensor second = load_npy(copy);
  require(same(first, second), "npy: the round trip changes values");
  save_npy(again, second);
  require(files().read("copy") == files().read("again"), "npy: the round trip changes bytes");
  return 0;
}
