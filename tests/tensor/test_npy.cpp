#include <doctest/doctest.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/npy.h>
#include <gradus/tests/data/temporary_folder.h>
#include <gradus/tests/tensor/file_bytes.h>

using namespace gradus;
using doctest::Contains;
using namespace gradus::test;
using Floats = std::vector<float>;
using Integers = std::vector<std::int64_t>;

namespace {

doctest::String message_of(const TemporaryFolder& folder, const std::string& bytes) {
  const std::string path = folder.write("bad.npy", bytes);
  try {
    load_npy(path);
  } catch (const Error& error) {
    const std::string text = error.what();
    CHECK(text.find(path) != std::string::npos);
    return text.c_str();
  }
  return "no error";
}

}  // namespace

TEST_CASE("npy: the bytes are those of numpy.save") {
  const TemporaryFolder folder;
  save_npy(folder.path("a.npy"), tensor({{1, 2, 3}, {4, 5, 6}}));
  std::string expected = "\x93NUMPY";
  expected += {'\x01', '\x00', '\x76', '\x00'};
  expected += "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  expected.resize(127, ' ');
  expected += '\n';
  CHECK(folder.read("a.npy") == expected + bytes_of(Floats{1, 2, 3, 4, 5, 6}));
}

TEST_CASE("npy: what is saved is loaded, for every dtype, layout and rank") {
  const TemporaryFolder folder;
  const std::string path = folder.path("a.npy");
  const auto there_and_back = [&](const Tensor& t) {
    save_npy(path, t);
    const Tensor loaded = load_npy(path);
    CHECK(loaded.dtype() == t.dtype());
    CHECK(loaded.shape() == t.shape());
    CHECK(loaded.is_contiguous());
    CHECK(folder.read("a.npy").size() % 64 == static_cast<std::size_t>(t.numel()) * size_of(t.dtype()) % 64);
    return loaded;
  };
  CHECK(there_and_back(tensor(Floats{1.5f, -2, 1e-30f})).to_vector<float>() == Floats{1.5f, -2, 1e-30f});
  CHECK(there_and_back(tensor(std::vector<double>{0.1, 1e300})).to_vector<double>() ==
        std::vector<double>{0.1, 1e300});
  CHECK(there_and_back(tensor(Integers{INT64_MIN, 0, INT64_MAX})).to_vector<std::int64_t>() ==
        Integers{INT64_MIN, 0, INT64_MAX});
  CHECK(there_and_back(tensor({1, 0, 1}, DType::boolean)).to_vector<bool>() ==
        std::vector<bool>{true, false, true});
  CHECK(there_and_back(tensor({{1, 2}, {3, 4}}).t()).to_vector<float>() == Floats{1, 3, 2, 4});
  CHECK(there_and_back(tensor(7.0)).item() == 7);
  there_and_back(zeros({3, 0, 2}));
  there_and_back(ones({1, 2, 1, 2, 1, 2, 1, 2}, DType::boolean));
}

TEST_CASE("npy: other headers that say the same are read") {
  const TemporaryFolder folder;
  const std::string six = bytes_of(Floats{1, 2, 3, 4, 5, 6});
  const auto load = [&](const std::string& bytes) { return load_npy(folder.write("a.npy", bytes)); };
  const std::string dictionary = "{\"shape\":(2,3),'fortran_order':False,'descr':'<f4'}";
  for (int major : {1, 2, 3}) {
    const Tensor t = load(npy(dictionary, six, major));
    CHECK(t.shape() == Shape{2, 3});
    CHECK(t.to_vector<float>() == Floats{1, 2, 3, 4, 5, 6});
  }
  const Tensor columns = load(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", six));
  CHECK(columns.shape() == Shape{2, 3});
  CHECK(columns.is_contiguous());
  CHECK(columns.to_vector<float>() == Floats{1, 3, 5, 2, 4, 6});
  const Tensor narrow = load(plain_npy("<i4", "(2,)", bytes_of(std::vector<std::int32_t>{-7, INT32_MAX})));
  CHECK(narrow.dtype() == DType::int64);
  CHECK(narrow.to_vector<std::int64_t>() == Integers{-7, INT32_MAX});
  const Tensor bytes = load(plain_npy("|u1", "(2,)", "\x07\xff"));
  CHECK(bytes.dtype() == DType::int64);
  CHECK(bytes.to_vector<std::int64_t>() == Integers{7, 255});
  const Tensor halves = load(plain_npy("<f2", "(2,)", bytes_of(std::vector<std::uint16_t>{0x3c00, 0xc000})));
  CHECK(halves.dtype() == DType::float32);
  CHECK(halves.to_vector<float>() == Floats{1, -2});
}

TEST_CASE("npy: a damaged file is refused with its name and the reason") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& bytes) { return message_of(folder, bytes); };
  const std::string two = bytes_of(Floats{1, 2});
  const std::string good = plain_npy("<f4", "(2,)", two);
  CHECK(error(good) == "no error");
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK(error(good.substr(0, size)) != "no error");
  }
  CHECK(error("") == Contains("no npy file: it has 0 bytes"));
  CHECK(error("PK\x03\x04 some other format") == Contains("does not start with"));
  CHECK(error(npy("{}", "1234", 4)) == Contains("version 4.0"));
  CHECK(error(good + "x") == Contains("takes 8 bytes, the file holds 9"));
  CHECK(error("\x93NUMPY\x02" + std::string("\0\xff\xff\xff\xff{}", 7)) == Contains("4294967295"));
  CHECK(error(npy(std::string(70000, ' '), "", 2)) == Contains("70000"));
}

TEST_CASE("npy: types and ranks that Tensors do not have are named") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& bytes) { return message_of(folder, bytes); };
  for (const char* descr : {"|i1", "<i2", "<u2", "<u4", "<u8"}) {
    const std::string elements(static_cast<std::size_t>(descr[2] - '0'), '\0');
    CHECK(error(plain_npy(descr, "(1,)", elements)) ==
          Contains(("has elements of type '" + std::string(descr) + "', which Tensors do not have").c_str()));
  }
  CHECK(error(plain_npy("<f4", "(1, 1, 1, 1, 1, 1, 1, 1, 2)", bytes_of(Floats{1, 2}))) ==
        Contains("has 9 axes, and a Tensor has at most 8"));
}

TEST_CASE("npy: a file that is not there, a folder, and a tensor that is none") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(load_npy(folder.path("absent")), Contains("No such file or directory"), Error);
  CHECK_THROWS_WITH_AS(load_npy(folder.path("")), Contains("Is a directory"), Error);
  CHECK_THROWS_WITH_AS(save_npy(folder.path("a.npy"), Tensor()), Contains("undefined"), Error);
  CHECK(folder.file_count() == 0);
}
