#include <doctest/doctest.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/npz.h>
#include <gradus/tests/data/temporary_folder.h>
#include <gradus/tests/tensor/file_bytes.h>

using namespace gradus;
using namespace gradus::test;
using doctest::Contains;
using Floats = std::vector<float>;
using Integers = std::vector<std::int64_t>;

namespace {

const std::string two = plain_npy("<f4", "(2,)", bytes_of(Floats{1, 2}));

NamedTensors load(const std::string& bytes) {
  const TemporaryFolder folder;
  return load_npz(folder.write("a.npz", bytes));
}

}  // namespace

TEST_CASE("npz: the bytes of a small archive") {
  const TemporaryFolder folder;
  save_npz(folder.path("a.npz"), {{"w", tensor({1, 2})}, {"größe", tensor({1, 0}, DType::boolean)}});
  const auto array = [](const std::string& descr, const std::string& elements) {
    std::string text = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (2,), }";
    text.resize(117, ' ');
    return npy(text + "\n", elements);
  };
  CHECK(folder.read("a.npz") == zip({{"w.npy", array("<f4", bytes_of(Floats{1, 2}))},
                                     {"größe.npy", array("|b1", std::string("\1\0", 2)), 0, {}, 0x800}}));
}

TEST_CASE("npz: what is saved is loaded, in its order") {
  const TemporaryFolder folder;
  const NamedTensors saved = {{"z", tensor({{1, 2}, {3, 4}}).t()},
                              {"flags", tensor({1, 0, 1}, DType::boolean)},
                              {"a/b \"c\"\n", tensor(Integers{INT64_MIN, INT64_MAX})},
                              {"nothing", zeros({2, 0})},
                              {"größe", tensor(std::vector<double>{0.1, 1e300})},
                              {"scalar", tensor(2.5)}};
  save_npz(folder.path("a.npz"), saved);
  const NamedTensors loaded = load_npz(folder.path("a.npz"));
  REQUIRE(loaded.size() == saved.size());
  for (std::size_t i = 0; i < saved.size(); ++i) {
    CAPTURE(i);
    CHECK(loaded[i].first == saved[i].first);
    CHECK(loaded[i].second.shape() == saved[i].second.shape());
    CHECK(loaded[i].second.dtype() == saved[i].second.dtype());
    CHECK(loaded[i].second.to_vector<double>() == saved[i].second.to_vector<double>());
  }
  CHECK(loaded[2].second.to_vector<std::int64_t>() == Integers{INT64_MIN, INT64_MAX});
  save_npz(folder.path("empty.npz"), {});
  CHECK(folder.read("empty.npz").size() == 22);
  CHECK(load_npz(folder.path("empty.npz")).empty());
}

TEST_CASE("npz: a large member, in more than one piece") {
  const TemporaryFolder folder;
  const Tensor large = arange(0, 1 << 20, 1, DType::int64);
  save_npz(folder.path("a.npz"), {{"large", large}});
  CHECK(load_npz(folder.path("a.npz"))[0].second.to_vector<std::int64_t>() ==
        large.to_vector<std::int64_t>());
}

TEST_CASE("npz: headers as NumPy writes them") {
  // It puts the sizes into a zip64 field of every local header; newer Pythons only there.
  const std::string field = number(1, 2) + number(16, 2) + number(two.size(), 8) + number(two.size(), 8);
  const std::string older = zip({{"w.npy", two, 0, {}, 0, field}});
  CHECK(load(older)[0].second.to_vector<float>() == Floats{1, 2});
  const std::string newer = patched(older, 18, number(0xffffffff, 4) + number(0xffffffff, 4));
  const NamedTensors tensors = load(newer);
  REQUIRE(tensors.size() == 1);
  CHECK(tensors[0].first == "w");
  CHECK(tensors[0].second.to_vector<float>() == Floats{1, 2});
}

TEST_CASE("npz: deflated members") {
  CHECK(load(zip({deflated("w.npy", two), {"v.npy", two}}))[0].second.to_vector<float>() == Floats{1, 2});
  // Compressed by Python: zlib.compressobj(9, zlib.DEFLATED, -15) of the header below and 1000 zeros of
  // float32.
  const std::string zeros_1000 = plain_npy("<f4", "(1000,)", std::string(4000, '\0'));
  const unsigned char compressed[] = {
      0xed, 0xc8, 0x31, 0x0e, 0x40, 0x30, 0x18, 0x86, 0xe1, 0x5a, 0x9d, 0xa2, 0xdb, 0x4f, 0xd2, 0xa1,
      0x12, 0x93, 0xb0, 0xda, 0x88, 0xc5, 0x60, 0x92, 0x46, 0xdb, 0x18, 0x44, 0xa5, 0xb5, 0x89, 0x53,
      0xb8, 0xb0, 0x3a, 0x85, 0xe5, 0x7b, 0xb6, 0xf7, 0x7d, 0xfa, 0xb1, 0x1b, 0xa6, 0x84, 0x35, 0xec,
      0x22, 0x6d, 0xc2, 0xe2, 0xa9, 0xe2, 0x54, 0xdb, 0x92, 0x04, 0x27, 0xeb, 0xfc, 0xe9, 0xd5, 0x3e,
      0x3b, 0xaf, 0xcd, 0xf7, 0x5b, 0xb5, 0x05, 0x13, 0x7f, 0x58, 0xd5, 0x61, 0x62, 0x67, 0x85, 0x94,
      0x52, 0xe4, 0x82, 0xdf, 0x29, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0xdf, 0xbd};
  const std::string stored(reinterpret_cast<const char*>(compressed), sizeof compressed);
  const NamedTensors tensors = load(zip({{"zeros.npy", zeros_1000, 8, stored}}));
  REQUIRE(tensors.size() == 1);
  CHECK(tensors[0].second.to_vector<float>() == Floats(1000));
}

TEST_CASE("npz: types and ranks that Tensors do not have are named") {
  const auto bad = [](const std::string& descr, const std::string& shape, const std::string& elements) {
    return zip({{"w.npy", plain_npy(descr, shape, elements)}});
  };
  CHECK_THROWS_WITH_AS(load(bad("<u2", "(1,)", "12")),
                       Contains("member 'w.npy' has elements of type '<u2', which Tensors do not have"),
                       Error);
  CHECK_THROWS_WITH_AS(load(bad("<f4", "(1, 1, 1, 1, 1, 1, 1, 1, 1)", "1234")),
                       Contains("member 'w.npy' has 9 axes"), Error);
  CHECK(load(bad("|u1", "(2,)", "\x07\xff"))[0].second.to_vector<std::int64_t>() == Integers{7, 255});
  CHECK(load(bad("<f2", "(1,)", number(0x3c00, 2)))[0].second.to_vector<float>() == Floats{1});
}

TEST_CASE("npz: what cannot be saved leaves the old file as it was") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.npz", "old");
  const Tensor t = ones({2});
  CHECK_THROWS_WITH_AS(save_npz(path, {{"a", Tensor()}}), Contains("'a' is an undefined tensor"), Error);
  CHECK_THROWS_WITH_AS(save_npz(path, {{"a", t}, {"a", t}}), Contains("two tensors have the name 'a'"),
                       Error);
  CHECK_THROWS_WITH_AS(save_npz(path, {{"", t}}), Contains("is empty"), Error);
  CHECK_THROWS_WITH_AS(save_npz(path, {{"\xff", t}}), Contains("'\\xff'"), Error);
  CHECK_THROWS_WITH_AS(save_npz(path, {{std::string("a\0b", 3), t}}), Contains("a NUL"), Error);
  CHECK_THROWS_WITH_AS(save_npz(path, {{std::string(65536, 'n'), t}}), Contains("a name of 65540 bytes"),
                       Error);
  CHECK_THROWS_WITH_AS(save_npz(folder.path("absent/f"), {{"a", t}}), Contains("No such file"), Error);
  CHECK(folder.read("a.npz") == "old");
  CHECK(folder.file_count() == 1);
}
