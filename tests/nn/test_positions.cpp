#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace gradus;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

}  // namespace

TEST_CASE("sinusoids are added, or put beside the input") {
  const Tensor x = ones({2, 3, 4});
  const Tensor added = nn::PositionalEncoding(4)(x);
  CHECK(added[{1, 0, 1}].item() == doctest::Approx(2));
  CHECK(added[{0, 1, 0}].item() == doctest::Approx(1.841471));
  CHECK(added[{0, 2, 3}].item() == doctest::Approx(1.999800));
  const Tensor beside = nn::PositionalEncoding(6, {.concat = true})(x);
  CHECK(beside.shape() == Shape{2, 3, 10});
  CHECK(largest_difference(beside.slice(2, 0, 4), x) == 0);
  CHECK(largest_difference(beside[1].slice(1, 4), nn::sinusoid_table(3, 6)) == 0);
  // Positions go on beyond the table that was made in advance, and from where an earlier call ended.
  const nn::PositionalEncoding small(4, {.max_length = 2});
  CHECK(largest_difference(small(zeros({1, 5, 4}))[0], nn::sinusoid_table(5, 4)) == 0);
  CHECK(largest_difference(small(zeros({1, 2, 4}), 3)[0], nn::sinusoid_table(5, 4).slice(0, 3)) == 0);
  CHECK(parameters(small).empty());
}

TEST_CASE("a learned table is trained and has an end") {
  const nn::PositionalEncoding learned(4, {.learned = true, .max_length = 3});
  CHECK(parameters(learned).size() == 1);
  const Tensor y = learned(zeros({2, 2, 4}), 1);
  CHECK(largest_difference(y[0], state_dict(learned)[0].second.slice(0, 1)) == 0);
  CHECK_THROWS_WITH_AS(learned(zeros({1, 4, 4})), doctest::Contains("3 positions"), Error);
  CHECK_THROWS_WITH_AS(learned(zeros({1, 2, 5})), doctest::Contains("(1, 2, 5)"), Error);
}

TEST_CASE("rotary positions: products depend on the distance alone, lengths stay") {
  manual_seed(1);
  const Tensor q = randn({1, 1, 1, 6}, DType::float64), k = randn({1, 1, 1, 6}, DType::float64);
  const auto product = [&](std::int64_t i, std::int64_t j) {
    return sum(nn::rotate_by_position(q, i) * nn::rotate_by_position(k, j)).item();
  };
  CHECK(product(3, 1) == doctest::Approx(product(12, 10)));
  CHECK(std::abs(product(3, 1) - product(1, 3)) > 1e-3);
  CHECK(sum(square(nn::rotate_by_position(q, 9))).item() == doctest::Approx(sum(square(q)).item()));
  CHECK(largest_difference(nn::rotate_by_position(q, 0), q) == 0);
  // One pair of features is turned by the position itself.
  const Tensor turned = nn::rotate_by_position(tensor({{{{1, 0}, {1, 0}}}}), 1);
  CHECK(turned[{0, 0, 1, 0}].item() == doctest::Approx(std::cos(2.0)));
  CHECK(turned[{0, 0, 1, 1}].item() == doctest::Approx(std::sin(2.0)));
}

TEST_CASE("ALiBi's slopes are those of the paper") {
  const Tensor eight = nn::alibi_bias(8, 3, 3);
  CHECK(eight.shape() == Shape{1, 8, 3, 3});
  CHECK(eight[{0, 0, 2, 0}].item() == doctest::Approx(-1.0));  // slope 1/2, two apart
  CHECK(eight[{0, 7, 2, 1}].item() == doctest::Approx(-1.0 / 256));
  CHECK(eight[{0, 3, 1, 1}].item() == 0);
  const Tensor six =
      nn::alibi_bias(6, 1, 2);  // 2^-2, 2^-4, 2^-6, 2^-8, then of eight heads the first and third
  CHECK(six[{0, 0, 0, 1}].item() == doctest::Approx(-0.25));
  CHECK(six[{0, 4, 0, 1}].item() == doctest::Approx(-0.5));
  CHECK(six[{0, 5, 0, 1}].item() == doctest::Approx(-0.125));
  CHECK(nn::alibi_bias(2, 1, 6, 5)[{0, 0, 0, 3}].item() == doctest::Approx(-2.0 / 16));
}

TEST_CASE("T5's buckets: exact near by, logarithmic further off") {
  // 8 buckets in two directions: 4 each, distances 0 and 1 exact, 2 and 3 for the rest up to 16.
  const Tensor buckets = nn::t5_buckets(1, 30, 8, 16, true, 15);
  const auto at = [&](std::int64_t key) { return buckets[{0, key}].item<std::int64_t>(); };
  CHECK(at(15) == 0);
  CHECK(at(14) == 1);
  CHECK(at(13) == 2);
  CHECK(at(10) == 2);  // 5: log(5/2) / log(8) * 2 = 0.88
  CHECK(at(9) == 3);   // 6: 1.06
  CHECK(at(0) == 3);
  CHECK(at(16) == 5);
  CHECK(at(29) == 7);
  // One direction: keys behind the query share bucket 0.
  const Tensor past = nn::t5_buckets(1, 30, 8, 16, false, 15);
  CHECK(past[{0, 20}].item<std::int64_t>() == 0);
  CHECK(past[{0, 12}].item<std::int64_t>() == 3);
  CHECK(past[{0, 11}].item<std::int64_t>() == 4);
  CHECK_THROWS_WITH_AS(nn::t5_buckets(1, 1, 1, 128, true), doctest::Contains("4"), Error);
}

TEST_CASE("Shaw's relative keys equal the products by loops") {
  manual_seed(2);
  const nn::RelativeBias shaw =
      clone(nn::RelativeBias(nn::RelativePositions::shaw, 2, 4, {.max_distance = 2}), DType::float64);
  const Tensor query = randn({2, 2, 3, 4}, DType::float64), table = state_dict(shaw)[0].second;
  const Tensor bias = shaw(query, 6, 1);
  CHECK(bias.shape() == Shape{2, 2, 3, 6});
  for (std::int64_t i = 0; i < 3; ++i) {
    for (std::int64_t j = 0; j < 6; ++j) {
      const std::int64_t distance = std::clamp<std::int64_t>(j - (i + 1), -2, 2);
      CHECK(bias[{1, 0, i, j}].item() ==
            doctest::Approx(sum(query[{1, 0, i}] * table[distance + 2]).item() / 2));
    }
  }
}

TEST_CASE("names of positions are read back") {
  for (const auto positions :
       {nn::RelativePositions::none, nn::RelativePositions::shaw, nn::RelativePositions::t5,
        nn::RelativePositions::rotary, nn::RelativePositions::alibi}) {
    CHECK(nn::relative_positions_named(nn::name_of(positions)) == positions);
  }
  CHECK_THROWS_WITH_AS(nn::relative_positions_named("rotory"), doctest::Contains("rotory"), Error);
}

TEST_CASE("masks say which keys are left out") {
  CHECK(all_of(eq(nn::causal_mask(2, 4, 1), tensor({{0, 0, 1, 1}, {0, 0, 0, 1}}, DType::boolean)))
            .item<bool>());
  CHECK(all_of(eq(nn::window_mask(2, 5, 1, 2), tensor({{1, 0, 0, 0, 1}, {1, 1, 0, 0, 0}}, DType::boolean)))
            .item<bool>());
  CHECK(all_of(eq(nn::strided_mask(1, 8, 3, 6), tensor({{0, 1, 1, 0, 0, 0, 0, 0}}, DType::boolean)))
            .item<bool>());
  CHECK(all_of(eq(nn::block_mask(2, 4, 2, 1), tensor({{0, 0, 1, 1}, {1, 1, 0, 0}}, DType::boolean)))
            .item<bool>());
  CHECK(!nn::combine_masks({}, {}).defined());
  CHECK_THROWS_WITH_AS(nn::strided_mask(2, 2, 0), doctest::Contains("at least 1"), Error);
}
