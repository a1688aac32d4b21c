// Shapes, strides and views as pure functions.
#include <gradus/tensor/error.h>
#include <gradus/tensor/layout.h>
#include <gradus/tests/error_text.h>

#include <doctest/doctest.h>

#include <string>

using namespace gradus;
using test::error_of;

namespace {

const std::int64_t reversed[] = {2, 1, 0};

}  // namespace

TEST_CASE("shape: text, counting, axes") {
  CHECK(to_string(Shape{}) == "()");
  CHECK(to_string(Shape{4}) == "(4,)");
  CHECK(to_string(Shape{2, 3}) == "(2, 3)");
  CHECK(element_count({2, 3, 4}) == 24);
  CHECK(element_count({}) == 1);
  CHECK(element_count({5, 0}) == 0);
  CHECK(contiguous_strides({2, 3, 4}) == Shape{12, 4, 1});
  CHECK(normalize_axis("test", -1, {2, 3}) == 1);
  CHECK(error_of([] { normalize_axis("test", 2, {2, 3}); }).find("[test] axis 2") == 0);
  const std::int64_t axes[] = {-1, 0}, twice[] = {0, -2};
  CHECK(normalize_axes("test", axes, {2, 3}) == Shape{0, 1});
  CHECK_FALSE(error_of([&] { normalize_axes("test", twice, {2, 3}); }).empty());
  CHECK_FALSE(error_of([] { Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}; }).empty());
}

TEST_CASE("shape: broadcasting follows NumPy and points at the axis that disagrees") {
  CHECK(broadcast_shapes("add", {2, 1, 4}, {3, 1}) == Shape{2, 3, 4});
  CHECK(broadcast_shapes("add", {}, {2}) == Shape{2});
  CHECK(broadcast_shapes("add", {0, 3}, {1, 3}) == Shape{0, 3});
  const std::string text = error_of([] { broadcast_shapes("add", {2, 3}, {4, 3}); });
  CHECK(text.find("[add]") == 0);
  CHECK(text.find("(2, 3)") != std::string::npos);
  CHECK(text.find("(4, 3)") != std::string::npos);
  CHECK(text.find('^') != std::string::npos);
}

TEST_CASE("layout: views are strides") {
  const Layout x({2, 3, 4});
  CHECK(x.contiguous);
  const Layout turned = permute(x, reversed);
  CHECK(turned.shape == Shape{4, 3, 2});
  CHECK(turned.strides == Shape{1, 4, 12});
  CHECK_FALSE(turned.contiguous);
  CHECK(transpose(x, 0, -1).strides == turned.strides);
  CHECK(permute(turned, reversed).contiguous);
  CHECK(select(x, 1, -1).offset == 8);
  CHECK(select(x, 1, -1).shape == Shape{2, 4});
  const Layout part = slice(x, 2, -3, 100, 2);
  CHECK(part.shape == Shape{2, 3, 2});
  CHECK(part.offset == 1);
  CHECK(part.strides == Shape{12, 4, 2});
  CHECK(unsqueeze(x, -1).shape == Shape{2, 3, 4, 1});
  CHECK(squeeze(unsqueeze(x, 0), 0).shape == x.shape);
  CHECK(expand(unsqueeze(x, 1), {2, 5, -1, 4}).strides == Shape{12, 0, 4, 1});
  CHECK_FALSE(error_of([&] { expand(x, {2, 6, 4}); }).empty());
}

TEST_CASE("layout: try_view reads in a new shape where no copy is needed") {
  Layout result;
  const Layout x({2, 3, 4});
  CHECK(try_view(x, {6, 4}, result));
  CHECK(result.strides == Shape{4, 1});
  CHECK_FALSE(try_view(permute(x, reversed), {24}, result));
  // The last axis of a slice may be split, the sliced one may not be merged with it.
  const Layout part = slice(x, 1, 0, 2, 1);
  CHECK(try_view(part, {2, 2, 2, 2}, result));
  CHECK_FALSE(try_view(part, {16}, result));
  CHECK(infer_shape("reshape", {4, -1}, {2, 3, 4}) == Shape{4, 6});
  CHECK(infer_shape("reshape", {0, 5}, {0, 4}) == Shape{0, 5});
  CHECK_FALSE(error_of([] { infer_shape("reshape", {-1, -1}, {4}); }).empty());
  CHECK_FALSE(error_of([] { infer_shape("reshape", {5, -1}, {4}); }).empty());
}
