// Dropout of translation models, place by place.
#include "model.h"
#include "text.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace gradus;
using namespace translation;

namespace {

std::unique_ptr<TranslationModel> model_with(ModelKind kind, double dropout, const Dropouts& places) {
  manual_seed(2);
  return make_model({.kind = kind,
                     .source_vocabulary = 9,
                     .target_vocabulary = 9,
                     .dim = 6,
                     .layers = 2,
                     .dropout = dropout,
                     .dropouts = places,
                     .hidden = 5,
                     .heads = 2,
                     .ffn = 8});
}

double loss_of(const TranslationModel& model) {
  const std::vector<Example> examples{{{4, 5, 6}, {7, 8}}, {{5}, {4, 4, 6, 8}}};
  const Batch batch = make_batch(examples, std::vector<std::int64_t>{0, 1});
  manual_seed(7);
  return model.loss(batch.source, batch.lengths, batch.previous, batch.target).loss.item();
}

}  // namespace

TEST_CASE("--dropout alone is the dropout of every place that it governs") {
  for (const ModelKind kind : {ModelKind::rnn, ModelKind::gru, ModelKind::lstm}) {
    CHECK(loss_of(*model_with(kind, 0.3, {})) ==
          loss_of(*model_with(kind, 0.3, {.embedding = 0.3, .output = 0.3})));
  }
  const Dropouts places{.embedding = 0.3, .output = 0, .attention = 0.3, .activation = 0.3};
  CHECK(loss_of(*model_with(ModelKind::transformer, 0.3, {})) ==
        loss_of(*model_with(ModelKind::transformer, 0.3, places)));
}

TEST_CASE("every place of dropout acts, while training alone") {
  struct Place {
    const char* name;
    double Dropouts::*value;
    bool recurrent, transformer;
  };
  const Place places[] = {
      {"embedding", &Dropouts::embedding, true, true},    {"word", &Dropouts::word, true, true},
      {"output", &Dropouts::output, true, true},          {"attention", &Dropouts::attention, false, true},
      {"activation", &Dropouts::activation, false, true}, {"context", &Dropouts::context, true, false},
      {"recurrent", &Dropouts::recurrent, true, false}};
  for (const ModelKind kind : {ModelKind::rnn, ModelKind::gru, ModelKind::lstm, ModelKind::transformer}) {
    CAPTURE(name_of(kind));
    const double without = loss_of(*model_with(kind, 0, {}));
    for (const Place& place : places) {
      CAPTURE(place.name);
      Dropouts one;
      one.*place.value = 0.5;
      if (kind == ModelKind::transformer ? place.transformer : place.recurrent) {
        const auto model = model_with(kind, 0, one);
        CHECK(loss_of(*model) != without);
        const evaluating scope;
        CHECK(loss_of(*model) == without);
      } else {
        CHECK_THROWS_WITH_AS(model_with(kind, 0, one), doctest::Contains(place.name), Error);
      }
      for (const double bad : {1.0, -0.5, std::nan("")}) {
        one.*place.value = bad;
        CHECK_THROWS_WITH_AS(model_with(kind, 0, one), doctest::Contains(place.name), Error);
      }
    }
  }
}

TEST_CASE("whole words are left out, the others grow") {
  manual_seed(3);
  const Tensor embedded = rand({4, 25, 3}) + 1, dropped = drop_words(embedded, 0.2);
  int left_out = 0;
  for (std::int64_t b = 0; b < 4; ++b) {
    for (std::int64_t t = 0; t < 25; ++t) {
      const Tensor factor = dropped[{b, t}] / embedded[{b, t}];
      const double first = factor[0].item();
      CHECK((first == 0 || first == doctest::Approx(1.25)));
      CHECK(max(abs(factor - first)).item() < 1e-5);
      left_out += first == 0;
    }
  }
  CHECK(left_out > 5);  // 20 are expected
  CHECK(left_out < 40);
  const evaluating scope;
  CHECK(drop_words(embedded, 0.2).is_same(embedded));
}

TEST_CASE("rows of a table have length 1, embedded words sqrt(dim), on average, and padding none") {
  manual_seed(4);
  const std::int64_t dim = 64;
  const nn::Embedding table = word_table(1000, dim);
  const double squares = sum(square(table.weight)).item() / 999;
  CHECK(squares > 0.98);
  CHECK(squares < 1.02);
  const Tensor words = embed_words(table, arange(0, 1000));
  CHECK(max(abs(words - table.weight * 8)).item() == 0);
  CHECK(max(abs(words[0])).item() == 0);
}
