#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/random.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tensor/random.h>
#include <gradus/tests/settings.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

using namespace gradus;

namespace {

struct Moments {
  double mean = 0, variance = 0, fourth = 0;
};

Moments moments_of(const std::vector<double>& values) {
  Moments moments;
  const double count = static_cast<double>(values.size());
  for (const double value : values) moments.mean += value / count;
  for (const double value : values) {
    const double square = (value - moments.mean) * (value - moments.mean);
    moments.variance += square / count;
    moments.fourth += square * square / count;
  }
  return moments;
}

}  // namespace

TEST_CASE("Philox4x32-10: the published known answers") {
  // From the authors' Random123 distribution: counter, key, result.
  struct Answer {
    std::array<std::uint32_t, 4> counter;
    std::array<std::uint32_t, 2> key;
    std::array<std::uint32_t, 4> result;
  };
  const Answer answers[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
       {0xffffffff, 0xffffffff},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  test::on_every_instruction_set([&] {
    for (const Answer& answer : answers) {
      for (const int lane : {0, 17, 63}) {
        std::uint32_t words[256] = {};
        for (int w = 0; w < 4; ++w) words[64 * w + lane] = answer.counter[static_cast<std::size_t>(w)];
        kernels<RandomKernels>().rounds(answer.key[0], answer.key[1], words);
        for (int w = 0; w < 4; ++w) CHECK(words[64 * w + lane] == answer.result[static_cast<std::size_t>(w)]);
      }
    }
  });
}

// The expected numbers below come from an implementation in Python that reproduces the known answers above.

TEST_CASE("the stream: numbers by seed and place") {
  test::on_every_instruction_set([] {
    std::uint32_t numbers[512];
    kernels<RandomKernels>().numbers(0x123456789abcdef0, 0, 512, numbers);
    CHECK(numbers[0] == 0x92c9b44);
    CHECK(numbers[65] == 0x609cf517);
    CHECK(numbers[256] == 0xd417ad85);
    CHECK(numbers[511] == 0xb8ba2bf5);
  });
}

TEST_CASE("rand: 24 bits of a number, or 53 of two") {
  test::on_every_instruction_set([] {
    manual_seed(2024);
    const std::vector<float> x = rand({100001}).to_vector<float>();
    const std::pair<std::size_t, int> expected[] = {{0, 10128235},   {1, 5809684},     {63, 10784868},
                                                    {64, 4505744},   {255, 12534192},  {256, 9085924},
                                                    {1000, 9975938}, {100000, 6272009}};
    for (const auto& [index, bits] : expected) CHECK(x[index] == static_cast<float>(bits) / 16777216.0f);
    manual_seed(2024);
    const std::vector<double> y = rand({129}, DType::float64).to_vector<double>();
    CHECK(y[0] == 5437555004637653.0 / 9007199254740992.0);
    CHECK(y[1] == 3119050850614161.0 / 9007199254740992.0);
    CHECK(y[127] == 3949815464978486.0 / 9007199254740992.0);
    CHECK(y[128] == 4877968556175708.0 / 9007199254740992.0);
  });
}

TEST_CASE("randn: Box and Muller") {
  test::on_every_instruction_set([] {
    manual_seed(2024);
    const std::vector<double> z = randn({1001}).to_vector<double>();
    const std::pair<std::size_t, double> expected[] = {
        {0, 0.638456},    {1, 0.208794},    {2, -0.289841},  {3, 0.693795},   {128, -0.775734},
        {129, -1.441317}, {130, -1.010855}, {131, 0.580446}, {256, 1.106722}, {1000, 0.27369}};
    for (const auto& [index, value] : expected) CHECK(z[index] == doctest::Approx(value).epsilon(2e-6));
  });
}

TEST_CASE("randint, randperm, bernoulli: the numbers they must give") {
  test::on_every_instruction_set([] {
    manual_seed(2024);
    CHECK(randint(-3, 7, {2, 4}).to_vector<std::int64_t>() ==
          std::vector<std::int64_t>{3, 0, 2, 3, -3, 2, 6, -1});
    manual_seed(2024);
    CHECK(randint(0, (std::int64_t{1} << 62) + 12345, {3}).to_vector<std::int64_t>() ==
          std::vector<std::int64_t>{2784028162374485898, 1596954035514454875, 2652958369285404878});
    manual_seed(2024);
    CHECK(randperm(8).to_vector<std::int64_t>() == std::vector<std::int64_t>{4, 3, 5, 6, 0, 1, 7, 2});
    manual_seed(2024);
    CHECK(bernoulli(0.3, {16}).to_vector<float>() ==
          std::vector<float>{0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 0, 1, 0});
  });
}

TEST_CASE("moments of what is drawn") {
  manual_seed(5);
  // Bounds: five standard errors of 200,000 draws.
  const Moments uniform = moments_of(rand({200000}).to_vector<double>());
  CHECK(std::abs(uniform.mean - 0.5) < 0.0033);
  CHECK(std::abs(uniform.variance - 1.0 / 12) < 0.0009);
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Moments normal = moments_of(randn({200000}, dtype).to_vector<double>());
    CHECK(std::abs(normal.mean) < 0.012);
    CHECK(std::abs(normal.variance - 1) < 0.016);
    CHECK(std::abs(normal.fourth - 3) < 0.12);
  }
  CHECK(std::abs(moments_of(bernoulli(0.25, {200000}).to_vector<double>()).mean - 0.25) < 0.005);
  CHECK(moments_of(bernoulli(0, {1000}).to_vector<double>()).mean == 0);
  CHECK(moments_of(bernoulli(1, {1000}).to_vector<double>()).mean == doctest::Approx(1));
}

TEST_CASE("the same values on every instruction set and any number of threads") {
  std::vector<std::vector<double>> uniforms, normals;
  for (const int threads : {1, 2}) {
    const test::ThreadsScope scope(threads);
    test::on_every_instruction_set([&] {
      manual_seed(77);
      std::vector<double> u = (rand({40001}).uniform_(-0.3, 0.4)).to_vector<double>();
      const std::vector<double> wide = rand({20001}, DType::float64).uniform_(-0.3, 0.4).to_vector<double>();
      u.insert(u.end(), wide.begin(), wide.end());
      uniforms.push_back(u);
      normals.push_back(randn({40001}).normal_(0.3, 0.7).to_vector<double>());
    });
  }
  for (const auto& values : uniforms) CHECK(values == uniforms[0]);
  for (const auto& values : normals) CHECK(values == normals[0]);
}

TEST_CASE("the generator: a seed starts anew, a state goes on where it was taken") {
  manual_seed(3);
  const std::vector<float> first = rand({300}).to_vector<float>();
  const RandomStream state = random_state();
  const std::vector<float> second = rand({300}).to_vector<float>();
  CHECK(first != second);
  set_random_state(state);
  CHECK(rand({300}).to_vector<float>() == second);
  manual_seed(3);
  CHECK(rand({300}).to_vector<float>() == first);
  CHECK(state == RandomStream{3, 512});
  CHECK_THROWS_AS(set_random_state({0, 7}), Error);
}

TEST_CASE("take_random: pieces do not overlap") {
  manual_seed(1);
  CHECK(take_random(1).offset == 0);
  CHECK(take_random(256).offset == 256);
  CHECK(take_random(257).offset == 512);
  CHECK(take_random(0).offset == 1024);
  CHECK(take_random(1).offset == 1024);
}

TEST_CASE("dropout kernel: drawn by place from halves of the numbers, in whatever pieces") {
  test::on_every_instruction_set([] {
    const RandomKernels& table = kernels<RandomKernels>();
    const std::int32_t threshold = dropout_threshold(0.4);
    constexpr std::int64_t count = 1000, place = 768, group = 256;
    std::vector<float> x(count), y(count);
    for (std::size_t i = 0; i < count; ++i) x[i] = static_cast<float>(i) + 1;
    for (std::int64_t begin = 0; begin < count; begin += 123) {
      const std::int64_t size = std::min<std::int64_t>(123, count - begin);
      table.dropout_float(9, place + static_cast<std::uint64_t>(begin), size, threshold, 2.0f,
                          x.data() + begin, y.data() + begin);
    }
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t position = place + i, number = position / 512 * group + position % group;
      // Word w of the block with counter 64 g + l is number 256 g + 64 w + l; dropout's series has a 1 in
      // word 2.
      std::uint32_t words[group] = {};
      for (std::uint32_t l = 0; l < 64; ++l) {
        words[l] = static_cast<std::uint32_t>(number / group) * 64 + l;
        words[128 + l] = 1;
      }
      table.rounds(9, 0, words);
      const std::uint32_t drawn = words[number % group];
      const std::uint32_t half = position % 512 < group ? drawn & 0xffff : drawn >> 16;
      const auto at = static_cast<std::size_t>(i);
      CHECK(y[at] == (half < static_cast<std::uint32_t>(threshold) ? 0.0f : 2 * x[at]));
    }
  });
}

TEST_CASE("dropout kernel: a long piece equals its parts, and the share is right") {
  test::on_every_instruction_set([] {
    const RandomKernels& table = kernels<RandomKernels>();
    constexpr std::int64_t count = 100000;
    const std::vector<float> ones(count, 1.0f);
    std::vector<float> whole(count), parts(count);
    table.dropout_float(5, 512, count, dropout_threshold(0.1), 1.0f, ones.data(), whole.data());
    for (std::int64_t begin = 0; begin < count; begin += 77) {
      table.dropout_float(5, 512 + static_cast<std::uint64_t>(begin),
                          std::min<std::int64_t>(77, count - begin), dropout_threshold(0.1), 1.0f,
                          ones.data() + begin, parts.data() + begin);
    }
    CHECK(whole == parts);
    const double dropped = static_cast<double>(std::count(whole.begin(), whole.end(), 0.0f)) / count;
    CHECK(dropped == doctest::Approx(0.1).epsilon(0.04));  // four standard deviations
  });
}

TEST_CASE("uniform_ and normal_ write through views and leave the rest alone") {
  Tensor x = zeros({4, 6});
  const std::uint32_t version = x.version();
  Tensor column = x.slice(1, 2, 4);
  column.uniform_(1, 2);
  CHECK(x.version() > version);
  const std::vector<float> values = x.to_vector<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool inside = i % 6 == 2 || i % 6 == 3;
    CHECK((inside ? values[i] >= 1 && values[i] < 2 : values[i] == 0));
  }
  Tensor y = zeros({3});
  y.normal_(5, 0);
  CHECK(y.to_vector<float>() == std::vector<float>{5, 5, 5});
  CHECK(y.version() == 1);
  CHECK(y.uniform_(2, 2).to_vector<float>() == std::vector<float>{2, 2, 2});
}

TEST_CASE("empty shapes and wrong arguments") {
  CHECK(rand({0, 3}).numel() == 0);
  CHECK(randperm(0).numel() == 0);
  CHECK(randn({}).rank() == 0);
  Tensor x = zeros({2});
  CHECK_THROWS_WITH_AS(randint(3, 3, {1}), doctest::Contains("[3, 3)"), Error);
  CHECK_THROWS_AS(rand({2}, DType::int64), Error);
  CHECK_THROWS_AS(randperm(-1), Error);
  CHECK_THROWS_AS(bernoulli(1.5, {2}), Error);
  CHECK_THROWS_AS(bernoulli(std::nan(""), {2}), Error);
  CHECK_THROWS_AS(x.uniform_(1, 0), Error);
  CHECK_THROWS_AS(x.normal_(0, -1), Error);
  CHECK(x.to_vector<float>() == std::vector<float>{0, 0});
}
