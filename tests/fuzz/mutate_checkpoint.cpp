// Changes a checkpoint at random, then mostly writes the digest into it that the reader says it has, which
// chance would never find.
#include "checkpoint.h"
#include "mutate.h"

#include <gradus/tests/error_text.h>
#include <gradus/tests/fuzz/fuzz.h>

using namespace gradus;

std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  size = LLVMFuzzerMutate(data, size, most);
  if (seed % 4 == 0) return size;
  const std::string path = fuzz::files().write("mutated", fuzz::text_of(data, size));
  const std::string message = test::error_of([&] { translation::load_checkpoint(path); });
  constexpr std::string_view before = "its digest is ", between = ", and it was written with ";
  constexpr std::size_t digits = 16;
  const std::size_t is = message.find(before), was = message.find(between);
  if (is == message.npos || was == message.npos || was + between.size() + digits > message.size())
    return size;
  const std::string_view old = std::string_view(message).substr(was + between.size(), digits);
  const std::size_t at = fuzz::text_of(data, size).find(old);
  if (at != std::string_view::npos) std::memcpy(data + at, message.data() + is + before.size(), digits);
  return size;
}
