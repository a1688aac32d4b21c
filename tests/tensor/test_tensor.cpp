// Making, reading, viewing and assigning.
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/indexing.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/print.h>
#include <gradus/tests/error_text.h>

#include <doctest/doctest.h>

#include <limits>
#include <string>

using namespace gradus;
using test::contains;
using test::error_of;

namespace {

using Values = std::vector<double>;
using Integers = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("tensor: from braces, vectors, and memory of the user's") {
  const Tensor a = tensor({{1, 2, 3}, {4, 5, 6}});
  CHECK(a.shape() == Shape{2, 3});
  CHECK(a.dtype() == DType::float32);
  CHECK(a.to_vector<float>() == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(tensor(3.5).shape() == Shape{});
  CHECK(tensor(3.5).item() == 3.5);
  CHECK(tensor(Integers{1, 2}).dtype() == DType::int64);
  CHECK(contains(error_of([] { tensor({{1, 2}, {3}}); }), "shape"));
  CHECK(contains(error_of([] { tensor(Integers{1, 2, 3}, {2, 2}); }), "(2, 2)"));

  double memory[] = {1, 2, 3, 4};
  Tensor view = from_blob(memory, {2, 2});
  view.mul_(2);
  CHECK(memory[3] == 8);
}

TEST_CASE("tensor: filled, counted, spaced") {
  CHECK(zeros({2}, DType::int64).to_vector<std::int64_t>() == Integers{0, 0});
  CHECK(ones({2}, DType::boolean).to_vector<bool>() == std::vector<bool>{true, true});
  CHECK(full({2}, 1.5).to_vector<double>() == Values{1.5, 1.5});
  CHECK(arange(2, 11, 3).to_vector<std::int64_t>() == Integers{2, 5, 8});
  CHECK(arange(2, 11, 3).dtype() == DType::int64);
  CHECK(arange(0, 1, 0.25).to_vector<double>() == Values{0, 0.25, 0.5, 0.75});
  CHECK(arange(5, 0, -2).to_vector<std::int64_t>() == Integers{5, 3, 1});
  CHECK(arange(3, 3).numel() == 0);
  CHECK_FALSE(error_of([] { arange(0, 5, 0); }).empty());
  CHECK(linspace(0, 1, 5, DType::float64).to_vector<double>() == Values{0, 0.25, 0.5, 0.75, 1});
  CHECK(linspace(2, 9, 1).to_vector<double>() == Values{2});
  CHECK(eye(2, 3).to_vector<double>() == Values{1, 0, 0, 0, 1, 0});
  CHECK(full_like(eye(2), 4).to_vector<double>() == Values{4, 4, 4, 4});
}

TEST_CASE("tensor: reading checks what is asked for") {
  const Tensor a = tensor({{1, 2}, {3, 4}});
  CHECK(a.accessor<float, 2>()(1, 0) == 3);
  CHECK(a.t().to_vector<double>() == Values{1, 3, 2, 4});
  CHECK(contains(error_of([&] { a.item(); }), "(2, 2)"));
  CHECK_FALSE(error_of([&] { a.data<double>(); }).empty());
  CHECK_FALSE(error_of([&] { a.t().span<float>(); }).empty());
  CHECK_FALSE((error_of([&] { a.accessor<float, 3>(); }).empty()));
  CHECK(a.size(-1) == 2);
  CHECK_FALSE(error_of([&] { a.size(2); }).empty());
}

TEST_CASE("tensor: an undefined one is refused by all that reads it") {
  Tensor none;
  CHECK_FALSE(none.defined());
  CHECK_FALSE(none.requires_grad());
  const auto refused = [](auto&& read) { return contains(error_of(read), "undefined tensor"); };
  CHECK(refused([&] { none.shape(); }));
  CHECK(refused([&] { none.dtype(); }));
  CHECK(refused([&] { none.data<float>(); }));
  CHECK(refused([&] { none.raw_data(); }));
  CHECK(refused([&] { none.version(); }));
  CHECK(refused([&] { none.item(); }));
  CHECK(refused([&] { none.to_vector<float>(); }));
  CHECK(refused([&] { none.unsqueeze(0); }));
  CHECK(refused([&] { none.reshape({1}); }));
  CHECK(refused([&] { none[0]; }));
  CHECK(refused([&] { none.to(DType::float64); }));
  CHECK(refused([&] { none.clone(); }));
  CHECK(refused([&] { none.detach(); }));
  CHECK(refused([&] { none.requires_grad_(); }));
  CHECK(refused([&] { none.set_name("w"); }));
  CHECK(refused([&] { none.backward(); }));
  CHECK(refused([&] { none.add_(1); }));
  CHECK(refused([&] { none.add_(ones({1})); }));
  CHECK(refused([&] { ones({1}).add_(none); }));
  CHECK(refused([&] { none.uniform_(0, 1); }));
  CHECK(contains(error_of([&] { ones({2}) + none; }), "got float32 (2,) and an undefined tensor"));
}

TEST_CASE("tensor: conversion between dtypes") {
  const Tensor a = tensor({-1.7, 0, 2.9}, DType::float64);
  CHECK(a.to(DType::int64).to_vector<std::int64_t>() == Integers{-1, 0, 2});
  CHECK(a.to(DType::boolean).to_vector<bool>() == std::vector<bool>{true, false, true});
  CHECK(a.to(DType::float64).is_same(a));
  CHECK(tensor(Integers{(1LL << 53) + 1}).to(DType::int64).item<std::int64_t>() == (1LL << 53) + 1);
}

TEST_CASE("tensor: views share memory, copies do not") {
  Tensor a = arange(0, 12).reshape({3, 4});
  Tensor row = a[1];
  row.fill_(7);
  CHECK(a[{1, 2}].item<std::int64_t>() == 7);
  Tensor copy = a.clone();
  copy.zero_();
  CHECK(a[{0, 3}].item<std::int64_t>() == 3);
  CHECK(a.contiguous().is_same(a));
  CHECK_FALSE(a.t().contiguous().is_same(a));
  CHECK(contains(error_of([&] { a.t().view({12}); }), "(4, 3)"));
  CHECK(a.t().reshape({12}).to_vector<std::int64_t>() == Integers{0, 7, 8, 1, 7, 9, 2, 7, 10, 3, 7, 11});
}

TEST_CASE("tensor: slicing for reading and for assigning") {
  Tensor a = arange(0, 12).reshape({3, 4});
  CHECK(a[-1].to_vector<std::int64_t>() == Integers{8, 9, 10, 11});
  CHECK(a.slice(1, 1, -1).to_vector<std::int64_t>() == Integers{1, 2, 5, 6, 9, 10});
  CHECK(a[{all, range(0, end_of_axis, 2)}].to_vector<std::int64_t>() == Integers{0, 2, 4, 6, 8, 10});
  CHECK(a[{new_axis, 0}].shape() == Shape{1, 4});
  CHECK(a.slice(0, 5, 9).shape() == Shape{0, 4});
  a[{all, 1}] = 50;
  CHECK(a.to_vector<std::int64_t>() == Integers{0, 50, 2, 3, 4, 50, 6, 7, 8, 50, 10, 11});
  a[0] = arange(-4, 0);
  CHECK(a[0].to_vector<std::int64_t>() == Integers{-4, -3, -2, -1});
  a[{range(1, 3), range(2, 4)}] = zeros({2}, DType::int64);  // broadcast
  CHECK(a.to_vector<std::int64_t>() == Integers{-4, -3, -2, -1, 4, 50, 0, 0, 8, 50, 0, 0});
  CHECK(contains(error_of([&] { a[3]; }), "3"));
  CHECK_FALSE(error_of([&] { a[0] = arange(0, 3); }).empty());
  CHECK_FALSE(error_of([&] { a.slice(0, 0, 3, 0); }).empty());
}

TEST_CASE("tensor: a handle is shared, assigning to a name rebinds it") {
  Tensor a = ones({2});
  Tensor b = a;
  CHECK(b.is_same(a));
  b = zeros({2});
  CHECK(a.to_vector<double>() == Values{1, 1});
  CHECK_FALSE(Tensor().defined());
}

TEST_CASE("tensor: sizes that no machine has are refused by name") {
  CHECK(contains(error_of([] {
                   zeros({std::int64_t{1} << 40, 1024});
                 }),
                 std::to_string((std::int64_t{1} << 40) * 4096)));
  CHECK(contains(error_of([] { zeros({std::int64_t{1} << 33, std::int64_t{1} << 33}); }), "8589934592"));
  CHECK_FALSE(error_of([] { zeros({std::int64_t{1} << 40}); }).empty());
  CHECK_FALSE(error_of([] { zeros({-1}); }).empty());
  CHECK(zeros({0, std::int64_t{1} << 40}).numel() == 0);
  CHECK(sum(ones({3})).item() == 3);  // and work goes on
}

TEST_CASE("tensor: promotion of dtypes") {
  const Tensor truth = ones({2}, DType::boolean), number = ones({2}, DType::int64), single = ones({2}),
               twofold = ones({2}, DType::float64);
  CHECK((truth + number).dtype() == DType::int64);
  CHECK((number + single).dtype() == DType::float32);
  CHECK((single + twofold).dtype() == DType::float64);
  CHECK((number + 1).dtype() == DType::int64);
  CHECK((number + 1.5).dtype() == DType::float32);
  CHECK((single + tensor(1.0, DType::float64)).dtype() == DType::float32);  // a number does not widen
  CHECK((number / number).dtype() == DType::float32);
}

TEST_CASE("tensor: integers keep their values") {
  const Tensor numbers = arange(0, 5);
  CHECK(clamp(numbers, 2).to_vector<std::int64_t>() == Integers{2, 2, 2, 3, 4});
  CHECK(clamp(numbers, -1e30, 3).to_vector<std::int64_t>() == Integers{0, 1, 2, 3, 3});
  CHECK(clamp(numbers, 0.9, 2.5).to_vector<std::int64_t>() == Integers{1, 1, 2, 2, 2});
  CHECK(clamp(arange(-4, 0), -2.5, -1.9).to_vector<std::int64_t>() == Integers{-2, -2, -2, -2});
  CHECK(clamp(numbers, 1, 1e30).to_vector<std::int64_t>() == Integers{1, 1, 2, 3, 4});
  const std::int64_t large = std::int64_t{1} << 53;
  CHECK(arange(large, large + 3).to_vector<std::int64_t>() == Integers{large, large + 1, large + 2});
  CHECK(contains(error_of([&] { arange(large + 1, large); }), "is no range"));
  CHECK(arange(5, -1, -2).to_vector<std::int64_t>() == Integers{5, 3, 1});
  CHECK(arange(0, 7, 3).numel() == 3);
  CHECK(arange(3, 3).numel() == 0);
  CHECK(tensor({0.5, 0, 2}).to_vector<bool>() == std::vector<bool>{true, false, true});
  Tensor y = numbers.clone();
  CHECK(contains(error_of([&] { add(numbers, numbers, 0.5); }), "a factor of 0.5"));
  CHECK(contains(error_of([&] { add(numbers > 2, numbers > 1, 0.5); }), "a factor of 0.5"));
  CHECK(contains(error_of([&] { y.sub_(numbers, 0.5); }), "a factor of 0.5"));
  CHECK(contains(error_of([&] { index_add(numbers, 0, numbers, numbers, 0.5); }), "a factor of 0.5"));
  CHECK(add(numbers, tensor({0.5, 0, 0, 0, 0}), 0.5).dtype() == DType::float32);
}
