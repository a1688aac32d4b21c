// What a training step makes small: R-Drop, several batches in one step, words of the model's own, decay of
// weights.
#include "learner.h"
#include "r_drop.h"
#include "recurrent_model.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace gradus;
using namespace translation;

namespace {

std::unique_ptr<TranslationModel> small_model(const ModelOptions& shape) {
  ModelOptions options = shape;
  options.source_vocabulary = options.target_vocabulary = 9;
  options.dim = 6;
  options.hidden = 5;
  options.heads = 2;
  options.ffn = 8;
  manual_seed(2);
  return make_model(options);
}

const std::vector<Example> examples{
    {{4, 5, 6}, {7, 8}}, {{5}, {4, 4, 6, 8}}, {{8, 7}, {5}}, {{6, 6, 4, 5}, {8, 7, 4}}};

Batch batch_of(const std::vector<std::int64_t>& indices) { return make_batch(examples, indices); }

std::vector<std::vector<double>> gradients_of(const TranslationModel& model) {
  std::vector<std::vector<double>> gradients;
  for (const Tensor& parameter : parameters(model.view()))
    gradients.push_back(parameter.grad().to_vector<double>());
  return gradients;
}

}  // namespace

TEST_CASE("R-Drop: the value by hand, padding left out") {
  // Logits: the features themselves.
  nn::Linear same(3, 3);
  same.weight = eye(3).to(DType::float64).requires_grad_();
  same.bias = zeros({3}, DType::float64).requires_grad_();
  const double a[2][3] = {{0.2, -0.4, 1.1}, {2, 0.5, -1}}, b[2][3] = {{0.6, 0.1, 0.3}, {1, 1.5, -0.2}};
  const Tensor first = tensor({{0.2, -0.4, 1.1}, {9., 9., 0.}, {2., 0.5, -1.}}, DType::float64),
               second = tensor({{0.6, 0.1, 0.3}, {0., 7., 7.}, {1., 1.5, -0.2}}, DType::float64),
               target = tensor({2, 0, 1}, DType::int64);
  const int words[2] = {2, 1};
  const double alpha = 5, smoothing = 0.1;
  double cross_entropies = 0, divergences = 0;
  for (int row = 0; row < 2; ++row) {
    double p[3], q[3], sum_p = 0, sum_q = 0;
    for (int k = 0; k < 3; ++k) sum_p += std::exp(a[row][k]), sum_q += std::exp(b[row][k]);
    for (int k = 0; k < 3; ++k) p[k] = std::exp(a[row][k]) / sum_p, q[k] = std::exp(b[row][k]) / sum_q;
    for (int k = 0; k < 3; ++k) {
      const double wanted = (k == words[row] ? 1 - smoothing : 0) + smoothing / 3;
      cross_entropies -= wanted * (std::log(p[k]) + std::log(q[k])) / 2;
      divergences += p[k] * std::log(p[k] / q[k]) + q[k] * std::log(q[k] / p[k]);
    }
  }
  const double expected = cross_entropies / 2 + alpha / 4 * divergences / 2;  // a mean over two targets
  CHECK(r_drop_loss(first, second, same, target, smoothing, alpha).item() ==
        doctest::Approx(expected).epsilon(1e-12));
}

TEST_CASE("R-Drop: derivatives of first and second order through a small model with dropout") {
  struct Model {
    nn::Linear hidden{4, 6}, output{6, 7};
  };
  manual_seed(5);
  const Model model = clone(Model(), DType::float64);
  const Tensor x = randn({5, 4}, DType::float64), target = tensor({3, 0, 6, 1, 2}, DType::int64);
  const auto loss = [&](const std::vector<Tensor>&) {
    const RandomStream stream{.seed = 1, .offset = 0}, other{.seed = 2, .offset = 0};
    const Tensor hidden = tanh(model.hidden(x));
    return r_drop_loss(dropout(hidden, 0.4, stream), dropout(hidden, 0.4, other), model.output, target, 0.1,
                       3);
  };
  const GradcheckResult first = gradcheck(loss, parameters(model)),
                        second = gradgradcheck(loss, parameters(model));
  CHECK_MESSAGE(first, first.text);
  CHECK_MESSAGE(second, second.text);
}

TEST_CASE("R-Drop of more targets than are taken at once: that of each on its own, on average") {
  manual_seed(6);
  const nn::Linear output = clone(nn::Linear(3, 5), DType::float64);
  const Tensor first = randn({600, 3}, DType::float64).requires_grad_(),
               second = randn({600, 3}, DType::float64).requires_grad_(), target = randint(1, 5, {600});
  const auto gradients = [&](const Tensor& loss) {
    return grad(std::vector{loss}, std::vector{first, second, output.weight, output.bias});
  };
  const Tensor together = r_drop_loss(first, second, output, target, 0.1, 2);
  Tensor apart = zeros({}, DType::float64);
  for (std::int64_t i = 0; i < 600; ++i) {
    apart = apart + r_drop_loss(first.slice(0, i, i + 1), second.slice(0, i, i + 1), output,
                                target.slice(0, i, i + 1), 0.1, 2) /
                        600;
  }
  CHECK(together.item() == doctest::Approx(apart.item()).epsilon(1e-12));
  const std::vector<Tensor> found = gradients(together), expected = gradients(apart);
  for (std::size_t i = 0; i < 4; ++i) CHECK(max(abs(found[i] - expected[i])).item() < 1e-12);
  const no_grad scope;
  CHECK(r_drop_loss(first, second, output, target, 0.1, 2).item() == together.item());
}

TEST_CASE("R-Drop of a model: two passes with dropout; without any it is the ordinary loss") {
  const Batch batch = batch_of({0, 1, 2});
  for (const ModelKind kind : {ModelKind::gru, ModelKind::transformer}) {
    CAPTURE(name_of(kind));
    const auto steady = small_model({.kind = kind, .dropout = 0});
    const double ordinary = batch_loss(*steady, batch, {.label_smoothing = 0.1}).item();
    CHECK(batch_loss(*steady, batch, {.label_smoothing = 0.1, .r_drop = 5}).item() ==
          doctest::Approx(ordinary).epsilon(1e-5));

    const auto model = small_model({.kind = kind, .dropout = 0.4});
    const auto pass = [&] {
      return model->features(batch.source, batch.lengths, batch.previous).flatten(0, 1);
    };
    manual_seed(8);
    const double found = batch_loss(*model, batch, {.r_drop = 5}).item();
    manual_seed(8);
    const Tensor first = pass(), second = pass();
    CHECK(max(abs(first - second)).item() > 0);
    CHECK(found == r_drop_loss(first, second, model->output_layer(), batch.target.flatten(), 0, 5).item());
  }
}

TEST_CASE("several batches in a step give the loss, the gradients and the update of one") {
  for (const ModelKind kind : {ModelKind::lstm, ModelKind::transformer}) {
    CAPTURE(name_of(kind));
    const auto together = small_model({.kind = kind, .dropout = 0}),
               apart = small_model({.kind = kind, .dropout = 0});
    Learner one(*together, {.lr = 1e-2}), two(*apart, {.lr = 1e-2});
    const std::vector<Batch> parts{batch_of({0, 2}), batch_of({1, 3})};  // 5 and 9 target tokens
    REQUIRE(parts[0].target_tokens == 5);
    REQUIRE(parts[1].target_tokens == 9);
    const std::vector<Batch> whole{batch_of({0, 1, 2, 3})};
    const Objective objective{.label_smoothing = 0.1};
    CHECK(one.gradients(whole, objective) == doctest::Approx(two.gradients(parts, objective)).epsilon(1e-5));
    const auto expected = gradients_of(*together), found = gradients_of(*apart);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      for (std::size_t k = 0; k < expected[i].size(); ++k)
        CHECK(found[i][k] == doctest::Approx(expected[i][k]).epsilon(1e-4).scale(1e-2));
    }
    const StepResult a = one.step(whole, objective, 1), b = two.step(parts, objective, 1);
    CHECK(a.gradient_norm == doctest::Approx(b.gradient_norm).epsilon(1e-4));
    CHECK(a.target_tokens == 14);
    CHECK(b.target_tokens == 14);
  }
}

TEST_CASE("a decoder that reads its own words, against one that is taken step by step") {
  const Batch batch = batch_of({0, 1, 3});
  for (const Timing timing : {Timing::before, Timing::between, Timing::after}) {
    CAPTURE(name_of(timing));
    const auto model = small_model({.kind = ModelKind::gru, .dropout = 0, .timing = timing});
    const no_grad scope;
    const auto logits = [&](double ratio) {
      manual_seed(6);
      return model->output_layer()(model->features(batch.source, batch.lengths, batch.previous, ratio));
    };
    // With words drawn in advance, (B, T), where the reference is read.
    const auto step_by_step = [&](const Tensor& given) {
      std::vector<Tensor> steps;
      const auto decoding = model->start(batch.source, batch.lengths);
      Tensor word = batch.previous.select(1, 0);
      for (std::int64_t t = 1; t <= batch.previous.size(1); ++t) {
        steps.push_back(decoding->step(word).logits);
        if (t == batch.previous.size(1)) break;
        word = where(given.select(1, t), batch.previous.select(1, t), argmax(steps.back(), 1));
      }
      return stack(steps, 1);
    };
    for (const double ratio : {0.0, 0.5, 0.9999}) {
      CAPTURE(ratio);
      manual_seed(6);
      const Tensor given = bernoulli(ratio, batch.previous.shape());
      CHECK(max(abs(logits(ratio) - step_by_step(given))).item() < 1e-5);
    }
    CHECK(max(abs(logits(1) - logits(0.9999))).item() < 1e-5);  // 15 words, all of the reference
    CHECK(max(abs(logits(0.5) - logits(0))).item() > 1e-4);
    CHECK(max(abs(logits(0.5) - logits(1))).item() > 1e-4);
  }
  const auto transformer = small_model({.kind = ModelKind::transformer});
  CHECK_THROWS_WITH_AS(transformer->features(batch.source, batch.lengths, batch.previous, 0.5),
                       doctest::Contains("0.5"), Error);
}

TEST_CASE("a conditional GRU: a cell for the word, attention, a cell for the context") {
  manual_seed(3);
  const ModelOptions options{.source_vocabulary = 9,
                             .target_vocabulary = 8,
                             .dim = 6,
                             .dropout = 0,
                             .dropouts = {.embedding = 0, .output = 0},
                             .hidden = 5,
                             .timing = Timing::between};
  const RecurrentModel model(options);
  const evaluating scope;
  RecurrentModel::State state;
  // All attention goes to the one place there is.
  const auto memory = model.encode(tensor({{4}}, DType::int64), tensor({1}, DType::int64), state);
  const Tensor context = memory.values.select(1, 0), before = state.layers[0].state;
  Tensor word;  // what the decoder reads of word 5
  nn::GRUCell first(6, 5), second(10, 5);
  for (const auto& [name, parameter] : named_parameters(model.view())) {
    const auto take = [&, &n = name, &p = parameter](const std::string& prefix, const nn::GRUCell& cell) {
      for (const auto& [own, mine] : named_parameters(cell)) {
        if (n.starts_with(prefix) && n.ends_with(own)) Tensor(mine).copy_(p);
      }
    };
    take("decoder.0", first);
    take("transition", second);
    if (name == "target_embedding.weight") word = parameter.slice(0, 5, 6) * std::sqrt(6.0);
  }
  REQUIRE(word.defined());
  model.step(tensor({5}, DType::int64), state, memory);
  CHECK(max(abs(state.layers[0].state - second(context, first(word, before)))).item() < 1e-6);
}

TEST_CASE("decay of the weights: matrices shrink, biases do not") {
  const std::vector<Batch> batch{batch_of({0, 1})};
  const double lr = 1e-3;
  const auto after_a_step = [&](const LearnerOptions& options) {
    const auto model = small_model({.kind = ModelKind::gru, .dropout = 0});
    Learner learner(*model, options);
    learner.step(batch, {}, 1e9);
    std::vector<Tensor> weights;
    for (const Tensor& parameter : parameters(model->view())) weights.push_back(parameter.detach());
    return weights;
  };
  const auto start = parameters(small_model({.kind = ModelKind::gru, .dropout = 0})->view());
  const auto plain = after_a_step({.lr = lr}), decayed = after_a_step({.lr = lr, .weight_decay = 0.5});
  // Adam's first step is lr times the gradient's sign; so large a share of the matrix decides on it.
  const auto pulled = after_a_step({.lr = lr, .l2 = 1e6});
  for (std::size_t i = 0; i < plain.size(); ++i) {
    CAPTURE(i);
    const no_grad scope;
    if (plain[i].rank() > 1) {
      CHECK(max(abs(decayed[i] - (plain[i] - start[i] * (lr * 0.5)))).item() < 1e-6);
      const Tensor large = gt(abs(start[i]), 1e-2);
      CHECK(max(abs(masked_select(pulled[i] - (start[i] - sign(start[i]) * lr), large))).item() < 1e-6);
    } else {
      CHECK(max(abs(decayed[i] - plain[i])).item() == 0);
      CHECK(max(abs(pulled[i] - plain[i])).item() == 0);
    }
  }
  CHECK_THROWS_WITH_AS(after_a_step({.weight_decay = 0.1, .l2 = 0.1}), doctest::Contains("either"), Error);
}
