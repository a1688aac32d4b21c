// A safetensors file: `gradus inspect` and load_tensors, and what was read is written and read again.
#include "inspection.h"

#include <gradus/tests/fuzz/fuzz.h>

using namespace gradus;
using namespace gradus::fuzz;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string path = file_of(data, size), copy = files().path("copy"), again = files().path("again");
  const bool inspected =
      takes([&] { require_printable(inspection::to_text(path, inspection::inspect(path))); });
  TensorFile first;
  if (!takes([&] { first = load_tensors(path); })) return 0;
  require(inspected, "load_tensors takes what inspect refuses");
  save_tensors(copy, first.tensors, first.metadata);
  const TensorFile second = load_tensors(copy);
  // The order is that of the elements in the file, and the writer puts the wider ones first.
  const auto by_name = [](const auto& a, const auto& b) { return a.first < b.first; };
  NamedTensors before = first.tensors, after = second.tensors;
  std::sort(before.begin(), before.end(), by_name);
  std::sort(after.begin(), after.end(), by_name);
  require(same(before, after) && first.metadata == second.metadata,
          "safetensors: the round trip changes values");
  save_tensors(again, second.tensors, second.metadata);
  require(files().read("copy") == files().read("again"), "safetensors: the round trip changes bytes");
  return 0;
}
