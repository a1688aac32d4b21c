// Translation models and threads: several write translations with one model, several train models of their
// own, and the loops of a training may run on any number of threads.
#include "search.h"
#include "training.h"

#include <gradus/gradus.h>
#include <gradus/tests/same_bits.h>
#include <gradus/tests/threads.h>

#include <doctest/doctest.h>

using namespace gradus;
using namespace translation;
using test::at_once, test::same_bits;

namespace {

constexpr ModelKind all_kinds[] = {ModelKind::rnn, ModelKind::gru, ModelKind::lstm, ModelKind::transformer};

std::unique_ptr<TranslationModel> small_model(ModelKind kind, double dropout) {
  manual_seed(1);
  return make_model({.kind = kind,
                     .source_vocabulary = 60,
                     .target_vocabulary = 70,
                     .dim = 32,
                     .dropout = dropout,
                     .hidden = 24,
                     .heads = 4,
                     .ffn = 48});
}

/// (count,) of int64: 0, step, 2 step, ... modulo `period`.
Tensor cycle(std::int64_t count, std::int64_t step, std::int64_t period) {
  std::vector<std::int64_t> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(i * step % period);
  return tensor(values);
}

Batch batch_of(std::int64_t size) {
  const auto words = [&](std::int64_t time, std::int64_t step) {
    return cycle(size * time, step, 50).reshape({size, time}) + 4;
  };
  return {.source = words(9, 7),
          .lengths = cycle(size, 1, 5) + 5,
          .previous = words(11, 11),
          .target = words(11, 13),
          .target_tokens = 11 * size};
}

/// Losses of some steps, and the state after them.
std::vector<Tensor> trained(const TranslationModel& model, const Batch& batch) {
  Learner learner(model, {.lr = 1e-2});
  std::vector<Tensor> result;
  for (int i = 0; i < 3; ++i) result.push_back(tensor(std::vector{learner.step(batch, 0.1, 1).loss}));
  for (const auto& [name, tensor] : state_dict(model.view())) result.push_back(tensor);
  return result;
}

}  // namespace

TEST_CASE("threads: translations with one model are those of one thread alone") {
  // Each thread has sentences of its own, in numbers and lengths of its own.
  std::vector<std::vector<std::int64_t>> sources[3];
  for (std::int64_t thread = 0; thread < 3; ++thread) {
    for (std::int64_t i = 0; i < 3 + 2 * thread; ++i) {
      auto& source = sources[thread].emplace_back();
      for (std::int64_t word = 0; word < 2 + (i + thread) % 5; ++word)
        source.push_back(4 + (7 * i + 5 * word) % 50);
    }
  }
  for (const ModelKind kind : all_kinds) {
    CAPTURE(name_of(kind));
    const auto model = small_model(kind, 0.3);
    for (const std::int64_t width : {1, 3}) {
      CAPTURE(width);
      std::vector<Translation> together[3];
      at_once(3, [&](std::size_t thread) { together[thread] = beam_search(*model, sources[thread], width); });
      for (std::size_t thread = 0; thread < 3; ++thread) {
        const std::vector<Translation> alone = beam_search(*model, sources[thread], width);
        REQUIRE(together[thread].size() == alone.size());
        for (std::size_t i = 0; i < alone.size(); ++i) {
          CHECK(together[thread][i].ids == alone[i].ids);
          CHECK(together[thread][i].weights == alone[i].weights);
        }
      }
    }
  }
}

TEST_CASE("threads: each trains a translation model of its own") {
  // Without dropout: the random numbers of the process go to whichever thread asks first.
  std::unique_ptr<TranslationModel> models[std::size(all_kinds)];
  for (std::size_t i = 0; i < std::size(all_kinds); ++i) models[i] = small_model(all_kinds[i], 0);
  std::vector<Tensor> together[std::size(all_kinds)];
  at_once(std::size(all_kinds),
          [&](std::size_t thread) { together[thread] = trained(*models[thread], batch_of(8)); });
  for (std::size_t i = 0; i < std::size(all_kinds); ++i) {
    CAPTURE(name_of(all_kinds[i]));
    CHECK(same_bits(together[i], trained(*small_model(all_kinds[i], 0), batch_of(8))));
  }
}

TEST_CASE("threads: training steps with dropout are the same with one for the loops or two") {
  const int before = num_threads();
  for (const ModelKind kind : all_kinds) {
    CAPTURE(name_of(kind));
    std::vector<Tensor> results[2];
    for (const int count : {1, 2}) {
      set_num_threads(count);
      const auto model = small_model(kind, 0.3);
      results[count - 1] = trained(*model, batch_of(32));
    }
    set_num_threads(before);
    CHECK(same_bits(results[0], results[1]));
  }
}
