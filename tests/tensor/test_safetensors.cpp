#include <doctest/doctest.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/safetensors.h>
#include <gradus/tests/data/temporary_folder.h>
#include <gradus/tests/tensor/file_bytes.h>

#include <cmath>

using namespace gradus;
using doctest::Contains;
using namespace gradus::test;
using Floats = std::vector<float>;
using Integers = std::vector<std::int64_t>;

namespace {

std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets,
                const std::string& elements) {
  return safetensors("{" + entry("weight", dtype, shape, offsets) + "}", elements);
}

Tensor load_one(const TemporaryFolder& folder, const std::string& bytes) {
  const TensorFile file = load_tensors(folder.write("one", bytes));
  REQUIRE(file.tensors.size() == 1);
  return file.tensors[0].second;
}

/// What the Error says; it has to name the file.
doctest::String message_of(const TemporaryFolder& folder, const std::string& bytes) {
  const std::string path = folder.write("bad", bytes);
  try {
    load_tensors(path);
  } catch (const Error& error) {
    const std::string text = error.what();
    CHECK(text.find(path) != std::string::npos);
    return text.c_str();
  }
  return "no error";
}

}  // namespace

TEST_CASE("safetensors: the bytes of a small file") {
  const TemporaryFolder folder;
  save_tensors(folder.path("f"), {{"w", tensor({{1, 2}, {3, 4}})}}, {{"epoch", "3"}});
  const std::string header =
      R"({"__metadata__":{"epoch":"3"},"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})";
  CHECK(folder.read("f") ==
        safetensors(header + std::string((8 - header.size() % 8) % 8, ' '), bytes_of(Floats{1, 2, 3, 4})));
}

TEST_CASE("safetensors: what is saved is loaded, wider elements first") {
  const TemporaryFolder folder;
  const Tensor flags = tensor({1, 0, 1}, DType::boolean);
  const Tensor turned = tensor({{1, 2, 3}, {4, 5, 6}}).t();
  const Tensor counts = tensor(Integers{INT64_MIN, -1, INT64_MAX});
  const Tensor exact = tensor(std::vector<double>{0.1, -1e300, INFINITY});
  const NamedTensors tensors = {{"flags", flags},   {"scalar", tensor(2.5)},    {"turned", turned},
                                {"counts", counts}, {"nothing", zeros({2, 0})}, {"größe \"q\"\n", exact}};
  save_tensors(folder.path("f"), tensors, {{"", "empty key"}, {"note", "naïve\n"}});
  const TensorFile file = load_tensors(folder.path("f"));
  CHECK(file.metadata == std::map<std::string, std::string>{{"", "empty key"}, {"note", "naïve\n"}});
  REQUIRE(file.tensors.size() == 6);
  std::map<std::string, Tensor> loaded(file.tensors.begin(), file.tensors.end());
  for (const auto& saved : tensors) {
    CAPTURE(saved.first);
    REQUIRE(loaded.contains(saved.first));
    CHECK(loaded[saved.first].shape() == saved.second.shape());
    CHECK(loaded[saved.first].dtype() == saved.second.dtype());
  }
  CHECK(loaded["flags"].to_vector<bool>() == std::vector<bool>{true, false, true});
  CHECK(loaded["turned"].to_vector<float>() == Floats{1, 4, 2, 5, 3, 6});
  CHECK(loaded["scalar"].item() == 2.5);
  CHECK(loaded["counts"].to_vector<std::int64_t>() == Integers{INT64_MIN, -1, INT64_MAX});
  CHECK(loaded["größe \"q\"\n"].to_vector<double>() == std::vector<double>{0.1, -1e300, INFINITY});
  for (std::size_t i = 1; i < file.tensors.size(); ++i) {
    CHECK(size_of(file.tensors[i - 1].second.dtype()) >= size_of(file.tensors[i].second.dtype()));
  }
  CHECK(file.tensors.back().first == "flags");
}

TEST_CASE("safetensors: a file without tensors") {
  const TemporaryFolder folder;
  save_tensors(folder.path("f"), {});
  CHECK(load_tensors(folder.path("f")).tensors.empty());
  CHECK(load_tensors(folder.write("g", safetensors("{}", ""))).tensors.empty());
}

TEST_CASE("safetensors: narrow types become wider ones") {
  const TemporaryFolder folder;
  const Tensor i32 =
      load_one(folder, one("I32", "[2]", "[0,8]", bytes_of(std::vector<std::int32_t>{-5, INT32_MAX})));
  CHECK(i32.dtype() == DType::int64);
  CHECK(i32.to_vector<std::int64_t>() == Integers{-5, INT32_MAX});
  const Tensor u8 = load_one(folder, one("U8", "[2]", "[0,2]", "\x07\xff"));
  CHECK(u8.dtype() == DType::int64);
  CHECK(u8.to_vector<std::int64_t>() == Integers{7, 255});
  // IEEE 754 binary16: 1, -2, the largest, the smallest normal and subnormal number, infinity, a third.
  const std::vector<std::uint16_t> halves = {0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0xfc00, 0x3555, 0x7e00};
  const Tensor f16 = load_one(folder, one("F16", "[8]", "[0,16]", bytes_of(halves)));
  CHECK(f16.dtype() == DType::float32);
  const Floats read = f16.to_vector<float>();
  CHECK(Floats(read.begin(), read.end() - 1) ==
        Floats{1, -2, 65504, 0x1p-14f, 0x1p-24f, -INFINITY, 0.333251953125f});
  CHECK(std::isnan(read.back()));
  // bfloat16: the upper half of a float32.
  const Tensor bf16 = load_one(
      folder, one("BF16", "[3]", "[0,6]", bytes_of(std::vector<std::uint16_t>{0x3f80, 0xc049, 0x7f80})));
  CHECK(bf16.to_vector<float>() == Floats{1, -3.140625f, INFINITY});
}

TEST_CASE("safetensors: what cannot be saved leaves the old file as it was") {
  const TemporaryFolder folder;
  const std::string path = folder.write("f", "old");
  const Tensor t = ones({2});
  CHECK_THROWS_WITH_AS(save_tensors(path, {{"a", Tensor()}}), Contains("'a' is an undefined tensor"), Error);
  CHECK_THROWS_WITH_AS(save_tensors(path, {{"a", t}, {"a", t}}), Contains("'a'"), Error);
  CHECK_THROWS_WITH_AS(save_tensors(path, {{"__metadata__", t}}), Contains("__metadata__"), Error);
  CHECK_THROWS_WITH_AS(save_tensors(path, {{"\xff", t}}), Contains("UTF-8"), Error);
  CHECK_THROWS_WITH_AS(save_tensors(path, {{"a", t}}, {{"k", "\xc3"}}), Contains("UTF-8"), Error);
  CHECK_THROWS_WITH_AS(save_tensors(path, {{std::string(3 << 20, 'n'), t}}), Contains("takes 3145730 bytes"), Error);
  CHECK_THROWS_WITH_AS(save_tensors(path, {}, {{"k", std::string(2 << 20, '"')}}), Contains("takes 4194306 bytes"), Error);
  NamedTensors many;
  for (int i = 0; i < 50; ++i) many.emplace_back(std::to_string(i) + std::string(1 << 20, 'n'), t);
  CHECK_THROWS_WITH_AS(save_tensors(path, many), Contains("for 50 tensors"), Error);
  CHECK_THROWS_WITH_AS(save_tensors(folder.path("absent/f"), {{"a", t}}), Contains("No such file"), Error);
  CHECK(folder.read("f") == "old");
  CHECK(folder.file_count() == 1);
}

TEST_CASE("safetensors: a file that is cut off or is another's") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& bytes) { return message_of(folder, bytes); };
  const std::string good = one("F32", "[2]", "[0,8]", "12345678");
  CHECK(error(good) == "no error");
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK(error(good.substr(0, size)) != "no error");
  }
  CHECK_THROWS_WITH_AS(load_tensors(folder.path("absent")), Contains("No such file or directory"), Error);
  CHECK_THROWS_AS(load_tensors(folder.path("")), Error);
  CHECK(error(std::string(8, '\xff') + "{}") == Contains("18446744073709551615"));
  CHECK(error(good + "1") == Contains("end at byte 8 of 9"));
}

TEST_CASE("safetensors: white space inside and spaces behind the header are JSON's and the format's") {
  const TemporaryFolder folder;
  const std::string header = "{\n\t\"weight\" : {\"data_offsets\":[0, 8],\r\n \"shape\": [ 2 ], \"dtype\":\"F32\"} }   ";
  CHECK(message_of(folder, safetensors(header, "12345678")) == "no error");
  CHECK(message_of(folder, safetensors("{}" + std::string(3 << 20, ' '), "")) == "no error");
}

TEST_CASE("safetensors: types and ranks that Tensors do not have are named") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& dtype, const std::string& shape) {
    return message_of(folder, one(dtype, shape, "[0,8]", "12345678"));
  };
  for (const char* dtype : {"U16", "U32", "U64", "I8", "I16", "F8_E4M3", "F8_E5M2"}) {
    const std::string bits = std::string(dtype).substr(1);
    const std::string shape = bits == "64" ? "[1]" : bits == "32" ? "[2]" : bits == "16" ? "[4]" : "[8]";
    CHECK(error(dtype, shape) ==
          Contains(("tensor 'weight' has the dtype " + std::string(dtype) + ", which Tensors do not have").c_str()));
  }
  CHECK(error("F8_E8M0", "[8]") == Contains("has the dtype F8_E8M0, which Tensors do not have"));
  CHECK(error("C64", "[1]") == Contains("has the dtype C64, which Tensors do not have"));
  for (const char* dtype : {"F4", "F6_E2M3", "F6_E3M2"}) {
    CHECK(error(dtype, "[16]") ==
          Contains(
              ("cannot be read: tensor 'weight' has the dtype " + std::string(dtype) + ", which").c_str()));
  }
  CHECK(error("F32", "[1,1,1,1,1,1,1,1,2]") == Contains("tensor 'weight' has 9 axes, and a Tensor has at most 8"));
}

TEST_CASE("safetensors: a tensor that does not fit its place") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return message_of(folder, one(dtype, shape, offsets, "12345678"));
  };
  CHECK(error("F32", "[2]", "[0,8]") == "no error");
  CHECK(error("F32", "[1,2]", "[0,8]") == "no error");
  CHECK(error("F32", "[3]", "[0,8]") == Contains("takes 12 bytes, its offsets hold 8"));
  CHECK(error("F32", "[2]", "[8,16]") == Contains("at 8 to 16, but there are 8 bytes"));
  CHECK(error("BOOL", "[8]", "[0,8]") == Contains("'weight' is of bool, but its element 0 is 49"));
}

TEST_CASE("safetensors: tensors that overlap or leave a gap") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& first, const std::string& second) {
    const std::string header =
        "{" + entry("a", "U8", "[4]", first) + "," + entry("b", "U8", "[4]", second) + "}";
    return message_of(folder, safetensors(header, "12345678"));
  };
  CHECK(error("[0,4]", "[4,8]") == "no error");
  CHECK(error("[4,8]", "[0,4]") == "no error");
  CHECK(error("[0,4]", "[2,6]") ==
        Contains("'b' overlaps the one before it: it begins at 2, that one ends at 4"));
  CHECK(error("[0,4]", "[0,4]") == Contains("overlaps"));
  CHECK(error("[1,5]", "[4,8]") == Contains("'a' leaves a gap"));
}
