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
  data.train_text = data.valid_text = {lines, lines};
  data.train = data.valid = encode(data.train_text, data.source, data.target);
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

TEST_CASE("teacher forcing goes down, by hand") {
  const TeacherForcing linear{0.25, TeacherDecay::linear, 0.125}, power{0.1, TeacherDecay::exponential, 0.5},
      sigmoid{0, TeacherDecay::inverse_sigmoid, 2}, fixed{.lowest = 0.75}, always;
  CHECK(linear.ratio(0) == 1);
  CHECK(linear.ratio(2) == 0.75);
  CHECK(linear.ratio(6) == 0.25);
  CHECK(linear.ratio(1000) == 0.25);
  CHECK(power.ratio(0) == 1);
  CHECK(power.ratio(3) == 0.125);
  CHECK(power.ratio(4) == 0.1);
  CHECK(sigmoid.ratio(0) == doctest::Approx(2.0 / 3));
  CHECK(sigmoid.ratio(4) == doctest::Approx(2 / (2 + 7.38905609893065)));  // e^2
  CHECK(sigmoid.ratio(1'000'000'000) == 0);
  CHECK(fixed.ratio(0) == 0.75);
  CHECK(fixed.ratio(9) == 0.75);
  CHECK(always.ratio(9) == 1);
  for (const TeacherForcing& good : {linear, power, sigmoid, fixed, always}) CHECK_NOTHROW(check(good));
  const auto refused = [](const TeacherForcing& options, const char* why) {
    CHECK_THROWS_WITH_AS(check(options), doctest::Contains(why), Error);
  };
  refused({.lowest = -0.1}, "-0.1");
  refused({.lowest = NAN}, "nan");
  refused({0.5, TeacherDecay::none, 0.1}, "0.1");
  refused({0.5, TeacherDecay::linear, 0}, "linear");
  refused({0.5, TeacherDecay::exponential, 1}, "exponential");
  refused({0.5, TeacherDecay::inverse_sigmoid, 0.9}, "inverse sigmoid");
  refused({1, TeacherDecay::linear, 0.1}, "below 1");
  for (const TeacherDecay decay :
       {TeacherDecay::none, TeacherDecay::linear, TeacherDecay::exponential, TeacherDecay::inverse_sigmoid})
    CHECK(teacher_decay_named(name_of(decay)) == decay);
  CHECK_THROWS_AS(teacher_decay_named("sudden"), Error);
}

TEST_CASE("the best epoch and the end, by BLEU or by loss") {
  const Data data = small_data();
  const auto model = small_model(data);
  // BLEU is the best in the second epoch, the loss in the first and, after a worse one, in the third.
  const Validation epochs[] = {{.loss = 2, .bleu = 10},
                               {.loss = 3, .bleu = 30},
                               {.loss = 1.5, .bleu = 20},
                               {.loss = 1.5, .bleu = 30},
                               {.loss = 9, .bleu = 0}};
  const auto bests = [&](BestBy measure, double min_delta) {
    const TrainingOptions options{.batch = 2, .best_by = measure, .min_delta = min_delta, .patience = 2};
    Training training(*model, data, options);
    std::vector<std::int64_t> best_epochs;
    for (const Validation& validation : epochs) {
      if (!training.goes_on()) break;
      training.judge(validation);
      training.next_epoch(validation);
      best_epochs.push_back(training.state().best_epoch);
    }
    return best_epochs;
  };
  // The fourth epoch has the BLEU of the second and a lower loss.
  CHECK(bests(BestBy::bleu, 0) == std::vector<std::int64_t>{1, 2, 2, 4, 4});
  CHECK(bests(BestBy::loss, 0) == std::vector<std::int64_t>{1, 1, 3, 3, 3});
  CHECK(bests(BestBy::bleu, 20) ==
        std::vector<std::int64_t>{1, 1, 1});  // 20 more is not more by more than 20
  CHECK(bests(BestBy::loss, 0.25) == std::vector<std::int64_t>{1, 1, 3, 3, 3});
  // A loss that is no number is worse than any.
  const TrainingOptions options{.batch = 2, .best_by = BestBy::loss};
  Training training(*model, data, options);
  CHECK(training.judge({.loss = NAN}));
  CHECK(!training.judge({.loss = NAN}));
  CHECK(training.judge({.loss = 99}));
  for (const BestBy measure : {BestBy::bleu, BestBy::loss}) CHECK(best_by_named(name_of(measure)) == measure);
  CHECK_THROWS_AS(best_by_named("chrf"), Error);
}

TEST_CASE("perplexity by tokens and by words") {
  Data data = small_data();
  const auto by_words = validate(*small_model(data), data);
  REQUIRE(by_words);
  CHECK(by_words->perplexity == doctest::Approx(std::exp(by_words->loss)));
  CHECK(by_words->word_perplexity == doctest::Approx(by_words->perplexity));
  data.target = Language::of_tokens(lines, {Tokenizer::characters}, {});
  data.train = data.valid = encode(data.train_text, data.source, data.target);
  const auto by_characters = validate(*small_model(data), data);
  REQUIRE(by_characters);
  // Three words, two spaces between them and an end make six tokens, and four words.
  CHECK(by_characters->word_perplexity == doctest::Approx(std::exp(by_characters->loss * 6 / 4)));
}

TEST_CASE("a training takes the batches of an epoch in steps of several") {
  const Data data = small_data();
  const auto model = small_model(data);
  const TrainingOptions options{.batch = 2, .accumulate = 2};
  Training training(*model, data, options);
  REQUIRE(training.batch_count() == 3);
  CHECK(training.next_examples().size() == 4);
  training.step();
  CHECK(training.state().batch == 2);
  CHECK(training.next_examples().size() == 2);
  CHECK_FALSE(training.epoch_done());
  training.step();
  CHECK(training.epoch_done());
  CHECK(training.state().step == 2);
}
