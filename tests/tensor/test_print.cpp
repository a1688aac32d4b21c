// Expected texts are those of NumPy: numpy.array2string(a, separator=', ', precision=4).
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/print.h>

#include <doctest/doctest.h>

#include <cmath>
#include <sstream>

namespace gradus {
namespace {

/// The text without dtype and shape.
std::string elements(const Tensor& x) {
  const std::string text = to_string(x);
  const std::size_t end = text.rfind("  ");
  return text.substr(0, end);
}

/// Puts the options back when a test ends.
struct OptionsScope {
  explicit OptionsScope(const PrintOptions& options) { set_print_options(options); }
  ~OptionsScope() { set_print_options({}); }
};

}  // namespace

TEST_CASE("a matrix is printed as NumPy prints it, with dtype and shape behind") {
  CHECK(to_string(tensor({{1, 2}, {3, 4}})) == "[[1., 2.],\n [3., 4.]]  float32 (2, 2)");
  CHECK(to_string(tensor({{1, 2.5}, {3, 4.125}}, DType::float64)) ==
        "[[1.   , 2.5  ],\n [3.   , 4.125]]  float64 (2, 2)");
  std::ostringstream stream;
  stream << tensor({1, 2}, DType::int64);
  CHECK(stream.str() == "[1, 2]  int64 (2,)");
}

TEST_CASE("points stand under points, with four digits behind them at most") {
  CHECK(elements(tensor({1, -2.5, 1.0 / 3})) == "[ 1.    , -2.5   ,  0.3333]");
  CHECK(elements(tensor({0.1, 0.12345678})) == "[0.1   , 0.1235]");
  CHECK(elements(tensor({1, 1000})) == "[   1., 1000.]");
  CHECK(elements(tensor({0.0, -0.0})) == "[ 0., -0.]");
}

TEST_CASE("numbers that are large, small or far apart are written with an exponent") {
  CHECK(elements(tensor({1e-5, 1.25})) == "[1.00e-05, 1.25e+00]");
  CHECK(elements(tensor({1e8, 1})) == "[1.e+08, 1.e+00]");
  CHECK(elements(tensor({0.5, 1000})) == "[5.e-01, 1.e+03]");
  CHECK(elements(tensor({123456.789, 2}, DType::float64)) == "[1.2346e+05, 2.0000e+00]");
  CHECK(elements(tensor({1e100, 1e-5}, DType::float64)) == "[1.e+100, 1.e-005]");
  CHECK(elements(tensor({0, 0, 1e-4}, DType::float64)) == "[0.    , 0.    , 0.0001]");
}

TEST_CASE("nan and inf stand flush right") {
  CHECK(elements(tensor({1, NAN, -INFINITY, INFINITY, -2.25})) == "[ 1.  ,   nan,  -inf,   inf, -2.25]");
  CHECK(elements(tensor({NAN, INFINITY})) == "[nan, inf]");
  CHECK(elements(tensor({NAN, 1e-9})) == "[   nan, 1.e-09]");
}

TEST_CASE("integers and bools stand flush right") {
  CHECK(elements(tensor({-1, 20, 300}, DType::int64)) == "[ -1,  20, 300]");
  CHECK(elements(tensor(std::vector<std::int64_t>{INT64_MAX, INT64_MIN})) ==
        "[ 9223372036854775807, -9223372036854775808]");
  CHECK(to_string(tensor({1, 0}, DType::boolean)) == "[ true, false]  bool (2,)");
}

TEST_CASE("shapes without axes, without elements, and no tensor at all") {
  CHECK(to_string(tensor(2.5)) == "2.5  float32 ()");
  CHECK(to_string(tensor(-3.0)) == "-3.  float32 ()");
  CHECK(to_string(tensor(1e-9, DType::float64)) == "1.e-09  float64 ()");
  CHECK(to_string(full({}, 7, DType::int64)) == "7  int64 ()");
  CHECK(to_string(zeros({0, 3})) == "[]  float32 (0, 3)");
  CHECK(to_string(zeros({0}, DType::int64)) == "[]  int64 (0,)");
  CHECK(to_string(Tensor()) == "undefined tensor");
}

TEST_CASE("more axes: an empty line between matrices, as deep as the axis") {
  CHECK(elements(arange(0, 24).reshape({2, 3, 4})) ==
        "[[[ 0,  1,  2,  3],\n  [ 4,  5,  6,  7],\n  [ 8,  9, 10, 11]],\n\n"
        " [[12, 13, 14, 15],\n  [16, 17, 18, 19],\n  [20, 21, 22, 23]]]");
  CHECK(elements(arange(0, 2).reshape({2, 1, 1, 1})) == "[[[[0]]],\n\n\n [[[1]]]]");
}

TEST_CASE("a view is printed in its own order") {
  CHECK(elements(arange(0, 6).reshape({2, 3}).t()) == "[[0, 3],\n [1, 4],\n [2, 5]]");
  CHECK(elements(arange(0, 10).slice(0, 1, 10, 4)) == "[1, 5, 9]");
  CHECK(elements(tensor({1, 2}).unsqueeze(0).expand({2, 2})) == "[[1., 2.],\n [1., 2.]]");
}

TEST_CASE("above the threshold the ends of each axis are shown") {
  CHECK(elements(arange(0, 2001)) == "[   0,    1,    2, ..., 1998, 1999, 2000]");
  CHECK(elements(arange(0, 2001).reshape({3, 667})) ==
        "[[   0,    1,    2, ...,  664,  665,  666],\n [ 667,  668,  669, ..., 1331, 1332, 1333],\n"
        " [1334, 1335, 1336, ..., 1998, 1999, 2000]]");
  const OptionsScope scope({.threshold = 10, .edge_items = 1});
  CHECK(elements(arange(0, 40).reshape({4, 10})) == "[[ 0, ...,  9],\n ...,\n [30, ..., 39]]");
}

TEST_CASE("the digits of what is not shown do not count") {
  const OptionsScope scope({.threshold = 4, .edge_items = 1});
  CHECK(elements(tensor({1, 0.125, 1e20, -3, 2})) == "[1., ..., 2.]");
}

TEST_CASE("long lines are broken") {
  CHECK(elements(arange(0, 12000, 1000)) ==
        "[    0,  1000,  2000,  3000,  4000,  5000,  6000,  7000,  8000,  9000,\n 10000, 11000]");
  const OptionsScope scope({.line_width = 20});
  CHECK(elements(arange(0, 666, 111)) == "[  0, 111, 222, 333,\n 444, 555]");
}

TEST_CASE("the number of digits can be chosen") {
  {
    const OptionsScope scope({.precision = 8});
    CHECK(elements(tensor({0.123456789, 5}, DType::float64)) == "[0.12345679, 5.        ]");
    CHECK(elements(tensor({0.1, 2})) == "[0.1, 2. ]");  // the shortest that reads back as this float
  }
  const OptionsScope scope({.precision = 0});
  CHECK(elements(tensor({0.5, 1.5, 2.4})) == "[0., 2., 2.]");
}

TEST_CASE("options that make no sense are refused and change nothing") {
  CHECK_THROWS_AS(set_print_options({.precision = -1}), Error);
  CHECK_THROWS_AS(set_print_options({.precision = 18}), Error);
  CHECK_THROWS_AS(set_print_options({.threshold = -1}), Error);
  CHECK_THROWS_AS(set_print_options({.edge_items = 0}), Error);
  CHECK_THROWS_WITH(set_print_options({.line_width = 0}),
                    doctest::Contains("[set_print_options] line_width must lie in [1, "));
  CHECK(elements(tensor({0.12345, 5})) == "[0.1235, 5.    ]");
}

}  // namespace gradus
