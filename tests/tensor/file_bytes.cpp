#include <gradus/tests/tensor/file_bytes.h>

namespace gradus::test {

std::string number(std::uint64_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> 8 * i & 255);
  return bytes;
}

std::string patched(std::string bytes, std::size_t at, std::string_view with) {
  return bytes.replace(at, with.size(), with);
}

std::string safetensors(std::string_view header, std::string_view elements) {
  return number(header.size(), 8).append(header).append(elements);
}

std::string entry(std::string_view name, std::string_view dtype, std::string_view shape,
                  std::string_view offsets) {
  std::string text = "\"";
  text.append(name).append("\":{\"dtype\":\"").append(dtype).append("\",\"shape\":").append(shape);
  return text.append(",\"data_offsets\":").append(offsets).append("}");
}

std::string npy(std::string_view dictionary, std::string_view elements, int major) {
  std::string file = "\x93NUMPY" + number(static_cast<std::uint64_t>(major), 2);
  return file.append(number(dictionary.size(), major == 1 ? 2 : 4)).append(dictionary).append(elements);
}

std::string plain_npy(std::string_view descr, std::string_view shape, std::string_view elements) {
  std::string dictionary = "{'descr': '";
  dictionary.append(descr).append("', 'fortran_order': False, 'shape': ").append(shape).append(", }\n");
  return npy(dictionary, elements);
}

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

std::string as_stored_block(std::string_view bytes) {
  return ("\x01" + number(bytes.size(), 2) + number(~bytes.size() & 0xffff, 2)).append(bytes);
}

Member deflated(std::string name, std::string_view bytes) {
  return {std::move(name), std::string(bytes), 8, as_stored_block(bytes)};
}

std::string zip(const std::vector<Member>& members, std::string_view gap) {
  std::string file, directory;
  for (const Member& m : members) {
    const std::string& stored = m.method == 0 ? m.bytes : m.stored;
    const auto fields = [&](const std::string& extra) {
      return number(20, 2) + number(static_cast<std::uint64_t>(m.flags), 2) +
             number(static_cast<std::uint64_t>(m.method), 2) + number(0, 2) + number(0x21, 2) +
             number(crc32(m.bytes), 4) + number(stored.size(), 4) + number(m.bytes.size(), 4) +
             number(m.name.size(), 2) + number(extra.size(), 2);
    };
    directory += "PK\x01\x02" + number(20, 2) + fields(m.central_extra) + number(m.comment.size(), 2) +
                 number(0, 8) + number(file.size(), 4) + m.name + m.central_extra + m.comment;
    file += "PK\x03\x04" + fields(m.local_extra) + m.name + m.local_extra + stored;
  }
  file += gap;
  const std::string end = "PK\x05\x06" + number(0, 4) + number(members.size(), 2) +
                          number(members.size(), 2) + number(directory.size(), 4) + number(file.size(), 4) +
                          number(0, 2);
  return file + directory + end;
}

std::size_t directory_of(std::string_view archive) {
  const std::string_view field = archive.substr(archive.size() - 6, 4);
  std::size_t at = 0;
  for (int i = 3; i >= 0; --i) at = at << 8 | static_cast<unsigned char>(field[static_cast<std::size_t>(i)]);
  return at;
}

}  // namespace gradus::test
