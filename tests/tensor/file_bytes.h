// Bytes of files as the descriptions of the formats have them, made without the code under test.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::test {

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// `count` bytes of a number, little-endian.
std::string number(std::uint64_t value, int count);

/// The bytes with others in place of those at `at`.
std::string patched(std::string bytes, std::size_t at, std::string_view with);

/// Length of the header, header, elements.
std::string safetensors(std::string_view header, std::string_view elements);

/// `"name":{...}` of a header; everything goes in as it is.
std::string entry(std::string_view name, std::string_view dtype, std::string_view shape,
                  std::string_view offsets);

/// An npy file with any dictionary; not padded, which readers do not ask for.
std::string npy(std::string_view dictionary, std::string_view elements, int major = 1);
/// One with the usual dictionary.
std::string plain_npy(std::string_view descr, std::string_view shape, std::string_view elements);

/// CRC-32 (ISO 3309), a bit at a time.
std::uint32_t crc32(std::string_view bytes);

struct Member {
  std::string name;   // with its ".npy"
  std::string bytes;  // what it holds
  int method = 0;
  std::string stored = {};  // for another method than 0
  int flags = 0;
  std::string local_extra = {}, central_extra = {}, comment = {};
};

/// One deflate block that is not compressed; fewer than 65,536 bytes.
std::string as_stored_block(std::string_view bytes);
Member deflated(std::string name, std::string_view bytes);

/// The archive; `gap` goes between the members and the directory.
std::string zip(const std::vector<Member>& members, std::string_view gap = "");
/// Where the directory of an archive begins.
std::size_t directory_of(std::string_view archive);

}  // namespace gradus::test
