// The course of a training: learning rates, the running mean of the weights.
#include "training.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace gradus;
using namespace translation;

namespace {

const std::vector<std::string> lines{"a b c", "b c a", "c a b", "a a b", "b b c", "c c a"};

Data small_data() {
  Data data;
  data.source = data.target = Language::of_tokens(lines, {Tokenizer::words}, {});
  data.train_text = data.valid = {lines, lines};
  data.train = encode(data.train_text, data.source, data.target);
  return data;
}

std::unique_ptr<TranslationModel> small_model(const Data& data) {
  manual_seed(3);
  return make_model({.source_vocabulary = data.source.vocabulary().size(),
                     .target_vocabulary = data.target.vocabulary().size(),
                     .dim = 4,
                     .dropout = 0,
                     .hidden = 4});
}

/// The learning rates of the steps of so many epochs of three batches each.
std::vector<double> rates(const TrainingOptions& options, int epochs) {
  const Data data = small_data();
  const auto model = small_model(data);
  Training training(*model, data, options);
  std::vector<double> all;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    while (!training.epoch_done()) {
      training.step();
      all.push_back(training.learner().lr());
    }
    training.next_epoch({.loss = 1, .perplexity = 1, .bleu = 1});  // never better than the first
  }
  return all;
}

void check_equal(const std::vector<double>& found, const std::vector<double>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-12));
}

}  // namespace

TEST_CASE("schedules of the learning rate, by hand") {
  const TrainingOptions options{.batch = 2, .epochs = 3, .lr = 0.12, .warmup = 4, .lr_decay = 0.5};
  TrainingOptions plateau = options, square_root = options, linear = options, without_warmup = options;
  check_equal(rates(plateau, 3), {0.03, 0.06, 0.09, 0.12, 0.12, 0.12, 0.06, 0.06, 0.06});
  square_root.schedule = Schedule::inverse_sqrt;
  check_equal(rates(square_root, 2),
              {0.03, 0.06, 0.09, 0.12, 0.12 * std::sqrt(4.0 / 5), 0.12 * std::sqrt(4.0 / 6)});
  linear.schedule = Schedule::linear;  // nine steps in all
  check_equal(rates(linear, 3), {0.03, 0.06, 0.09, 0.12 * 6 / 9, 0.12 * 5 / 9, 0.12 * 4 / 9, 0.12 * 3 / 9,
                                 0.12 * 2 / 9, 0.12 * 1 / 9});
  without_warmup.schedule = Schedule::linear;
  without_warmup.warmup = 0;
  without_warmup.epochs = 1;
  check_equal(rates(without_warmup, 1), {0.12, 0.08, 0.04});
  for (const Schedule schedule : {Schedule::plateau, Schedule::inverse_sqrt, Schedule::linear}) {
    CHECK(schedule_named(name_of(schedule)) == schedule);
  }
  CHECK_THROWS_AS(schedule_named("cosine"), Error);
}

TEST_CASE("the running mean of the weights, by hand, and in use") {
  const Data data = small_data();
  const auto model = small_model(data);
  const TrainingOptions options{.batch = 2, .lr = 0.1, .ema = 0.15};
  Training training(*model, data, options);
  const Tensor weight = named_parameters(model->view())[0].second;
  const auto average = [&] { return training.average()[0].second.to_vector<double>(); };
  std::vector<double> mean = weight.to_vector<double>();
  CHECK(average() == mean);
  for (const double keep : {1.0 / 11, 0.15, 0.15}) {  // 2/12 is above the 0.15 that is asked for
    training.step();
    const std::vector<double> now = weight.to_vector<double>();
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] = keep * mean[i] + (1 - keep) * now[i];
      CHECK(average()[i] == doctest::Approx(mean[i]).epsilon(1e-6));
    }
  }
  const std::vector<double> before = weight.to_vector<double>();
  {
    const AverageInUse scope(training);
    CHECK(weight.to_vector<double>() == average());
    CHECK(weight.to_vector<double>() != before);
  }
  CHECK(weight.to_vector<double>() == before);

  const TrainingOptions none{.batch = 2};
  const Training without(*model, data, none);
  CHECK(without.average().empty());
  const AverageInUse nothing(without);
  CHECK(weight.to_vector<double>() == before);
}
