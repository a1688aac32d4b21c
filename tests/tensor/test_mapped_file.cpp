#include <doctest/doctest.h>
#include <gradus/tensor/mapped_file.h>
#include <gradus/tests/data/temporary_folder.h>
#include <gradus/tests/error_text.h>

#include <sys/mman.h>

using namespace gradus;
using namespace gradus::test;

TEST_CASE("mapped file: its bytes, and the same again after its memory was given back") {
  const TemporaryFolder folder;
  std::string bytes(3 << 20, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 >> 3);
  const MappedFile file("read", folder.write("f", bytes));
  CHECK(file.bytes() == bytes);
  file.release(0, bytes.size());
  CHECK(file.bytes() == bytes);
  const MappedFile empty("read", folder.write("empty", ""));
  CHECK(empty.bytes().empty());
}

TEST_CASE("mapped file: a source gives its bytes in any pieces, and no more") {
  const TemporaryFolder folder;
  std::string bytes(3 << 20, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 5 >> 2);
  const MappedFile file("read", folder.write("f", bytes));
  MappedSource source(file, 3, bytes.size() - 2);
  std::string read(bytes.size() - 5, '\0');
  std::size_t at = 0;
  for (const std::size_t count :
       {std::size_t{1}, std::size_t{2'000'000}, std::size_t{0}, read.size() - 2'000'001}) {
    source.read(read.data() + at, count);
    at += count;
    CHECK(source.left() == read.size() - at);
  }
  CHECK(read == bytes.substr(3, read.size()));
  char more;
  CHECK(contains(error_of([&] { source.read(&more, 1); }), "ends before its byte 3145727 of 3145726"));
}

TEST_CASE("mapped file: a file that shrinks or grows while it is read is refused") {
  const TemporaryFolder folder;
  const std::string path = folder.write("f", "12345678");
  const MappedFile file("read", path);
  MappedSource source(file, 0, 8);
  char bytes[4];
  source.read(bytes, 4);
  std::filesystem::resize_file(path, 2);
  const std::string says = "'" + path + "' had 8 bytes when it was opened and has 2 now";
  CHECK(contains(error_of([&] { source.read(bytes, 4); }), says));
  std::filesystem::resize_file(path, 9);
  CHECK(contains(error_of([&] { file.check_size(); }), "has 9 now"));
}

TEST_CASE("mapped file: a source does not touch the map") {
  const TemporaryFolder folder;
  const MappedFile file("read", folder.write("f", std::string(1 << 16, 'a')));
  // What the map shows cannot be read any more, as after a cut that nobody has noticed yet.
  ::mprotect(const_cast<char*>(file.bytes().data()), file.bytes().size(), PROT_NONE);
  std::string read(1 << 16, '\0');
  MappedSource(file, 0, read.size()).read(read.data(), read.size());
  CHECK(read == std::string(1 << 16, 'a'));
}
