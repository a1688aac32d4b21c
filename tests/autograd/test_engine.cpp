// The backward pass: accumulation, graphs of awkward shape, scopes, hooks, freezing, operations of the
// user's.
#include <gradus/autograd/autograd.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tests/error_text.h>

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <string>
#include <thread>

using namespace gradus;
using test::contains;
using test::error_of;

namespace {

using Values = std::vector<double>;

Tensor leaf(const NestedList& values) { return tensor(values, DType::float64).requires_grad_(); }

}  // namespace

TEST_CASE("backward: gradients of separate graphs add up") {
  const Tensor x = leaf({1, 2, 3});
  sum(x * x).backward();
  CHECK(x.grad().to_vector<double>() == Values{2, 4, 6});
  sum(x * x).backward();
  CHECK(x.grad().to_vector<double>() == Values{4, 8, 12});
}

TEST_CASE("backward: the gradient has the leaf's shape, whatever was broadcast") {
  const Tensor row = ones({1, 3}, DType::float64).requires_grad_(),
               number = ones({}, DType::float64).requires_grad_();
  const Tensor x = ones({4, 2, 3}, DType::float64);
  sum(x * row + number).backward();
  CHECK(row.grad().shape() == Shape{1, 3});
  CHECK(row.grad().to_vector<double>() == Values{8, 8, 8});
  CHECK(number.grad().shape() == Shape{});
  CHECK(number.grad().item() == 24);
}

TEST_CASE("backward: a chain of a million operations, run and destroyed") {
  const Tensor x = leaf({1.5});
  Tensor y = x;
  for (int i = 0; i < 1'000'000; ++i) y = y + 1;
  CHECK(y.item() == 1'000'001.5);
  y.backward();
  CHECK(x.grad().item() == 1);
  y = {};
  // The same again without a backward pass: what is destroyed is the whole graph.
  y = x;
  for (int i = 0; i < 1'000'000; ++i) y = y + 1;
  y = {};
  CHECK(x.grad().item() == 1);
}

TEST_CASE("backward: a 60-fold diamond takes time in its operations, not in its paths") {
  const Tensor x = leaf({1});
  Tensor y = x;
  for (int i = 0; i < 60; ++i) y = y + y;
  y.backward();
  CHECK(x.grad().item() == std::ldexp(1.0, 60));
}

TEST_CASE("backward: a second pass needs retain_graph on the first") {
  const Tensor x = leaf({3});
  const Tensor y = x * x;
  y.backward();
  CHECK(contains(error_of([&] { y.backward(); }), "retain_graph"));
  CHECK(x.grad().item() == 6);

  const Tensor z = x * x;
  z.backward({}, {.retain_graph = true});
  z.backward();
  CHECK(x.grad().item() == 18);
}

TEST_CASE("backward: errors name what is wrong") {
  const Tensor x = leaf({{1, 2, 3}, {4, 5, 6}});
  CHECK(contains(error_of([&] { (x * x).backward(); }), "(2, 3)"));                // no gradient given
  CHECK(contains(error_of([&] { (x * x).backward(ones({3, 2})); }), "(3, 2)"));    // of a wrong shape
  CHECK(contains(error_of([&] { ones({}).backward(); }), "requires a gradient"));  // nothing to do
  CHECK(contains(error_of([&] { tensor(std::vector<std::int64_t>{1}).requires_grad_(); }),
                 "int64"));  // no such gradient
  CHECK(contains(error_of([&] { (x * x).requires_grad_(false); }), "detach"));
}

TEST_CASE("grad: returns gradients and leaves .grad() alone") {
  const Tensor x = leaf({1, 2}), unused = leaf({1});
  const Tensor y = sum(x * x * x);
  const Tensor inputs[] = {x, unused};
  const std::vector<Tensor> found = grad(std::span(&y, 1), inputs);
  CHECK(found[0].to_vector<double>() == Values{3, 12});
  CHECK_FALSE(found[1].defined());
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("grad: with respect to a tensor in the middle") {
  const Tensor x = leaf({2});
  const Tensor middle = x * x;
  CHECK(grad(middle * middle, middle).item() == 8);
}

TEST_CASE("grad: create_graph gives derivatives of any order") {
  const Tensor x = leaf({2});
  Tensor y = pow(x, 5);
  // 5 x^4, 20 x^3, 60 x^2, 120 x, 120
  for (const double expected : {80.0, 160.0, 240.0, 240.0, 120.0}) {
    y = grad(y, x, {}, {.create_graph = true});
    CHECK(y.item() == doctest::Approx(expected).epsilon(1e-12));
  }
}

TEST_CASE("scopes: no_grad nests and is put right by exceptions") {
  const Tensor x = leaf({1});
  {
    const no_grad outer;
    CHECK_FALSE((x * 2).requires_grad());
    {
      const enable_grad inner;
      CHECK((x * 2).requires_grad());
    }
    CHECK_FALSE((x * 2).requires_grad());
  }
  try {
    const no_grad scope;
    throw std::runtime_error("in the middle");
  } catch (const std::runtime_error&) {
  }
  CHECK(grad_enabled());
  CHECK((x * 2).requires_grad());
  {
    const evaluating scope;
    CHECK_FALSE(is_training());
    CHECK_FALSE((x * 2).requires_grad());
  }
  CHECK(is_training());
}

TEST_CASE("scopes: each thread has its own") {
  const no_grad scope;
  bool enabled = false;
  std::thread([&] { enabled = grad_enabled(); }).join();
  CHECK(enabled);
}

TEST_CASE("freezing: a frozen leaf gets no gradient, a detached value is a constant") {
  const Tensor w = leaf({2}), b = leaf({3});
  Tensor frozen = w;
  frozen.requires_grad_(false);
  (w * b).backward();
  CHECK_FALSE(w.grad().defined());
  CHECK(b.grad().item() == 2);
  frozen.requires_grad_();
  (w * b.detach()).backward();
  CHECK(w.grad().item() == 3);
}

TEST_CASE("hooks: see the whole gradient, and may change it") {
  const Tensor x = leaf({1, 2});
  Values seen;
  const HookHandle look = register_hook(x, [&](const Tensor& g) {
    seen = g.to_vector<double>();
    return Tensor();
  });
  const HookHandle twice = register_hook(x, [](const Tensor& g) { return g * 2; });
  sum(x * 3 + x).backward();
  CHECK(seen == Values{4, 4});
  CHECK(x.grad().to_vector<double>() == Values{8, 8});
  remove_hook(x, look);
  remove_hook(x, twice);
  seen.clear();
  sum(x).backward();
  CHECK(seen.empty());
  CHECK(x.grad().to_vector<double>() == Values{9, 9});
}

TEST_CASE("hooks: one may remove itself, register another, and not change the dtype") {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * 3;
  std::vector<int> calls;
  HookHandle first{};
  first = register_hook(y, [&, kept = std::string("of the first hook")](const Tensor&) {
    remove_hook(y, first);
    register_hook(y, [&](const Tensor&) {
      calls.push_back(3);
      return Tensor();
    });
    CHECK(kept == "of the first hook");
    calls.push_back(1);
    return Tensor();
  });
  register_hook(y, [&](const Tensor&) {
    calls.push_back(2);
    return Tensor();
  });
  sum(y).backward({}, {.retain_graph = true});
  CHECK(calls == std::vector<int>{1, 2});
  sum(y).backward();
  CHECK(calls == std::vector<int>{1, 2, 2, 3});
  const Tensor z = x * 2;
  register_hook(z, [](const Tensor& g) { return g.to(DType::float32); });
  CHECK(contains(error_of([&] { sum(z).backward(); }),
                 "returned float32 (2,) in place of a gradient float64 (2,)"));
}

TEST_CASE("hooks: one may let go of the tensor that the pass began with") {
  const Tensor a = leaf({1, 2});
  Tensor loss;
  {
    const Tensor h = a * 2;
    register_hook(h, [&](const Tensor&) {
      loss = {};
      return Tensor();
    });
    loss = sum(h * 3);
  }
  loss.backward();
  CHECK_FALSE(loss.defined());
  CHECK(a.grad().to_vector<double>() == Values{6, 6});
}

TEST_CASE("hooks: a pass within a pass takes nothing from it") {
  const Tensor w = leaf({1, 2});
  const Tensor penalty = sum(w * 10);
  const Tensor h = w * 3;
  Tensor inner;
  register_hook(h, [&](const Tensor&) {
    penalty.backward();
    const enable_grad scope;
    inner = grad(sum(w * w), w);
    return Tensor();
  });
  sum(h).backward();
  CHECK(w.grad().to_vector<double>() == Values{13, 13});
  CHECK(inner.to_vector<double>() == Values{2, 4});
  // One that goes through what the other has still before it, too: with retain_graph, and else by an error.
  for (const bool retain : {true, false}) {
    const Tensor x = leaf({1, 2});
    const Tensor square = x * x, cube = square * x, total = sum(square);
    register_hook(cube, [&](const Tensor&) {
      total.backward({}, {.retain_graph = retain});
      return Tensor();
    });
    const std::string problem = error_of([&] { sum(cube).backward(); });
    REQUIRE(problem.empty() == retain);
    if (retain) CHECK(x.grad().to_vector<double>() == Values{3 + 2, 12 + 4});
    else CHECK(contains(problem, "used and freed"));
  }
}

TEST_CASE("backward: with create_graph gradients are stored in memory of their own") {
  const Tensor x = leaf({1, 2, 3});
  sum(x).backward({}, {.create_graph = true});
  sum(x).backward();
  CHECK(x.grad().to_vector<double>() == Values{2, 2, 2});
  const Tensor a = leaf({1, 2}), b = leaf({1, 2}), seed = ones({2}, DType::float64);
  (a + b).backward(seed, {.create_graph = true});
  (a + b).backward(seed);
  CHECK(a.grad().to_vector<double>() == Values{2, 2});
  CHECK(b.grad().to_vector<double>() == Values{2, 2});
  CHECK(seed.to_vector<double>() == Values{1, 1});
}

TEST_CASE("grad: results are nobody else's, and the graph behind the input is left alone") {
  const Tensor a = leaf({1, 2}), b = leaf({1, 2}), seed = ones({2}, DType::float64);
  const Tensor outputs[] = {a + b}, inputs[] = {a, b}, seeds[] = {seed};
  std::vector<Tensor> found = grad(outputs, inputs, seeds);
  found[0].mul_(10);
  CHECK(found[1].to_vector<double>() == Values{1, 1});
  CHECK(seed.to_vector<double>() == Values{1, 1});
  Tensor of_sum = grad(sum(a), a);
  of_sum.add_(1);
  CHECK(of_sum.to_vector<double>() == Values{2, 2});
  const Tensor h = exp(a);
  const Tensor g = grad(sum(h * h), h);
  CHECK(g.to_vector<double>() == Values{2 * std::exp(1.0), 2 * std::exp(2.0)});
  sum(h).backward();
  CHECK(a.grad().to_vector<double>() == h.to_vector<double>());
  CHECK(grad(sum(h * h), h).to_vector<double>() == g.to_vector<double>());  // though what made h is freed
}

TEST_CASE("freezing: after the forward pass, too") {
  Tensor w = leaf({1, 2});
  const Tensor y = sum(w * 3);
  w.requires_grad_(false);
  y.backward();
  CHECK_FALSE(w.grad().defined());
}

TEST_CASE("gradcheck: a derivative of zero with no absolute tolerance") {
  const Tensor x = leaf({1, 2});
  const auto half = [](const std::vector<Tensor>& in) { return in[0][0] * 2; };
  CHECK(gradcheck(half, {x}, {.atol = 0}).passed);
}

TEST_CASE("a weight used in many small products: its gradient is whole wherever it is looked at") {
  // Steps of three rows each, fewer than the products are put off for, and then of many more.
  for (const std::int64_t steps : {1, 5, 900}) {
    CAPTURE(steps);
    const std::int64_t rows = 3, in = 4, out = 5;
    const Tensor x = sin(arange(0, steps * rows * in, 1, DType::float64)).reshape({steps, rows, in});
    const Tensor ones_out = ones({steps * rows, out}, DType::float64);
    const Tensor expected = matmul(ones_out.t(), x.reshape({steps * rows, in}));  // (out, in)

    const Tensor table = zeros({2 * out, in}, DType::float64).requires_grad_();
    Tensor weight = table.slice(0, out, 2 * out);  // in the middle of the graph: its gradient goes on
    weight.retain_grad();
    int calls = 0;
    Tensor seen;
    register_hook(weight, [&](const Tensor& gradient) {
      ++calls;
      seen = gradient.clone();
      return Tensor();
    });
    Tensor total;
    for (std::int64_t step = 0; step < steps; ++step) {
      const Tensor part = sum(linear(x.select(0, step), weight));
      total = total.defined() ? total + part : part;
    }
    const Tensor alone = grad(total, weight, {}, {.retain_graph = true});
    total.backward();
    CHECK(calls == 2);
    for (const Tensor& found : {alone, seen, weight.grad(), table.grad().slice(0, out, 2 * out)}) {
      CHECK(max(abs(found - expected)).item() < 1e-12);
    }
    CHECK(max(abs(table.grad().slice(0, 0, out))).item() == 0);
  }
}

TEST_CASE("a weight used in a product and elsewhere: both gradients arrive") {
  const Tensor weight = ones({2, 2}, DType::float64).requires_grad_();
  const Tensor x = tensor({{1, 2}}, DType::float64);
  sum(linear(x, weight) + matmul(x, weight)).backward();
  sum(linear(x, weight) * 2).backward();
  // d/dw of x w^T: rows (1, 2); of x w: columns (1, 2); then twice the first again
  CHECK(weight.grad().to_vector<double>() == Values{4, 7, 5, 8});
  const Tensor other = ones({2, 2}, DType::float64).requires_grad_();
  sum(linear(x, other) + sum(other * 10)).backward();
  CHECK(other.grad().to_vector<double>() == Values{21, 22, 21, 22});
}

TEST_CASE("retain_grad: keeps the gradient of a computed tensor") {
  const Tensor x = leaf({2});
  Tensor y = x * x;
  y.retain_grad();
  (y * 5).backward();
  CHECK(y.grad().item() == 5);
}

namespace {

/// An operation of the user's: x^3, with its gradient written by hand; `factor` makes the gradient wrong.
Tensor cube(const Tensor& x, double factor = 1) {
  Tensor y;
  {
    const no_grad scope;
    y = x * x * x;
  }
  if (recording(x)) {
    record(y, "cube", {&x}, [x = Saved(x), factor](Sink& sink, const Tensor& g) {
      sink.add(0, g * x.get(sink) * x.get(sink) * (3 * factor));
    });
  }
  return y;
}

}  // namespace

TEST_CASE("custom operations: recorded, differentiated twice, and checked by gradcheck") {
  const Tensor x = leaf({{1, -2}, {0.5, 3}}).set_name("points");
  CHECK(gradcheck([](const auto& in) { return cube(in[0]); }, {x}));
  CHECK(gradgradcheck([](const auto& in) { return cube(in[0]); }, {x}));

  const GradcheckResult wrong = gradcheck([](const auto& in) { return cube(in[0], 1.01); }, {x});
  CHECK_FALSE(wrong);
  CHECK(wrong.input == 0);
  CHECK(wrong.input_name == "points");
  // All derivatives are off by one per cent: measured against what is allowed, the largest is the worst, 3 *
  // 3^2.
  CHECK(wrong.input_position == Shape{1, 1});
  CHECK(wrong.output == 3);
  CHECK(wrong.numeric == doctest::Approx(27).epsilon(1e-6));
  CHECK(wrong.analytic == doctest::Approx(27.27).epsilon(1e-9));
  CHECK(contains(wrong.text, "'points' at (1, 1)"));
}

TEST_CASE("gradcheck: large outputs, constants, and what it refuses") {
  const Tensor x = leaf({1, 2, 3}), single = ones({3}).requires_grad_();
  const Tensor table = ones({40, 3}, DType::float64);
  CHECK(gradcheck([](const auto& in) { return in[0] * in[1]; },
                  {x, table}));  // 120 outputs, the table is a constant
  CHECK_FALSE(gradcheck([](const auto& in) { return cube(in[0], 2) * in[1]; }, {x, table}));
  CHECK(contains(error_of([&] { gradcheck([](const auto& in) { return in[0]; }, {single}); }), "float64"));
  CHECK(contains(error_of([&] { gradcheck([](const auto& in) { return in[0]; }, {table}); }),
                 "requires a gradient"));
  CHECK(contains(error_of([&] { gradcheck([](const auto& in) { return in[0]; }, {x * 2}); }), "leaf"));
  int calls = 0;
  CHECK(contains(error_of([&] { gradcheck([&](const auto& in) { return in[0] * double(++calls); }, {x}); }),
                 "different values"));
}

TEST_CASE("threads: two with graphs of their own give what one gives") {
  const auto work = [](double start, Values& results) {
    for (int i = 0; i < 1000; ++i) {
      const Tensor x = tensor({start, start + i * 1e-3}, DType::float64).requires_grad_();
      sum(tanh(x * x) * exp(-x)).backward();
      for (const double value : x.grad().to_vector<double>()) results.push_back(value);
    }
  };
  Values alone[2], together[2];
  work(0.1, alone[0]);
  work(0.7, alone[1]);
  std::thread first(work, 0.1, std::ref(together[0])), second(work, 0.7, std::ref(together[1]));
  first.join();
  second.join();
  CHECK(alone[0] == together[0]);
  CHECK(alone[1] == together[1]);
}

TEST_CASE("conversion: the gradient comes back in the leaf's dtype") {
  const Tensor x = ones({2}).requires_grad_();
  sum(x.to(DType::float64) * tensor({1.5, 2.5}, DType::float64)).backward();
  CHECK(x.grad().dtype() == DType::float32);
  CHECK(x.grad().to_vector<double>() == Values{1.5, 2.5});
}
