#include <doctest/doctest.h>
#include <gradus/tensor/atomic_file.h>
#include <gradus/tensor/error.h>
#include <gradus/tests/data/temporary_folder.h>

#include <sys/resource.h>

#include <csignal>

using namespace gradus;
using doctest::Contains;
using gradus::test::TemporaryFolder;

TEST_CASE("atomic file: the content is written byte for byte") {
  const TemporaryFolder folder;
  using namespace std::string_view_literals;
  const std::string_view bytes = "a\0b\n\r\xff"sv;
  write_file_atomically(folder.path("f"), bytes);
  CHECK(folder.read("f") == bytes);
  write_file_atomically(folder.path("empty"), "");
  CHECK(folder.read("empty").empty());
  CHECK(folder.file_count() == 2);
}

TEST_CASE("atomic file: pieces stand one behind the other, and a longer old file leaves nothing behind") {
  const TemporaryFolder folder;
  folder.write("f", "a much longer content than the new one");
  const std::string_view pieces[] = {"one", "", " two", " three"};
  write_file_atomically(folder.path("f"), pieces);
  CHECK(folder.read("f") == "one two three");
  CHECK(folder.file_count() == 1);
  const std::string large(3 << 20, 'x');
  const std::string_view twice[] = {large, large};
  write_file_atomically(folder.path("f"), twice);
  CHECK(folder.read("f") == large + large);
}

TEST_CASE("atomic file: one who has the old file open goes on reading it") {
  const TemporaryFolder folder;
  std::ifstream reader(folder.write("f", "old"));
  write_file_atomically(folder.path("f"), "new");
  CHECK(std::string(std::istreambuf_iterator<char>(reader), {}) == "old");
  CHECK(folder.read("f") == "new");
}

TEST_CASE("atomic file: a failure names the path and the reason, and leaves no temporary") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(write_file_atomically(folder.path("absent/f"), "x"), Contains("absent/f"), Error);
  CHECK_THROWS_WITH_AS(write_file_atomically(folder.path("absent/f"), "x"),
                       Contains("No such file or directory"), Error);
  // The name is that of a folder: all is written, but cannot be renamed.
  std::filesystem::create_directory(folder.path("taken"));
  CHECK_THROWS_WITH_AS(write_file_atomically(folder.path("taken"), "x"), Contains("Is a directory"), Error);
  CHECK_THROWS_WITH_AS(write_file_atomically("", "x"), Contains("write"), Error);
  CHECK(folder.file_count() == 1);
}

TEST_CASE("atomic file: a disk without room leaves the old file, and the message says how much was needed") {
  const TemporaryFolder folder;
  folder.write("f", "old");
  // The largest file that this process may write stands for the room on the disk.
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{1000, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const std::string large(1500, 'x');
  const std::string_view pieces[] = {large, large};
  std::string message;
  try {
    write_file_atomically(folder.path("f"), pieces);
  } catch (const Error& error) {
    message = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, ignored);
  CHECK(message == "[write] cannot write '" + folder.path("f") +
                       "': File too large; it takes 3000 bytes, and what was there before is untouched");
  CHECK(folder.read("f") == "old");
  CHECK(folder.file_count() == 1);
}

TEST_CASE("atomic file: what a killed process leaves behind is known by its name") {
  for (const char* name : {"f.tmp1", "config.json.tmp31415", "a.tmp.tmp2"}) CHECK(is_left_over(name));
  for (const char* name : {"f", "f.tmp", "f.tmp1x", ".tmp1", "tmp1", "f.tmp1.safetensors"})
    CHECK(!is_left_over(name));
}
