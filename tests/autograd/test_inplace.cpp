// Writing in place: what is recorded, what is refused, and what is found out later.
#include <gradus/autograd/autograd.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tests/error_text.h>

#include <doctest/doctest.h>

#include <string>

using namespace gradus;
using test::contains;
using test::error_of;

namespace {

using Values = std::vector<double>;

Tensor leaf(const NestedList& values) { return tensor(values, DType::float64).requires_grad_(); }

}  // namespace

TEST_CASE("in place: a saved tensor that was overwritten is found out") {
  const Tensor x = leaf({1, 2});
  Tensor squares = x * x;
  const Tensor y = sum(squares * squares);
  squares.add_(1);
  CHECK(contains(error_of([&] { y.backward(); }), "mul"));
}

TEST_CASE("in place: a saved output that was overwritten is found out") {
  const Tensor x = leaf({1, 2});
  Tensor y = exp(x);
  const Tensor total = sum(y);
  CHECK(contains(error_of([&] { y.mul_(2); }), "what an operation keeps for its backward pass"));
  {
    const no_grad scope;
    y.mul_(2);
  }
  CHECK_FALSE(error_of([&] { total.backward(); }).empty());
}

TEST_CASE("in place: also through a view") {
  const Tensor x = leaf({1, 2}), factors = tensor({3, 4}, DType::float64);
  const Tensor y = sum(x * factors);
  Tensor first = factors[0];
  first.fill_(7);
  CHECK(factors.to_vector<double>() == Values{7, 4});
  CHECK_FALSE(error_of([&] { y.backward(); }).empty());
}

TEST_CASE("in place: a tensor that nobody saved may be written") {
  const Tensor x = leaf({1, 2});
  Tensor y = x * 3;
  y.add_(x * x);
  y.add_(1);
  CHECK(y.to_vector<double>() == Values{5, 11});
  sum(y).backward();
  CHECK(x.grad().to_vector<double>() == Values{5, 7});
}

TEST_CASE("in place: a recorded write is refused where others share the storage") {
  const Tensor x = leaf({1, 2});
  Tensor y = x * 2;
  {
    const Tensor view = y[0];
    CHECK(contains(error_of([&] { y.mul_(3); }), "shares its storage"));
    view.backward();
  }
  CHECK(x.grad().to_vector<double>() == Values{2, 0});
  y = x * 2;
  y.mul_(3);
  sum(y).backward();
  CHECK(x.grad().to_vector<double>() == Values{8, 6});
}

TEST_CASE("in place: a loss is added to, whatever it is the mean of") {
  const Tensor x = leaf({1, 2});
  Tensor halved = x / 2, mean_of_all = mean(x), power = pow(x, 3);
  halved += 1;
  mean_of_all += sum(x);
  power *= 2;
  (sum(halved) + mean_of_all + sum(power)).backward();
  CHECK(x.grad().to_vector<double>() == Values{0.5 + 1.5 + 6, 0.5 + 1.5 + 24});
  const Tensor divisor = leaf({2, 4});
  Tensor quotient = x / divisor;  // whose own value the gradient of the divisor needs
  CHECK(contains(error_of([&] { quotient += 1; }), "shares its storage"));
}

TEST_CASE("in place: what a recorded write needs of the old value is kept") {
  const Tensor x = leaf({1, 2}), w = leaf({3, 5});
  Tensor y = x * 2;
  y.clamp_(0, 3);
  sum(y).backward();
  CHECK(x.grad().to_vector<double>() == Values{2, 0});
  Tensor z = x * 2;
  z.mul_(w);
  sum(z).backward();
  CHECK(w.grad().to_vector<double>() == Values{2, 4});
  CHECK(x.grad().to_vector<double>() == Values{2 + 6, 10});
  Tensor constant = ones({2}, DType::float64);
  constant.mul_(w);
  sum(constant).backward();
  CHECK(w.grad().to_vector<double>() == Values{3, 5});
  const Tensor v = leaf({2, 4});
  Tensor square = v * 1, one = v * 1;
  square.mul_(square);
  one.div_(one);
  (sum(square) + sum(one)).backward();
  CHECK(v.grad().to_vector<double>() == Values{4, 8});
}

TEST_CASE("in place: several elements in one place are not written") {
  const Tensor base = zeros({1}, DType::float64);
  Tensor wide = base.expand({3});
  const char* const what = "several elements in one place";
  CHECK(contains(error_of([&] { wide.add_(1); }), what));
  CHECK(contains(error_of([&] { wide.fill_(1); }), what));
  CHECK(contains(error_of([&] { wide.clamp_(1, 2); }), what));
  CHECK(contains(error_of([&] { wide.normal_(0, 1); }), what));
  CHECK(contains(error_of([&] { wide[{range(0, 2)}] = 1.0; }), what));
  CHECK(base.item() == 0);
  Tensor one = base.expand({1, 1});
  one.add_(1);
  CHECK(base.item() == 1);
  Tensor across = ones({2, 3}).t();
  across.requires_grad_().uniform_(2, 3);
  CHECK(min(across).item() >= 2);
}

TEST_CASE("in place: a leaf that requires a gradient is written under no_grad only") {
  Tensor x = leaf({1, 2});
  CHECK(contains(error_of([&] { x.add_(1); }), "no_grad"));
  CHECK(contains(error_of([&] { x[0] = 5.0; }), "no_grad"));
  CHECK(x.to_vector<double>() == Values{1, 2});
  {
    const no_grad scope;
    x.sub_(0.5);
    x[1] = 4.0;
  }
  CHECK(x.to_vector<double>() == Values{0.5, 4});
  CHECK(x.requires_grad());
}

TEST_CASE("in place: every write counts as a version") {
  Tensor x = zeros({2, 2});
  const std::uint32_t before = x.version();
  x.fill_(1).add_(2).mul_(3);
  x.select(0, 1).zero_();
  x.copy_(ones({2, 2}));
  CHECK(x.version() == before + 5);
}

TEST_CASE("in place: operands may overlap") {
  Tensor x = tensor({1, 2, 3, 4}, DType::float64);
  x.slice(0, 1).copy_(x.slice(0, 0, 3));
  CHECK(x.to_vector<double>() == Values{1, 1, 2, 3});
  x.add_(x);
  CHECK(x.to_vector<double>() == Values{2, 2, 4, 6});
  Tensor matrix = tensor({{1, 2}, {3, 4}}, DType::float64);
  matrix.add_(matrix.t());
  CHECK(matrix.to_vector<double>() == Values{2, 5, 5, 8});
}

TEST_CASE("in place: what does not fit is refused, and nothing is written") {
  Tensor x = zeros({2, 3});
  CHECK(contains(error_of([&] { x.add_(ones({4, 3})); }), "(4, 3)"));
  CHECK_FALSE(error_of([&] { x.add_(ones({2, 2, 3})); }).empty());
  Tensor counts = zeros({2}, DType::int64);
  CHECK_FALSE(error_of([&] { counts.add_(tensor({0.5, 0.5})); }).empty());
  CHECK(x.to_vector<double>() == Values(6, 0));
  CHECK(counts.to_vector<double>() == Values{0, 0});
}

TEST_CASE("in place: masked_fill_, clamp_, and the arithmetic forms") {
  Tensor x = tensor({-2, -1, 1, 2}, DType::float64);
  x.masked_fill_(gt(x, 1), 9);
  CHECK(x.to_vector<double>() == Values{-2, -1, 1, 9});
  x.clamp_(-1.5, 3);
  CHECK(x.to_vector<double>() == Values{-1.5, -1, 1, 3});
  x.sub_(ones({4}, DType::float64), 2).div_(2);
  CHECK(x.to_vector<double>() == Values{-1.75, -1.5, -0.5, 0.5});
  x += 2;
  x *= 4;
  x -= 1;
  x /= 2;
  CHECK(x.to_vector<double>() == Values{0, 0.5, 2.5, 4.5});
}
