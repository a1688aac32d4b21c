// Translations drawn at random: how often, by what, and that nothing else matters.
#include "forced_decoding.h"

#include <gradus/gradus.h>
#include <gradus/tests/error_text.h>
#include <gradus/tests/examples/scripted_model.h>
#include <gradus/tests/settings.h>

#include <doctest/doctest.h>

#include <map>
#include <numeric>

using namespace gradus;
using namespace translation;
using test::Ids;
using test::ScriptedModel;

namespace {

constexpr std::size_t words = 9;

/// One word with these probabilities, then the end; specials would be likelier than all.
ScriptedModel one_word_model() {
  return ScriptedModel({[](const Ids&, const Ids& written) {
                          if (!written.empty()) return test::logits_of(words, {{Vocabulary::end, 1}});
                          return test::logits_of(words, {{Vocabulary::pad, 40},
                                                         {Vocabulary::unknown, 40},
                                                         {Vocabulary::begin, 40},
                                                         {Vocabulary::end, 0.0625},
                                                         {4, 0.25},
                                                         {5, 0.0625},
                                                         {6, 0.5},
                                                         {8, 0.125}});
                        },
                        {}});
}

/// Pearson's chi-squared of what was drawn beside the probabilities (by the first word, the end for none). A
/// word that must not be drawn counts as infinite.
double chi_squared(const SampleOptions& options, const std::map<std::int64_t, double>& probabilities) {
  const std::vector<Ids> one{{4, 5}};
  const std::vector<std::uint64_t> numbers{0};
  std::map<std::int64_t, double> counts;
  const auto draws = sampled_translations(one_word_model(), one, numbers, options);
  for (const Translation& drawn : draws[0]) ++counts[drawn.ids.empty() ? Vocabulary::end : drawn.ids[0]];
  double sum = 0;
  for (const auto& [word, count] : counts) {
    if (!probabilities.contains(word)) return std::numeric_limits<double>::infinity();
  }
  for (const auto& [word, probability] : probabilities) {
    const double expected = probability * static_cast<double>(options.draws);
    sum += std::pow(counts[word] - expected, 2) / expected;
  }
  return sum;
}

/// Many words, none certain; sooner or later the end.
std::vector<float> rambling(const Ids& source, const Ids& written) {
  std::vector<float> scores(words);
  for (std::size_t word = 0; word < words; ++word)
    scores[word] =
        static_cast<float>(3 * test::noise(written, source[0] * 10 + static_cast<std::int64_t>(word)));
  return scores;
}

std::vector<Ids> some_sources() { return {{4, 5, 6}, {7}, {8, 4, 4, 4, 6, 7}, {5, 5}, {6, 7, 8}, {4}}; }

std::vector<Ids> ids_of(const std::vector<Translation>& translations) {
  std::vector<Ids> ids;
  for (const Translation& translation : translations) ids.push_back(translation.ids);
  return ids;
}

}  // namespace

TEST_CASE("words are drawn as often as their probabilities say") {
  // Four words and the end: with 4 degrees of freedom 20 is exceeded once in 2000 times, with 1 13 is.
  const std::int64_t n = 20000;
  const std::map<std::int64_t, double> plain{
      {6, 0.5}, {4, 0.25}, {8, 0.125}, {5, 0.0625}, {Vocabulary::end, 0.0625}};
  CHECK(chi_squared({.draws = n, .seed = 1}, plain) < 20);
  CHECK(chi_squared({.draws = n, .seed = 2}, plain) < 20);
  // It would notice another distribution: one in ten too many of one word.
  std::map<std::int64_t, double> wrong = plain;
  wrong[6] = 0.45, wrong[4] = 0.3;
  CHECK(chi_squared({.draws = n, .seed = 1}, wrong) > 100);

  double roots = 0;
  std::map<std::int64_t, double> warm;
  for (const auto& [word, p] : plain) roots += std::sqrt(p);
  for (const auto& [word, p] : plain) warm[word] = std::sqrt(p) / roots;
  CHECK(chi_squared({.temperature = 2, .draws = n, .seed = 3}, warm) < 20);

  CHECK(chi_squared({.top_k = 2, .draws = n, .seed = 4}, {{6, 2.0 / 3}, {4, 1.0 / 3}}) < 13);
  // 0.5 is not enough for 0.7, 0.75 is.
  CHECK(chi_squared({.top_p = 0.7, .draws = n, .seed = 5}, {{6, 2.0 / 3}, {4, 1.0 / 3}}) < 13);
  // Of the three likeliest the first two have 6/7.
  CHECK(chi_squared({.top_k = 3, .top_p = 0.8, .draws = n, .seed = 6}, {{6, 2.0 / 3}, {4, 1.0 / 3}}) < 13);
  // Warm, 0.75 is the share of three: 0.344 + 0.243 + 0.172.
  CHECK(chi_squared({.temperature = 2, .top_p = 0.75, .draws = n, .seed = 7},
                    {{6, 0.45305}, {4, 0.32035}, {8, 0.22653}}) < 16);
  CHECK(chi_squared({.top_p = 1e-9, .draws = 100}, {{6, 1}}) == 0);
}

TEST_CASE("of equally likely words at a bound those that come first are kept") {
  const ScriptedModel even({[](const Ids&, const Ids& written) {
                              if (!written.empty()) return test::logits_of(words, {{Vocabulary::end, 1}});
                              return test::logits_of(words, {{5, 0.25}, {6, 0.25}, {7, 0.25}, {8, 0.25}});
                            },
                            {}});
  const std::vector<Ids> one{{4, 5}};
  const std::vector<std::uint64_t> numbers{0};
  for (const SampleOptions& options :
       {SampleOptions{.top_k = 2, .draws = 200}, SampleOptions{.top_p = 0.5, .draws = 200}}) {
    std::map<std::int64_t, int> counts;
    const auto draws = sampled_translations(even, one, numbers, options);
    for (const Translation& drawn : draws[0]) ++counts[drawn.ids[0]];
    CHECK(counts.size() == 2);
    CHECK(counts[5] > 50);
    CHECK(counts[6] > 50);
  }
}

TEST_CASE("drawn from the likeliest word alone, or from a cold distribution: greedy search") {
  for (const ModelKind kind : {ModelKind::gru, ModelKind::transformer}) {
    manual_seed(5);
    const auto model = make_model({.kind = kind,
                                   .source_vocabulary = 20,
                                   .target_vocabulary = 18,
                                   .dim = 8,
                                   .hidden = 6,
                                   .heads = 2,
                                   .ffn = 12});
    const std::vector<Ids> sources{{4, 9, 7, 12, 5}, {8}, {6, 11, 4}, {5, 5, 13, 7}};
    const std::vector<std::uint64_t> numbers{0, 1, 2, 3};
    const std::vector<Translation> greedy = greedy_search(*model, sources);
    for (const SampleOptions& options : {SampleOptions{.top_k = 1}, SampleOptions{.temperature = 1e-6},
                                         SampleOptions{.top_k = 1, .draws = 3}}) {
      const auto drawn = sampled_translations(*model, sources, numbers, options);
      for (std::size_t i = 0; i < sources.size(); ++i) {
        for (const Translation& draw : drawn[i]) {
          CHECK(draw.ids == greedy[i].ids);
          REQUIRE(draw.weights.size() == greedy[i].weights.size());
          CHECK(draw.weights[0].size() == sources[i].size() + 1);
        }
      }
    }
  }
}

TEST_CASE("a draw depends on the seed, the number of its sentence and its own number alone") {
  const ScriptedModel model({rambling, {}});
  const std::vector<Ids> sources = some_sources();
  std::vector<std::uint64_t> numbers{100, 101, 102, 103, 104, 105};
  const SampleOptions options{.draws = 3, .seed = 8};
  const auto together = sampled_translations(model, sources, numbers, options);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto alone =
        sampled_translations(model, std::span(&sources[i], 1), std::span(&numbers[i], 1), options);
    CHECK(ids_of(alone[0]) == ids_of(together[i]));
    const auto first =
        sampled_translations(model, std::span(&sources[i], 1), std::span(&numbers[i], 1), {.seed = 8});
    CHECK(first[0][0].ids == together[i][0].ids);
    CHECK(together[i][0].ids != together[i][1].ids);
  }
  CHECK(ids_of(sampled_translations(model, sources, numbers, {.draws = 3, .seed = 9})[0]) !=
        ids_of(together[0]));
  numbers[0] = 7;
  const auto renumbered = sampled_translations(model, sources, numbers, options);
  CHECK(ids_of(renumbered[0]) != ids_of(together[0]));
  CHECK(ids_of(renumbered[1]) == ids_of(together[1]));
}

TEST_CASE("draws are the same on any number of threads") {
  manual_seed(6);
  const auto model = make_model({.source_vocabulary = 20, .target_vocabulary = 300, .dim = 16, .hidden = 16});
  const std::vector<Ids> sources{{4, 9, 7, 12, 5}, {8}, {6, 11, 4}, {5, 5, 13, 7}};
  const std::vector<std::uint64_t> numbers{0, 1, 2, 3};
  const auto drawn = [&](int threads) {
    const test::ThreadsScope scope(threads);
    return sampled_translations(*model, sources, numbers, {.draws = 4});
  };
  const auto on_one = drawn(1), on_three = drawn(3);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    CHECK(ids_of(on_one[i]) == ids_of(on_three[i]));
    CHECK(on_one[i][0].score == on_three[i][0].score);
  }
}

TEST_CASE("the score of a draw is its mean log-probability, whatever it was drawn by") {
  const ScriptedModel model(
      {[](const Ids& source, const Ids& written) {
         std::vector<float> scores = rambling(source, written);
         for (const std::int64_t special : {Vocabulary::pad, Vocabulary::unknown, Vocabulary::begin})
           scores[static_cast<std::size_t>(special)] = test::never;
         return scores;
       },
       {}});
  const std::vector<Ids> sources = some_sources();
  const std::vector<std::uint64_t> numbers{0, 1, 2, 3, 4, 5};
  const auto drawn = sampled_translations(model, sources, numbers,
                                          {.temperature = 0.7, .top_k = 5, .top_p = 0.9, .draws = 2});
  for (std::size_t i = 0; i < sources.size(); ++i) {
    for (const Translation& draw : drawn[i]) {
      const Example example{sources[i], draw.ids};
      std::vector<double> forced = forced_log_probabilities(model, std::span(&example, 1))[0];
      const bool cut_off = draw.ids.size() == 2 * (sources[i].size() + 1) + 10;
      if (cut_off) forced.pop_back();
      const double sum = std::accumulate(forced.begin(), forced.end(), 0.0);
      CHECK(draw.score == doctest::Approx(sum / static_cast<double>(forced.size())).epsilon(1e-6));
    }
  }
}

TEST_CASE("sampling at the edges") {
  const ScriptedModel model({rambling, {}});
  CHECK(sampled_translations(model, {}, {}, {}).empty());
  const ScriptedModel endless({[](const Ids&, const Ids&) {
                                 return test::logits_of(words, {{4, 0.5}, {5, 0.5}});
                               },
                               {}});
  const std::vector<Ids> sources = some_sources();
  const std::vector<std::uint64_t> numbers{0, 1, 2, 3, 4, 5};
  const auto cut = sampled_translations(endless, sources, numbers, {.draws = 2});
  for (std::size_t i = 0; i < sources.size(); ++i)
    CHECK(cut[i][1].ids.size() == 2 * (sources[i].size() + 1) + 10);
  // A model of broken numbers says nothing.
  const ScriptedModel broken(
      {[](const Ids&, const Ids&) { return std::vector<float>(words, std::nanf("")); }, {}});
  CHECK(sampled_translations(broken, sources, numbers, {.top_k = 3, .top_p = 0.5})[0][0].ids.empty());

  const auto error = [&](const SampleOptions& options) {
    return test::error_of([&] { sampled_translations(model, sources, numbers, options); });
  };
  CHECK(test::contains(error({.temperature = 0}), "the temperature must be above 0"));
  CHECK(test::contains(error({.temperature = std::nan("")}), "the temperature must be above 0"));
  CHECK(test::contains(error({.top_k = -1}), "top_k must not be negative, got -1"));
  CHECK(test::contains(error({.top_p = 0}), "top_p must be above 0 and at most 1"));
  CHECK(test::contains(error({.top_p = 1.5}), "top_p must be above 0 and at most 1"));
  CHECK(test::contains(error({.draws = 0}), "at least 1 draw"));
  CHECK(test::contains(test::error_of([&] { sampled_translations(model, sources, {}, {}); }),
                       "6 sentences have 0 numbers"));
}
