// What every translation model may and may not look at, by changing one thing and watching another.
#include "model.h"
#include "search.h"
#include "text.h"

#include <gradus/gradus.h>
#include <gradus/tests/settings.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace gradus;
using namespace translation;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

struct Named {
  std::string name;
  ModelOptions options;
};

/// One small model of each kind, score, normaliser, pattern, timing and positions.
std::vector<Named> every_model() {
  const ModelOptions base{.source_vocabulary = 20,
                          .target_vocabulary = 18,
                          .dim = 8,
                          .layers = 1,
                          .dropout = 0,
                          .hidden = 6,
                          .attending = {.window = 2, .max_length = 12},
                          .heads = 2,
                          .ffn = 12};
  std::vector<Named> all;
  const auto add = [&](const std::string& name, auto change) {
    ModelOptions options = base;
    change(options);
    all.push_back({name, options});
  };
  for (const auto kind : {ModelKind::rnn, ModelKind::gru, ModelKind::lstm}) {
    for (const auto timing : {Timing::before, Timing::between, Timing::after}) {
      add(std::string(name_of(kind)) + " " + name_of(timing),
          [&](ModelOptions& o) { o.kind = kind, o.timing = timing, o.layers = 2; });
    }
  }
  for (const auto score : nn::all_scores)
    add(nn::name_of(score), [&](ModelOptions& o) { o.attention = score; });
  for (const auto normalizer : nn::all_normalizers)
    add(nn::name_of(normalizer), [&](ModelOptions& o) { o.attending.normalizer = normalizer; });
  for (const auto pattern : nn::all_patterns)
    add(nn::name_of(pattern), [&](ModelOptions& o) { o.attending.pattern = pattern; });
  for (const auto context : {Context::last, Context::mean, Context::sum}) {
    add(std::string("no attention, ") + name_of(context),
        [&](ModelOptions& o) { o.attention.reset(), o.context = context; });
  }
  add("after, without input feeding",
      [](ModelOptions& o) { o.timing = Timing::after, o.input_feeding = false; });
  add("direct output", [](ModelOptions& o) { o.output = OutputLayer::direct; });
  for (const auto positions : {Positions::none, Positions::sinusoidal, Positions::learned, Positions::shaw,
                               Positions::t5, Positions::rotary, Positions::alibi}) {
    for (const auto norm : {nn::NormPlacement::pre, nn::NormPlacement::post}) {
      add(std::string("transformer ") + name_of(positions) + " " + nn::name_of(norm), [&](ModelOptions& o) {
        o.kind = ModelKind::transformer, o.positions = positions, o.norm = norm, o.layers = 2;
      });
    }
  }
  add("transformer, all options", [](ModelOptions& o) {
    o.kind = ModelKind::transformer, o.norm_kind = nn::NormKind::rms,
    o.feed_forward = nn::FeedForwardKind::swiglu;
    o.key_value_heads = 1, o.tie = Tie::all, o.target_vocabulary = o.source_vocabulary;
  });
  return all;
}

/// Two sentences, the second one padded.
struct Sentences {
  Tensor source = tensor({{4, 9, 7, 12, 5, 3}, {8, 6, 11, 3, 0, 0}}, DType::int64);
  Tensor lengths = tensor({6, 4}, DType::int64);
  Tensor previous = tensor({{2, 5, 9, 13, 6}, {2, 7, 4, 0, 0}}, DType::int64);
  Tensor target = tensor({{5, 9, 13, 6, 3}, {7, 4, 3, 0, 0}}, DType::int64);
};

/// Scores of every step, (B, T, words), when the words before are given.
Tensor step_by_step(const TranslationModel& model, const Sentences& s) {
  const no_grad scope;
  const std::unique_ptr<Decoding> decoding = model.start(s.source, s.lengths);
  std::vector<Tensor> logits;
  for (std::int64_t t = 0; t < s.previous.size(1); ++t)
    logits.push_back(decoding->step(s.previous.select(1, t)).logits);
  return stack(logits, 1);
}

}  // namespace

TEST_CASE("every translation model: padding, future words and the source") {
  const Sentences plain;
  for (const Named& named : every_model()) {
    CAPTURE(named.name);
    manual_seed(1);
    const std::unique_ptr<TranslationModel> model = make_model(named.options);
    const Tensor logits = step_by_step(*model, plain);
    const double loss = model->loss(plain.source, plain.lengths, plain.previous, plain.target).loss.item();

    Sentences padding_changed;
    padding_changed.source[{1, range(4)}] = 9;
    CHECK(largest_difference(step_by_step(*model, padding_changed), logits) == 0);
    CHECK(model->loss(padding_changed.source, plain.lengths, plain.previous, plain.target).loss.item() ==
          loss);

    // What follows the words that are scored changes nothing.
    Sentences cut, future_changed;
    cut.target[{all, range(2)}] = 0;
    future_changed.previous[{all, range(2)}] = 8;
    const double cut_loss = model->loss(plain.source, plain.lengths, plain.previous, cut.target).loss.item();
    CHECK(model->loss(plain.source, plain.lengths, future_changed.previous, cut.target).loss.item() ==
          cut_loss);
    CHECK(model->loss(plain.source, plain.lengths, future_changed.previous, plain.target).loss.item() !=
          loss);

    Sentences source_changed;
    source_changed.source[{all, 0}] = 15;
    CHECK(largest_difference(step_by_step(*model, source_changed), logits) > 1e-6);

    // Writing word by word gives what training computed all at once.
    const Tensor scores = log_softmax(logits, 2).reshape({10, -1}), wanted = plain.target.flatten();
    double total = 0;
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < 10; ++i) {
      const auto word = wanted[i].item<std::int64_t>();
      if (word == 0) continue;
      total -= scores[{i, word}].item();
      ++count;
    }
    CHECK(loss == doctest::Approx(total / static_cast<double>(count)).epsilon(1e-5));
  }
}

TEST_CASE(
    "every translation model: a search in a batch finds what it finds for each sentence, on any threads") {
  const std::vector<std::vector<std::int64_t>> sources{{4, 9, 7, 12, 5}, {8},     {6, 11, 4},
                                                       {5, 5, 13, 7},    {10, 9}, {7, 4, 12}};
  for (const Named& named : every_model()) {
    CAPTURE(named.name);
    manual_seed(21);
    const auto model = make_model(named.options);
    for (const std::int64_t width : {1, 3}) {
      CAPTURE(width);
      const std::vector<Translation> together = beam_search(*model, sources, width);
      const std::vector<Translation> on_one = [&] {
        const test::ThreadsScope scope(1);
        return beam_search(*model, sources, width);
      }();
      for (std::size_t i = 0; i < sources.size(); ++i) {
        CAPTURE(i);
        CHECK(on_one[i].ids == together[i].ids);
        CHECK(on_one[i].weights == together[i].weights);
        const Translation alone = beam_search(*model, std::span(&sources[i], 1), width)[0];
        CHECK(alone.ids == together[i].ids);
      }
    }
  }
}

TEST_CASE("every translation model learns: a gradient reaches each of its parameters") {
  const Sentences s;
  for (const Named& named : every_model()) {
    CAPTURE(named.name);
    manual_seed(2);
    const std::unique_ptr<TranslationModel> model = make_model(named.options);
    model->loss(s.source, s.lengths, s.previous, s.target, {.label_smoothing = 0.1}).loss.backward();
    for (const auto& named_parameter : named_parameters(model->view())) {
      CAPTURE(named_parameter.first);
      const Tensor& parameter = named_parameter.second;
      CHECK(parameter.grad().defined());
      if (parameter.grad().defined()) CHECK(all_of(isfinite(parameter.grad())).item<bool>());
    }
  }
}

TEST_CASE("tables that are one: of the target and the output, of the source as well") {
  const auto parameters_of = [](ModelOptions options, Tie tie) {
    options.dim = 6, options.hidden = 4, options.heads = 2, options.ffn = 8;
    options.source_vocabulary = options.target_vocabulary = 50;
    options.tie = tie;
    return num_parameters(make_model(options)->view());
  };
  const std::int64_t table = 50 * 6;
  for (const ModelKind kind : {ModelKind::rnn, ModelKind::gru, ModelKind::lstm, ModelKind::transformer}) {
    CAPTURE(name_of(kind));
    const ModelOptions options{.kind = kind};
    CHECK(parameters_of(options, Tie::none) - parameters_of(options, Tie::target) == table);
    CHECK(parameters_of(options, Tie::target) - parameters_of(options, Tie::all) == table);
  }
  // An output that reads other features than a word has cannot be one with a table.
  const ModelOptions direct{.kind = ModelKind::gru, .output = OutputLayer::direct};
  CHECK(parameters_of(direct, Tie::none) == parameters_of(direct, Tie::target));
  CHECK(parameters_of(direct, Tie::target) - parameters_of(direct, Tie::all) == table);
}

TEST_CASE("translation models refuse options that do not fit") {
  ModelOptions options{
      .kind = ModelKind::transformer, .source_vocabulary = 20, .target_vocabulary = 18, .tie = Tie::all};
  for (const ModelKind kind : {ModelKind::gru, ModelKind::transformer}) {
    options.kind = kind;
    CHECK_THROWS_WITH_AS(make_model(options), doctest::Contains("20 and 18"), Error);
  }
  options.tie = Tie::none;
  options.heads = 3;
  CHECK_THROWS_WITH_AS(make_model(options), doctest::Contains("3 heads"), Error);
  CHECK_THROWS_WITH_AS(model_kind_named("gpt"), doctest::Contains("transformer"), Error);
}
