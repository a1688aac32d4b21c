#include <doctest/doctest.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/npy.h>
#include <gradus/tensor/npz.h>
#include <gradus/tensor/safetensors.h>
#include <gradus/tensor/thread_sanitizer.h>
#include <gradus/tests/data/temporary_folder.h>
#include <gradus/tests/error_text.h>
#include <gradus/tests/tensor/file_bytes.h>
#include <gradus/tests/tensor/malformed_files.h>

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <set>

using namespace gradus;
using namespace gradus::test;

namespace {

/// Every file is refused with a message that names it and what is wrong, in one line without control
/// characters.
template <class Load>
void check_all(const std::vector<MalformedFile>& files, Load load) {
  const TemporaryFolder folder;
  std::set<std::string> names;
  for (const MalformedFile& file : files) {
    CAPTURE(file.name);
    CHECK_MESSAGE(names.insert(file.name).second, "two cases of one name");
    const std::string path = folder.write("bad", file.bytes);
    const std::string message = error_of([&] { load(path); });
    CAPTURE(message);
    CHECK(contains(message, "'" + path + "'"));
    CHECK(contains(message, file.says));
    CHECK(message.size() < 1000);
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; };
    CHECK(std::none_of(message.begin(), message.end(), is_control));
  }
}

/// What the process had in memory at most, in bytes.
long peak_memory() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024;
}

/// A child loads a file of these bytes, longer by so many, which must fail with these words and with at most
/// 64 MB more than it began with. The file lies in memory, for there are many large ones.
template <class Load>
void check_bounded(const std::string& bytes, const std::string& says, Load load, long longer = 0) {
  CAPTURE(says);
  const int file = memfd_create("bad", 0);
  REQUIRE(file >= 0);
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t written = write(file, bytes.data() + at, bytes.size() - at);
    REQUIRE(written > 0);
    at += static_cast<std::size_t>(written);
  }
  REQUIRE(ftruncate(file, static_cast<long>(bytes.size()) + longer) == 0);
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const long before = peak_memory();
    const std::string message = error_of([&] { load(path); });
    const bool bounded = peak_memory() - before <= 64'000'000;
    _exit(!contains(message, says) ? 1 : bounded ? 0 : 2);
  }
  int status = 0;
  waitpid(child, &status, 0);
  close(file);
  CHECK(status == 0);
}

}  // namespace

TEST_CASE("malformed files: safetensors") { check_all(malformed_safetensors(), load_tensors); }
TEST_CASE("malformed files: npy") { check_all(malformed_npy(), load_npy); }
TEST_CASE("malformed files: npz") { check_all(malformed_npz(), load_npz); }

TEST_CASE("malformed files: a flipped bit of an archive never passes unseen") {
  const TemporaryFolder folder;
  const std::string good = zip({{"w.npy", plain_npy("<f4", "(2,)", "12345678")}});
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    CAPTURE(bit);
    const std::string flipped(1, static_cast<char>(good[bit / 8] ^ (1 << bit % 8)));
    const std::string path = folder.write("bad", patched(good, bit / 8, flipped));
    const std::size_t entry = directory_of(good), at = bit / 8;
    // Nothing depends on: versions, attributes.
    const bool free =
        at == 4 || at == 5 || (at >= entry + 4 && at < entry + 8) || (at >= entry + 36 && at < entry + 42);
    CHECK((error_of([&] { load_npz(path); }) == "") == free);
  }
}

TEST_CASE("malformed files: what is no regular file is refused at once") {
  const TemporaryFolder folder;
  const std::string pipe = folder.path("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  const auto check = [](const std::string& path, const std::string& says) {
    CAPTURE(path);
    CHECK(contains(error_of([&] { load_tensors(path); }), says));
    CHECK(contains(error_of([&] { load_npy(path); }), says));
    CHECK(contains(error_of([&] { load_npz(path); }), says));
  };
  check(folder.path(""), "is a folder (Is a directory), no regular file");
  check(pipe, "is a pipe, no regular file");
  check("/dev/zero", "is a device, no regular file");
  check(folder.path("absent"), "No such file or directory");
}

// The sanitizers keep what is freed, or books of every byte.
#if defined(__SANITIZE_ADDRESS__) || defined(GRADUS_THREAD_SANITIZER)
constexpr bool memory_is_measurable = false;
#else
constexpr bool memory_is_measurable = true;
#endif
TEST_CASE("malformed files: memory stays bounded while a large one is refused" *
          doctest::skip(!memory_is_measurable)) {
  constexpr std::size_t most = 100'000'000;
  const auto check = [&](std::string header, const std::string& end, const std::string& says) {
    header.resize(most - end.size(), header.back());
    check_bounded(safetensors(header + end, ""), says, load_tensors);
  };
  check("{\"a", "\"}", "more than 2097152 bytes");
  check("{ ", "", "it ends with '{'");
  check("{\"a\":{\"shape\":[1", "]}}", "more than 2097152 bytes");

  const auto check_many = [&](const std::string& start, auto piece, const std::string& end,
                              const std::string& says) {
    std::string header = start;
    for (int i = 0; header.size() < most - (2 << 20); ++i) header += piece(i);
    check_bounded(safetensors(header + end, ""), says, load_tensors);
  };
  const std::string too_many = "take more than 41943040 bytes of memory";
  check_many(
      "{", [](int i) { return entry(std::to_string(i), "U8", "[]", "[0,1]") + ","; }, "\"x\":{}}", too_many);
  check_many(
      "{",
      [](int i) { return entry(std::to_string(i) + std::string(1 << 20, 'n'), "U8", "[]", "[0,1]") + ","; },
      "\"x\":{}}", too_many);
  check_many(
      "{\"__metadata__\":{", [](int i) { return "\"" + std::to_string(i) + "\":\"\","; }, "\"x\":1}}",
      too_many);

  // The format's limit; the file has a hole where nobody has to look.
  check_bounded(number(most + 1, 8) + "{}", "100000001 bytes, and at most 100000000 are allowed",
                load_tensors, most);
  // A bool of another value behind 100 MB of good ones.
  const std::string header = "{" + entry("w", "BOOL", "[100000000]", "[0,100000000]") + "}";
  std::string falses(most, '\0');
  falses.back() = 2;
  check_bounded(safetensors(header, falses), "its element 99999999 is 2", load_tensors);
  check_bounded(plain_npy("|b1", "(100000000,)", falses), "its element 99999999 is 2", load_npy);
  std::string archive = zip({{"w.npy", plain_npy("|b1", "(100000000,)", std::string(most, '\0'))}});
  archive[archive.size() / 2] = 1;
  check_bounded(archive, "its CRC-32 is", load_npz);
}
