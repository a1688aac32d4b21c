#include <gradus/tensor/atomic_file.h>
#include <gradus/tensor/zip_format.h>
#include <gradus/tensor/zip_writer.h>

#include <zlib.h>

namespace gradus {
namespace {

void put16(std::string& to, std::uint64_t value) {
  to += static_cast<char>(value & 255);
  to += static_cast<char>(value >> 8 & 255);
}

void put32(std::string& to, std::uint64_t value) {
  put16(to, value);
  put16(to, value >> 16);
}

bool is_ascii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) > 127) return false;
  }
  return true;
}

/// The fields that the local header and the directory share, from the version that is needed to the length of
/// the extra field. The time is the format's first, the 1st of January 1980, so that the same tensors give
/// the same bytes.
std::string shared_fields(const ZipContent& content) {
  auto crc = ::crc32_z(0, reinterpret_cast<const Bytef*>(content.head.data()), content.head.size());
  if (!content.rest.empty()) {  // with no address zlib begins anew
    crc = ::crc32_z(crc, reinterpret_cast<const Bytef*>(content.rest.data()), content.rest.size());
  }
  const std::size_t size = content.head.size() + content.rest.size();
  std::string fields;
  put16(fields, 20);  // version 2.0
  put16(fields, is_ascii(content.name) ? 0 : zip::utf8_flag);
  put16(fields, zip::stored);
  put16(fields, 0);     // 0:00
  put16(fields, 0x21);  // day 1, month 1, year 0 of 1980
  put32(fields, crc);
  put32(fields, size);
  put32(fields, size);
  put16(fields, content.name.size());
  put16(fields, 0);
  return fields;
}

}  // namespace

void write_zip(const Origin& origin, const std::string& path, const std::vector<ZipContent>& contents) {
  if (contents.size() > zip::most_members) {
    origin.refuse("cannot be written: " + std::to_string(contents.size()) + " tensors are more than the " +
                  std::to_string(zip::most_members) + " of an archive that is no zip64; use save_tensors");
  }
  std::vector<std::string> headers;
  std::string directory;
  std::uint64_t position = 0;
  for (const ZipContent& content : contents) {
    const std::uint64_t size = content.head.size() + content.rest.size();
    if (content.name.size() > 65535) {
      origin.refuse("cannot be written: a name of " + std::to_string(content.name.size()) +
                    " bytes is longer than 65535");
    }
    if (position + size + zip::local_bytes + content.name.size() >= zip::in_zip64) {
      origin.refuse("cannot be written: with '" + printable(content.name) + "' of " + std::to_string(size) +
                    " bytes it reaches 4 GiB, which needs zip64; use save_tensors");
    }
    const std::string fields = shared_fields(content);
    std::string& header = headers.emplace_back();
    put32(header, zip::local_signature);
    header += fields + content.name;

    put32(directory, zip::central_signature);
    put16(directory, 20);  // made by version 2.0
    directory += fields;
    put16(directory, 0);  // no comment
    put16(directory, 0);  // on the first disk
    put16(directory, 0);  // internal attributes
    put32(directory, 0);  // external attributes
    put32(directory, position);
    directory += content.name;
    position += header.size() + size;
  }
  if (position + directory.size() >= zip::in_zip64) {
    origin.refuse("cannot be written: it reaches 4 GiB, which needs zip64; use save_tensors");
  }
  const std::size_t directory_size = directory.size();
  put32(directory, zip::end_signature);
  put32(directory, 0);  // this disk and that of the directory
  put16(directory, contents.size());
  put16(directory, contents.size());
  put32(directory, directory_size);
  put32(directory, position);
  put16(directory, 0);  // no comment

  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < contents.size(); ++i) {
    pieces.insert(pieces.end(), {headers[i], contents[i].head, contents[i].rest});
  }
  pieces.push_back(directory);
  write_file_atomically(path, pieces);
}

}  // namespace gradus
