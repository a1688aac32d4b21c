#include <gradus/optim/optim.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/memory.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tests/settings.h>

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

using namespace gradus;
using namespace gradus::optim;

namespace {

// The problem: minimise 0.5 x.(A x) - b.x with this A (symmetric), b and start; its gradient is A x - b.
const std::vector<double> matrix = {5.1110425,  -1.9615064,  2.7508469,  1.0708752,  0.19427875,  2.4605396,
                                    -1.9615064, 4.264504,    -2.851416,  1.30651,    -0.11562196, -0.61887103,
                                    2.7508469,  -2.851416,   3.3055305,  0.19546387, 0.16131188,  0.7890148,
                                    1.0708752,  1.30651,     0.19546387, 2.2251406,  0.53183687,  0.41994452,
                                    0.19427875, -0.11562196, 0.16131188, 0.53183687, 1.2721909,   -0.34326214,
                                    2.4605396,  -0.61887103, 0.7890148,  0.41994452, -0.34326214, 2.0796192};
const std::vector<double> linear_term = {-1.2045524, 0.9242175, 0.75421137,
                                         -0.5737288, 1.6673875, -0.07099874};
const std::vector<double> start = {0.5195181, 2.1974478, -1.1516542, -0.090441525, -0.21082175, -0.51275176};

template <class O>
std::vector<double> trajectory_end(const typename O::Options& options, int steps, DType dtype) {
  Tensor x = tensor(start, {6}).to(dtype).clone();
  x.requires_grad_();
  O optimizer(std::span(&x, 1), options);
  for (int step = 0; step < steps; ++step) {
    const std::vector<double> at = x.to_vector<double>();
    std::vector<double> gradient(6);
    for (std::size_t i = 0; i < 6; ++i) {
      gradient[i] = -linear_term[i];
      for (std::size_t j = 0; j < 6; ++j) gradient[i] += matrix[6 * i + j] * at[j];
    }
    x.set_grad(tensor(gradient, {6}).to(dtype));
    optimizer.step();
  }
  return x.to_vector<double>();
}

void check_close(const std::vector<double>& got, const std::vector<double>& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CHECK(std::fabs(got[i] - expected[i]) <= 1e-6 + 1e-5 * std::fabs(expected[i]));
  }
}

/// PyTorch 1.13's x after 1 and after 20 steps.
template <class O>
void check(const typename O::Options& options, const std::vector<double>& first,
           const std::vector<double>& last) {
  for (DType dtype : {DType::float32, DType::float64}) {
    check_close(trajectory_end<O>(options, 1, dtype), first);
    check_close(trajectory_end<O>(options, 20, dtype), last);
  }
}

void check_all_trajectories() {
  check<SGD>({.lr = 0.05}, {0.7704159, 1.6506901, -0.65895337, -0.2528042, -0.103491634, -0.4151889},
             {-0.008927487, 1.0385524, 0.8951936, -1.0307622, 1.0887197, -0.026442349});
  check<SGD>({.lr = 0.02, .momentum = 0.9},
             {0.6198772, 1.9787446, -0.95457387, -0.1553866, -0.1678897, -0.4737266},
             {-0.39454135, 1.857074, 2.2731555, -1.2113209, 2.3754053, 1.4390721});
  check<SGD>({.lr = 0.02, .momentum = 0.9, .dampening = 0.1},
             {0.6198772, 1.9787446, -0.95457387, -0.1553866, -0.1678897, -0.4737266},
             {-0.34495005, 1.7404532, 2.095847, -1.1228522, 2.2688391, 1.1922047});
  check<SGD>({.lr = 0.02, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true},
             {0.710003, 1.7810769, -0.7767639, -0.21380278, -0.12917075, -0.43840915},
             {-0.855558, 1.932779, 2.1518936, -1.491223, 2.3083918, 1.3246442});
  check<SGD>({.lr = 0.05, .weight_decay = 0.1},
             {0.76781833, 1.6397028, -0.6531951, -0.25235197, -0.102437526, -0.41262513},
             {-0.03847269, 0.9734506, 0.8547063, -0.95970196, 1.0461209, -0.003878541});
  check<Adam>({.lr = 0.05}, {0.5695181, 2.1474478, -1.1016543, -0.14044152, -0.16082175, -0.46275175},
              {1.0500911, 1.3040702, -0.24627905, -1.0495765, 0.7561835, -0.100798674});
  check<Adam>({.lr = 0.03, .beta1 = 0.9, .beta2 = 0.98, .eps = 1e-06},
              {0.54951805, 2.1674478, -1.1216543, -0.12044152, -0.18082176, -0.4827518},
              {1.0098166, 1.6239842, -0.57636493, -0.68134165, 0.38073942, -0.06328095});
  check<Adam>({.lr = 0.05, .weight_decay = 0.1},
              {0.5695181, 2.1474478, -1.1016543, -0.14044152, -0.16082175, -0.46275175},
              {1.0336555, 1.3018721, -0.24587654, -1.0457764, 0.7521591, -0.09067527});
  check<Adam>({.lr = 0.05, .amsgrad = true},
              {0.5695181, 2.1474478, -1.1016543, -0.14044152, -0.16082175, -0.46275175},
              {1.0500808, 1.3040693, -0.24627765, -1.0495754, 0.75618345, -0.10079765});
  check<AdamW>({.lr = 0.05}, {0.56925833, 2.146349, -1.1010784, -0.1403963, -0.16071634, -0.4624954},
               {1.0387871, 1.2881303, -0.24035855, -1.0432612, 0.7535344, -0.10004708});
  check<AdamW>({.lr = 0.05, .weight_decay = 0.2},
               {0.5643229, 2.1254733, -1.0901377, -0.13953711, -0.15871353, -0.45762423},
               {0.8418021, 1.016968, -0.14148329, -0.9303388, 0.7050053, -0.087081});
  check<RMSprop>({.lr = 0.01}, {0.6195181, 2.0974479, -1.0516542, -0.19044152, -0.110821754, -0.41275176},
                 {0.89863807, 1.556125, -0.49379855, -0.7917676, 0.50769454, -0.18378077});
  check<RMSprop>({.lr = 0.01, .alpha = 0.9, .momentum = 0.5, .centered = true},
                 {0.55285144, 2.1641145, -1.118321, -0.12377486, -0.17748842, -0.47941843},
                 {0.90438807, 1.487581, -0.41503695, -0.8900408, 0.6166528, -0.17865455});
  check<RMSprop>({.lr = 0.01, .weight_decay = 0.1},
                 {0.6195181, 2.0974479, -1.0516542, -0.19044152, -0.110821754, -0.41275176},
                 {0.8860766, 1.5538472, -0.4934034, -0.7864453, 0.5022451, -0.17384207});
  check<Adagrad>({.lr = 0.1}, {0.6195181, 2.0974479, -1.0516542, -0.19044152, -0.11082175, -0.41275176},
                 {0.89934903, 1.5666752, -0.50513893, -0.7802167, 0.49527776, -0.18269487});
  check<Adagrad>({.lr = 0.1, .lr_decay = 0.05, .weight_decay = 0.01, .initial_accumulator_value = 0.1},
                 {0.6193197, 2.0974894, -1.0517056, -0.18997043, -0.11188743, -0.41403306},
                 {0.8914157, 1.6834997, -0.63094646, -0.6399124, 0.3437815, -0.1829519});
  check<Adadelta>({.lr = 1.0}, {0.52268034, 2.1942854, -1.148492, -0.093603805, -0.20765947, -0.5095895},
                  {0.58550125, 2.1293113, -1.0834479, -0.15959956, -0.14164703, -0.44741428});
  check<Adadelta>({.lr = 0.5, .rho = 0.8, .eps = 1e-05, .weight_decay = 0.05},
                  {0.5230536, 2.1939123, -1.1481187, -0.09397705, -0.20728624, -0.50921625},
                  {0.6019652, 2.111904, -1.0660231, -0.17735165, -0.12389715, -0.43114063});
}

Tensor parameter(const Shape& shape, double value, double gradient) {
  Tensor p = full(shape, value);
  p.requires_grad_();
  p.set_grad(full(shape, gradient));
  return p;
}

std::string message_of(const auto& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("every optimiser follows PyTorch's trajectory, on every instruction set") {
  test::on_every_instruction_set(check_all_trajectories);
}

TEST_CASE("first steps by hand") {
  Tensor p = parameter({1}, 1, 2);
  SGD(std::span(&p, 1), {.lr = 0.1, .maximize = true}).step();
  CHECK(p.item() == doctest::Approx(1.2));

  p = parameter({1}, 1, 2);
  Adam(std::span(&p, 1), {.lr = 0.1}).step();  // the first step of Adam has the length lr
  CHECK(p.item() == doctest::Approx(0.9));

  p = parameter({1}, 1, 2);
  Adagrad(std::span(&p, 1), {.lr = 0.1}).step();
  CHECK(p.item() == doctest::Approx(0.9));

  p = parameter({1}, 1, 2);
  RMSprop(std::span(&p, 1), {.lr = 0.1, .alpha = 0.75}).step();  // sqrt(0.25 * 4) = 1
  CHECK(p.item() == doctest::Approx(0.8));
}

TEST_CASE("groups have options and learning rates of their own") {
  Tensor a = parameter({2}, 1, 1), b = parameter({3}, 1, 1);
  SGD sgd(std::span(&a, 1), {.lr = 0.1});
  sgd.add_group(std::span(&b, 1), {.lr = 0.5});
  sgd.step();
  CHECK(a.to_vector<double>()[1] == doctest::Approx(0.9));
  CHECK(b.to_vector<double>()[2] == doctest::Approx(0.5));
  CHECK(sgd.group_count() == 2);
  CHECK(sgd.lr(1) == 0.5);
  sgd.set_lr(1, 0.25);
  CHECK(sgd.lr(0) == 0.1);
  CHECK(sgd.options(1).lr == 0.25);
  sgd.set_lr(0.01);
  CHECK(sgd.lr(0) == 0.01);
  CHECK(sgd.lr(1) == 0.01);
  CHECK_THROWS_AS(sgd.lr(2), Error);
  CHECK_THROWS_AS(sgd.set_lr(-1), Error);
}

TEST_CASE("a parameter without a gradient stays, and its steps are not counted") {
  Tensor a = parameter({2}, 1, 1), b = parameter({2}, 1, 1);
  b.set_grad({});
  const std::vector<Tensor> both = {a, b};
  Adam adam(both, {.lr = 0.1});
  adam.step();
  CHECK(b.to_vector<double>() == std::vector<double>(2, 1));
  b.set_grad(ones({2}));
  a.set_grad({});
  adam.step();
  CHECK(b.to_vector<double>()[0] == doctest::Approx(0.9));  // its own first step
  adam.zero_grad();
  CHECK(!b.grad().defined());
  adam.step();  // nothing to do
  CHECK(b.to_vector<double>()[0] == doctest::Approx(0.9));
}

TEST_CASE("a tied parameter takes one step") {
  Tensor p = parameter({2}, 1, 1);
  const std::vector<Tensor> twice = {p, p};
  SGD sgd(twice, {.lr = 0.1});
  CHECK(sgd.parameters(0).size() == 1);
  sgd.step();
  CHECK(p.to_vector<double>()[0] == doctest::Approx(0.9));
}

TEST_CASE("a step is a write in place that is not recorded") {
  Tensor p = parameter({2}, 1, 1);
  SGD sgd(std::span(&p, 1), {.lr = 0.1});
  const std::uint32_t before = p.version();
  sgd.step();
  CHECK(p.version() == before + 1);
  CHECK(p.is_leaf());
}

TEST_CASE("gradients of any layout; empty and large parameters; the same result on any number of threads") {
  Tensor p = parameter({2, 3}, 0, 0), empty_one = parameter({0}, 0, 0);
  p.set_grad(tensor({{1, 2}, {3, 4}, {5, 6}}).t());
  const std::vector<Tensor> both = {empty_one, p};
  SGD(both, {.lr = 1}).step();
  CHECK(p.to_vector<double>() == std::vector<double>{-1, -3, -5, -2, -4, -6});

  std::vector<std::vector<double>> results;
  for (int count : {1, 2}) {
    const test::ThreadsScope scope(count);
    std::vector<Tensor> parameters;
    for (std::int64_t size : {5, 40000, 16384, 1, 100000}) {
      Tensor x = arange(0, size, 1, DType::float32);
      x.requires_grad_();
      x.set_grad(arange(1, size + 1, 1, DType::float32));
      parameters.push_back(x);
    }
    Adam adam(parameters, {.lr = 0.5});
    adam.step();
    adam.step();
    std::vector<double> values;
    for (const Tensor& x : parameters) {
      for (double v : x.to_vector<double>()) values.push_back(v);
    }
    results.push_back(std::move(values));
  }
  CHECK(results[0] == results[1]);
  CHECK(results[0][5 + 39999] == doctest::Approx(39998));  // two steps of 0.5
}

TEST_CASE("a step asks the system for no memory after the first") {
  Tensor p = parameter({100000}, 1, 1);
  Adam adam(std::span(&p, 1));
  adam.step();
  const MemoryStatistics before = memory_statistics();
  for (int i = 0; i < 5; ++i) adam.step();
  CHECK(memory_statistics().system_calls == before.system_calls);
  CHECK(memory_statistics().used_bytes == before.used_bytes);
}

TEST_CASE("the state of a run goes on where it was") {
  const auto gradient_at = [](const Tensor& x, int step) {
    Tensor gradient = zeros({3});
    for (std::size_t i = 0; i < 3; ++i) {
      gradient.span<float>()[i] = x.span<float>()[i] + static_cast<float>(step);
    }
    return gradient;
  };
  const auto run = [&](Adam& adam, Tensor& x, int from, int to) {
    for (int step = from; step < to; ++step) {
      x.set_grad(gradient_at(x, step));
      adam.step();
    }
  };
  Tensor whole = parameter({3}, 1, 0);
  Adam straight(std::span(&whole, 1), {.lr = 0.1, .amsgrad = true});
  run(straight, whole, 0, 10);

  Tensor first = parameter({3}, 1, 0);
  Adam before(std::span(&first, 1), {.lr = 0.1, .amsgrad = true});
  run(before, first, 0, 4);
  Tensor second = first.detach().clone();
  second.requires_grad_();
  Adam after(std::span(&second, 1), {.lr = 7, .amsgrad = true});
  after.load_state_dict(before.state_dict());
  CHECK(after.lr() == 0.1);
  run(after, second, 4, 10);
  CHECK(second.to_vector<double>() == whole.to_vector<double>());
}

TEST_CASE("a state that does not fit changes nothing") {
  Tensor p = parameter({3}, 1, 1), q = parameter({4}, 1, 1);
  Adam adam(std::span(&p, 1), {.lr = 0.1}), other(std::span(&q, 1), {.lr = 0.2});
  adam.step();
  other.step();
  CHECK(message_of([&] { adam.load_state_dict(other.state_dict()); }).find("0.exp_avg") != std::string::npos);
  CHECK(adam.lr() == 0.1);
  auto state = adam.state_dict();
  state.emplace_back("1.exp_avg", zeros({3}));
  CHECK(message_of([&] { adam.load_state_dict(state); }).find("1.exp_avg") != std::string::npos);
  state.clear();
  CHECK_THROWS_AS(adam.load_state_dict(state), Error);
}

TEST_CASE("what cannot be trained is refused") {
  Tensor p = parameter({2, 2}, 1, 1);
  const std::vector<Tensor> none;
  CHECK(message_of([&] { SGD{none}; }).starts_with("[SGD]"));
  const std::vector<Tensor> undefined = {Tensor()}, integers = {zeros({2}, DType::int64)},
                            gaps = {p.detach().t()};
  CHECK_THROWS_AS(SGD{undefined}, Error);
  CHECK_THROWS_AS(SGD{integers}, Error);
  CHECK_THROWS_AS(SGD{gaps}, Error);
  SGD sgd(std::span(&p, 1));
  CHECK_THROWS_AS(sgd.add_group(std::span(&p, 1), {}), Error);
}

TEST_CASE("options out of range are refused") {
  Tensor p = parameter({2}, 1, 1);
  const std::span<const Tensor> one(&p, 1);
  const double nan = std::nan("");
  CHECK(message_of([&] { SGD{one, {.lr = -0.5}}; }) == "[SGD] lr is -0.5; it must be at least 0");
  CHECK_THROWS_AS(SGD(one, {.lr = nan}), Error);
  CHECK_THROWS_AS(SGD(one, {.momentum = -1}), Error);
  CHECK_THROWS_AS(SGD(one, {.weight_decay = -1}), Error);
  CHECK(message_of([&] { SGD{one, {.lr = 0.1, .nesterov = true}}; }).find("nesterov") != std::string::npos);
  CHECK_THROWS_AS(SGD(one, {.momentum = 0.9, .dampening = 0.1, .nesterov = true}), Error);
  CHECK(message_of([&] { Adam{one, {.beta1 = 1}}; }) == "[Adam] beta1 is 1; it must lie in [0, 1)");
  CHECK_THROWS_AS(Adam(one, {.beta2 = -0.1}), Error);
  CHECK_THROWS_AS(Adam(one, {.eps = -1}), Error);
  CHECK_THROWS_AS(AdamW(one, {.weight_decay = -1}), Error);
  CHECK_THROWS_AS(RMSprop(one, {.alpha = -1}), Error);
  CHECK_THROWS_AS(RMSprop(one, {.momentum = -1}), Error);
  CHECK_THROWS_AS(Adagrad(one, {.lr_decay = -1}), Error);
  CHECK_THROWS_AS(Adagrad(one, {.initial_accumulator_value = -1}), Error);
  CHECK_THROWS_AS(Adadelta(one, {.rho = 1.5}), Error);
}
