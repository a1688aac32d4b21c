// Changes an archive at random, then mostly puts right the sums and sizes of its members, which chance would
// never find.
#include "mutate.h"

#include <gradus/tests/tensor/file_bytes.h>

#include <zlib.h>

#include <algorithm>

using namespace gradus::test;

namespace {

std::uint64_t number_at(std::string_view bytes, std::size_t at, int count) {
  std::uint64_t value = 0;
  for (int i = count - 1; i >= 0; --i)
    value = value << 8 | static_cast<unsigned char>(bytes[at + std::size_t(i)]);
  return value;
}

/// At most so many bytes of what a deflated text was made from, as far as it goes.
std::string inflated(std::string_view stored) {
  std::string text(1 << 16, '\0');
  z_stream stream{};
  if (::inflateInit2(&stream, -MAX_WBITS) != Z_OK) return "";
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(stored.data()));
  stream.avail_in = static_cast<uInt>(stored.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  ::inflate(&stream, Z_FINISH);
  text.resize(stream.total_out);
  ::inflateEnd(&stream);
  return text;
}

/// Every entry of the directory, wherever one begins, and the local header that it points to get the sum and
/// the size of the stored bytes that they tell of.
void put_right(std::string& file) {
  for (std::size_t at = file.find("PK\x01\x02"); at != file.npos && at + 46 <= file.size();
       at = file.find("PK\x01\x02", at + 4)) {
    const std::uint64_t local = number_at(file, at + 42, 4), stored = number_at(file, at + 20, 4);
    if (local + 30 > file.size()) continue;
    const std::uint64_t begin = local + 30 + number_at(file, local + 26, 2) + number_at(file, local + 28, 2);
    if (begin + stored > file.size()) continue;
    const std::string_view bytes = std::string_view(file).substr(begin, stored);
    const std::string content = number_at(file, at + 10, 2) == 8 ? inflated(bytes) : std::string(bytes);
    const std::string sums = number(crc32(content), 4) + number(stored, 4) + number(content.size(), 4);
    file.replace(at + 16, 12, sums);
    file.replace(local + 14, 12, sums);
  }
}

}  // namespace

std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  size = LLVMFuzzerMutate(data, size, most);
  if (seed % 4 == 0) return size;
  std::string file(reinterpret_cast<const char*>(data), size);
  put_right(file);
  std::copy(file.begin(), file.end(), data);
  return size;
}
