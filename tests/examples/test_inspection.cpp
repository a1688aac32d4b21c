#include "inspection.h"

#include <doctest/doctest.h>
#include <gradus/tests/data/temporary_folder.h>
#include <gradus/tests/error_text.h>
#include <gradus/tests/tensor/file_bytes.h>
#include <gradus/tests/tensor/malformed_files.h>

#include <cmath>
#include <limits>

using namespace gradus;
using namespace gradus::test;
using inspection::inspect;
using inspection::Report;
using inspection::Row;

namespace {

/// The only row of a safetensors file with these elements on one axis.
Row row_of(const std::string& dtype, std::int64_t count, const std::string& elements) {
  const TemporaryFolder folder;
  const std::string header =
      "{" +
      entry("w", dtype, "[" + std::to_string(count) + "]", "[0," + std::to_string(elements.size()) + "]") +
      "}";
  const Report report = inspect(folder.write("f", safetensors(header, elements)));
  REQUIRE(report.rows.size() == 1);
  CHECK(report.rows[0].name == "w");
  CHECK(report.rows[0].dtype == dtype);
  CHECK(report.rows[0].shape == std::vector<std::int64_t>{count});
  return report.rows[0];
}

void check_row(const Row& row, const char* smallest, const char* largest, const char* mean,
               std::uint64_t nans = 0, std::uint64_t infinities = 0) {
  CAPTURE(row.dtype);
  CHECK(row.statistics.smallest == smallest);
  CHECK(row.statistics.largest == largest);
  CHECK(row.statistics.mean == mean);
  CHECK(row.statistics.nans == nans);
  CHECK(row.statistics.infinities == infinities);
}

template <class T>
void check_integers(const char* dtype, const char* smallest, const char* largest, const char* mean) {
  const std::vector<T> values = {std::numeric_limits<T>::min(), 7, std::numeric_limits<T>::max()};
  check_row(row_of(dtype, 3, bytes_of(values)), smallest, largest, mean);
}

}  // namespace

TEST_CASE("inspection: every element type of safetensors") {
  check_integers<std::uint8_t>("U8", "0", "255", "87.3333");
  check_integers<std::int8_t>("I8", "-128", "127", "2");
  check_integers<std::uint16_t>("U16", "0", "65535", "21847.3");
  check_integers<std::int16_t>("I16", "-32768", "32767", "2");
  check_integers<std::uint32_t>("U32", "0", "4294967295", "1.43166e+09");
  check_integers<std::int32_t>("I32", "-2147483648", "2147483647", "2");
  check_integers<std::uint64_t>("U64", "0", "18446744073709551615", "6.14891e+18");
  check_integers<std::int64_t>("I64", "-9223372036854775808", "9223372036854775807", "2");
  check_row(row_of("BOOL", 4, std::string("\0\1\1\1", 4)), "0", "1", "0.75");
  const float nan = std::nanf("");
  check_row(row_of("F32", 5, bytes_of(std::vector<float>{1, nan, -3, INFINITY, -INFINITY})), "-3", "1", "-1",
            1, 2);
  check_row(row_of("F64", 3, bytes_of(std::vector<double>{1.7e308, 1.7e308, 1.7e308})), "1.7e+308",
            "1.7e+308", "1.7e+308");
  check_row(row_of("F32", 1, bytes_of(std::vector<float>{nan})), "-", "-", "-", 1);
  check_row(row_of("F32", 0, ""), "-", "-", "-");
  // binary16: 1, the largest, -2, NaN, -infinity.
  check_row(row_of("F16", 5, bytes_of(std::vector<std::uint16_t>{0x3c00, 0x7bff, 0xc000, 0x7e00, 0xfc00})),
            "-2", "65504", "21834.3", 1, 1);
  // bfloat16: 1, -3.140625, NaN, infinity.
  check_row(row_of("BF16", 4, bytes_of(std::vector<std::uint16_t>{0x3f80, 0xc049, 0x7fc0, 0x7f80})),
            "-3.14062", "1", "-1.07031", 1, 1);
  // Of table 1 of the paper: E4M3 has 448 as the largest, 2^-9 as the least above 0, S.1111.111 as NaN;
  // E5M2 has 57344, 2^-16, S.11111.00 as infinity.
  check_row(row_of("F8_E4M3", 4, "\x7e\x01\xff\x38"), "0.00195312", "448", "149.667", 1);
  check_row(row_of("F8_E5M2", 4, "\x7b\x01\x7c\xff"), "1.52588e-05", "57344", "28672", 1, 1);
  // Largest 240 and 57344, least above 0 2^-10 and 2^-17, the bits of -0 NaN.
  check_row(row_of("F8_E4M3FNUZ", 4, "\x7f\x01\x80\xc0"), "-1", "240", "79.667", 1);
  check_row(row_of("F8_E5M2FNUZ", 4, "\x7f\x01\x80\xc0"), "-1", "57344", "19114.3", 1);
  // Powers of two with a bias of 127.
  check_row(row_of("F8_E8M0", 4, "\x7e\x7f\x82\xff"), "0.5", "8", "3.16667", 1);
  // Of complex numbers both parts count.
  check_row(row_of("C64", 1, bytes_of(std::vector<float>{-2, 3})), "-2", "3", "0.5");
}

TEST_CASE("inspection: nine axes, metadata and names that want to do harm") {
  const TemporaryFolder folder;
  const std::string header = "{\"__metadata__\":{\"note\":\"two\\nlines\\u001b[2J\"}," +
                             entry(
                                 "gr\xc3\xb6\xc3\x9f"
                                 "e\\u202e",
                                 "U16", "[1,1,1,1,1,1,1,1,2]", "[0,4]") +
                             "}";
  const std::string path = folder.write("f", safetensors(header, "1212"));
  const Report report = inspect(path);
  CHECK(report.kind == "safetensors");
  CHECK(report.metadata.at("note") == "two\nlines\x1b[2J");
  CHECK(inspection::to_text("f", report) ==
        "f: safetensors, 1 tensor, " + std::to_string(report.bytes) +
            " bytes\n"
            "  note: two\\nlines\\x1b[2J\n"
            "name           dtype  shape                          min    max   mean  NaN  infinite\n"
            "gr\xc3\xb6\xc3\x9f"
            "e\\u{202e}  U16    (1, 1, 1, 1, 1, 1, 1, 1, 2)  12849  12849  12849    0         0\n");
}

TEST_CASE("inspection: npy and npz, told by their content") {
  const TemporaryFolder folder;
  const std::string array =
      plain_npy("<u2", "(1, 1, 1, 1, 1, 1, 1, 1, 2)", bytes_of(std::vector<std::uint16_t>{3, 4}));
  const Report one = inspect(folder.write("one.safetensors", array));
  CHECK(one.kind == "npy");
  REQUIRE(one.rows.size() == 1);
  CHECK(one.rows[0].dtype == "<u2");
  check_row(one.rows[0], "3", "4", "3.5");
  const Report two = inspect(folder.write("two.npy", zip({{"a.npy", array}, deflated("b.npy", array)})));
  CHECK(two.kind == "npz");
  REQUIRE(two.rows.size() == 2);
  CHECK(two.rows[1].name == "b");
  CHECK(two.rows[1].shape.size() == 9);
  check_row(two.rows[0], "3", "4", "3.5");
  check_row(two.rows[1], "3", "4", "3.5");
}

TEST_CASE("inspection: many elements, in more than one piece") {
  std::vector<float> values(300'000, 2);
  values[70'000] = -5;
  values.back() = 9;
  check_row(row_of("F32", 300'000, bytes_of(values)), "-5", "9", "2");
}

TEST_CASE("inspection: no malformed file passes") {
  const TemporaryFolder folder;
  for (const auto& files : {malformed_safetensors(), malformed_npy(), malformed_npz()}) {
    for (const MalformedFile& file : files) {
      CAPTURE(file.name);
      const std::string path = folder.write("bad", file.bytes);
      CHECK(contains(error_of([&] { inspect(path); }), "[inspect] '" + path + "'"));
    }
  }
}
