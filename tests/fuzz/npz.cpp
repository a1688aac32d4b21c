// An npz archive: `gradus inspect` and load_npz, and what was read is written and read again.
#include "inspection.h"

#include <gradus/tensor/npz.h>
#include <gradus/tests/fuzz/fuzz.h>

using namespace gradus;
using namespace gradus::fuzz;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string path = file_of(data, size), copy = files().path("copy"), again = files().path("again");
  const bool inspected =
      takes([&] { require_printable(inspection::to_text(path, inspection::inspect(path))); });
  NamedTensors first;
  if (!takes([&] { first = load_npz(path); })) return 0;
  require(inspected, "load_npz takes what inspect refuses");
  save_npz(copy, first);
  const NamedTensors second = load_npz(copy);
  require(same(first, second), "npz: the round trip changes values");
  save_npz(again, second);
  require(files().read("copy") == files().read("again"), "npz: the round trip changes bytes");
  return 0;
}
