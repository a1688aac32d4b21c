// How a beam compares what has ended: beside all translations that there are, and by hand.
#include "forced_decoding.h"

#include <gradus/gradus.h>
#include <gradus/tests/error_text.h>
#include <gradus/tests/examples/scripted_model.h>
#include <gradus/tests/settings.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

using namespace gradus;
using namespace translation;
using test::Ids;
using test::never;
using test::noise;
using test::ScriptedModel;

namespace {

constexpr std::size_t words = 9;  // four specials, the end among them, and five others

/// Scores of five words and the end, any numbers; after `longest` words the end alone.
std::vector<float> bounded_scores(const Ids& source, const Ids& written, std::size_t longest) {
  std::vector<float> scores(words, never);
  for (std::size_t word = Vocabulary::end; word < words; ++word) {
    const bool may = word == Vocabulary::end || written.size() < longest;
    if (may)
      scores[word] = static_cast<float>(
          5 * noise(written, source[0] * 50 + std::ssize(scores) * 7 + static_cast<std::int64_t>(word)));
  }
  scores[Vocabulary::end] += 1;
  return scores;
}

std::vector<double> log_probabilities(const std::vector<float>& scores) {
  double total = 0;
  for (const float score : scores) total += std::exp(static_cast<double>(score));
  std::vector<double> result;
  for (const float score : scores) result.push_back(static_cast<double>(score) - std::log(total));
  return result;
}

/// A translation that may be found, and its log-probability, the end included.
struct Candidate {
  Ids ids;
  double log_probability;
  double score(double length_penalty) const {
    return log_probability / std::pow(static_cast<double>(ids.size() + 1), length_penalty);
  }
};

/// All translations of up to `longest` words that begin like this.
void enumerate(const Ids& source, std::size_t longest, const Candidate& begun,
               std::vector<Candidate>& found) {
  const std::vector<double> next = log_probabilities(bounded_scores(source, begun.ids, longest));
  found.push_back({begun.ids, begun.log_probability + next[Vocabulary::end]});
  for (std::size_t word = 4; word < words && begun.ids.size() < longest; ++word) {
    Candidate longer = begun;
    longer.ids.push_back(static_cast<std::int64_t>(word));
    longer.log_probability += next[word];
    enumerate(source, longest, longer, found);
  }
}

ScriptedModel bounded_model(std::size_t longest) {
  return ScriptedModel(
      {[longest](const Ids& source, const Ids& written) { return bounded_scores(source, written, longest); },
       {}});
}

std::vector<Ids> some_sources() {
  std::vector<Ids> sources;
  for (std::int64_t i = 0; i < 10; ++i)
    sources.push_back(Ids(static_cast<std::size_t>(1 + i * 3 % 7), 4 + i));
  return sources;
}

/// A plain beam: goes on until `width` have ended, whatever they are worth.
std::vector<Candidate> plain_beam(const Ids& source, const BeamOptions& options,
                                  const std::function<std::vector<float>(const Ids&)>& scores) {
  const auto width = static_cast<std::size_t>(options.width);
  std::vector<Candidate> open{{{}, 0}}, ended;
  for (std::size_t t = 0; t < 2 * (source.size() + 1) + 10 && ended.size() < width && !open.empty(); ++t) {
    std::vector<Candidate> candidates;
    for (const Candidate& candidate : open) {
      const std::vector<double> next = log_probabilities(scores(candidate.ids));
      for (std::size_t word = Vocabulary::end; word < words; ++word) {
        if (next[word] == never) continue;
        candidates.push_back({candidate.ids, candidate.log_probability + next[word]});
        candidates.back().ids.push_back(static_cast<std::int64_t>(word));
      }
    }
    std::sort(candidates.begin(), candidates.end(),
              [](const auto& a, const auto& b) { return a.log_probability > b.log_probability; });
    open.clear();
    for (std::size_t rank = 0; rank < candidates.size() && open.size() < width; ++rank) {
      Candidate candidate = candidates[rank];
      if (candidate.ids.back() != Vocabulary::end) {
        open.push_back(candidate);
      } else if (rank < width) {
        candidate.ids.pop_back();
        ended.push_back(candidate);
      }
    }
  }
  std::sort(ended.begin(), ended.end(), [&](const auto& a, const auto& b) {
    return a.score(options.length_penalty) > b.score(options.length_penalty);
  });
  ended.resize(std::min(ended.size(), static_cast<std::size_t>(options.best)));
  return ended;
}

}  // namespace

TEST_CASE("a beam wide enough for everything finds the best of all translations, in their order") {
  const ScriptedModel model = bounded_model(3);  // 1 + 5 + 25 + 125 translations
  const std::vector<Ids> sources = some_sources();
  std::vector<std::vector<Ids>> winners;
  for (const double penalty : {0.0, 0.6, 1.0}) {
    CAPTURE(penalty);
    const auto found =
        best_translations(model, sources, {.width = 200, .length_penalty = penalty, .best = 20});
    winners.emplace_back();
    for (std::size_t i = 0; i < sources.size(); ++i) {
      CAPTURE(i);
      std::vector<Candidate> possible;
      enumerate(sources[i], 3, {{}, 0}, possible);
      REQUIRE(possible.size() == 156);
      std::sort(possible.begin(), possible.end(),
                [&](const auto& a, const auto& b) { return a.score(penalty) > b.score(penalty); });
      REQUIRE(found[i].size() == 20);
      for (std::size_t rank = 0; rank < 20; ++rank) {
        CHECK(found[i][rank].ids == possible[rank].ids);
        CHECK(found[i][rank].score == doctest::Approx(possible[rank].score(penalty)).epsilon(1e-6));
      }
      winners.back().push_back(possible.front().ids);
    }
  }
  CHECK(winners[0] != winners[1]);  // the penalty makes a difference
  CHECK(winners[1] != winners[2]);
}

TEST_CASE("a beam that stops early finds what it would have found by going on") {
  const std::vector<Ids> sources = some_sources();
  const ScriptedModel model = bounded_model(9);
  for (const double penalty : {0.0, 0.6, 1.0, 2.0}) {
    for (const std::int64_t width : {1, 2, 3, 6}) {
      for (const std::int64_t best : {std::int64_t{1}, width}) {
        CAPTURE(penalty);
        CAPTURE(width);
        CAPTURE(best);
        const BeamOptions options{.width = width, .length_penalty = penalty, .best = best};
        const auto together = best_translations(model, sources, options);
        for (std::size_t i = 0; i < sources.size(); ++i) {
          CAPTURE(i);
          const auto expected = plain_beam(sources[i], options, [&](const Ids& written) {
            return bounded_scores(sources[i], written, 9);
          });
          REQUIRE(together[i].size() == expected.size());
          for (std::size_t rank = 0; rank < expected.size(); ++rank) {
            CHECK(together[i][rank].ids == expected[rank].ids);
            CHECK(together[i][rank].score == doctest::Approx(expected[rank].score(penalty)).epsilon(1e-6));
          }
          CHECK(best_translations(model, std::span(&sources[i], 1), options)[0][0].ids == together[i][0].ids);
        }
      }
    }
  }
}

TEST_CASE("a beam stops as soon as nothing can catch up") {
  // The end at once has 0.9, each word after that 0.1.
  const ScriptedModel model({[](const Ids&, const Ids&) {
                               return test::logits_of(words, {{Vocabulary::end, 0.9}, {4, 0.06}, {5, 0.04}});
                             },
                             {}});
  const std::vector<Ids> one{{4, 5}};
  CHECK(best_translations(model, one, {.width = 5, .length_penalty = 0})[0][0].ids.empty());
  CHECK(model.steps() == 1);
  // 16 words are the most: ln 0.06 / 16 is below ln 0.9, and ln 0.06 / 16^2 is above it.
  CHECK(best_translations(model, one, {.width = 5, .length_penalty = 1})[0][0].ids.empty());
  CHECK(model.steps() == 2);
  best_translations(model, one, {.width = 5, .length_penalty = 2});
  CHECK(model.steps() > 3);
}

TEST_CASE("fewer translations than were asked for: there are no more, or they did not end in time") {
  const std::vector<Ids> one{{4}};
  const ScriptedModel three({[](const Ids&, const Ids& written) {
                               if (!written.empty()) return test::logits_of(words, {{Vocabulary::end, 1}});
                               return test::logits_of(words, {{Vocabulary::end, 0.2}, {4, 0.5}, {7, 0.3}});
                             },
                             {}});
  const auto three_found = best_translations(three, one, {.width = 8, .length_penalty = 0, .best = 8})[0];
  REQUIRE(three_found.size() == 3);
  CHECK(three_found[0].ids == Ids{4});
  CHECK(three_found[1].ids == Ids{7});
  CHECK(three_found[2].ids.empty());
  // One way to end, and another that goes on for ever, at 14 words.
  const ScriptedModel one_ends({[](const Ids&, const Ids& written) {
                                  if (written.empty())
                                    return test::logits_of(words, {{Vocabulary::end, 0.1}, {4, 0.9}});
                                  return test::logits_of(words, {{4, 1}});
                                },
                                {}});
  const auto two = best_translations(one_ends, one, {.width = 3, .best = 2})[0];
  REQUIRE(two.size() == 2);
  CHECK(two[0].ids.empty());
  CHECK(two[0].score == doctest::Approx(std::log(0.1)).epsilon(1e-6));
  CHECK(two[1].ids == Ids(14, 4));
  CHECK(two[1].score == doctest::Approx(std::log(0.9) / 14).epsilon(1e-6));
}

TEST_CASE("the coverage penalty prefers a translation that looked at every word") {
  // "4" has 0.6 and looks at the first word of two, "5" has 0.4 and looks at both.
  const ScriptedModel model({[](const Ids&, const Ids& written) {
                               if (!written.empty()) return test::logits_of(words, {{Vocabulary::end, 1}});
                               return test::logits_of(words, {{4, 0.6}, {5, 0.4}});
                             },
                             [](const Ids&, const Ids& written, std::int64_t) {
                               if (written.empty()) return std::vector<float>{0.5f, 0.25f, 0.25f};
                               if (written[0] == 4) return std::vector<float>{0.75f, 0.25f, 0};
                               return std::vector<float>{0.5f, 0.5f, 0};
                             }});
  const std::vector<Ids> one{{4, 5}};
  const auto search = [&](double coverage, double penalty) {
    return best_translations(model, one,
                             {.width = 2, .length_penalty = penalty, .coverage = coverage, .best = 2})[0];
  };
  CHECK(search(0, 0)[0].ids == Ids{4});
  // The sums are (1.25, 0.5) after "4" and (1, 0.75) after "5": ln 0.6 + B ln 0.5 against ln 0.4 + B ln 0.75.
  const auto half = search(0.5, 0);
  CHECK(half[0].ids == Ids{4});
  CHECK(half[0].score == doctest::Approx(std::log(0.6) + 0.5 * std::log(0.5)).epsilon(1e-6));
  const auto twice = search(2, 0);
  CHECK(twice[0].ids == Ids{5});
  CHECK(twice[0].score == doctest::Approx(std::log(0.4) + 2 * std::log(0.75)).epsilon(1e-6));
  CHECK(twice[1].score == doctest::Approx(std::log(0.6) + 2 * std::log(0.5)).epsilon(1e-6));
  // What it adds is not divided by the length, which is two.
  CHECK(search(2, 1)[0].score == doctest::Approx(std::log(0.4) / 2 + 2 * std::log(0.75)).epsilon(1e-6));

  const ScriptedModel blind({[](const Ids&, const Ids&) {
                               return test::logits_of(words, {{Vocabulary::end, 1}});
                             },
                             [](const Ids&, const Ids&, std::int64_t) {
                               return std::vector<float>{1, 0, 0};
                             }});
  CHECK(best_translations(blind, one, {.width = 2, .coverage = 1})[0][0].score ==
        doctest::Approx(std::log(1e-9)).epsilon(1e-6));
}

TEST_CASE("the scores of an n-best list are those of forced decoding") {
  const ScriptedModel model = bounded_model(6);
  const std::vector<Ids> sources = some_sources();
  const auto found = best_translations(model, sources, {.width = 6, .length_penalty = 0.6, .best = 6});
  for (std::size_t i = 0; i < sources.size(); ++i) {
    REQUIRE(found[i].size() == 6);
    std::vector<Example> examples;
    for (const Translation& translation : found[i]) examples.push_back({sources[i], translation.ids});
    const auto forced = forced_log_probabilities(model, examples);
    for (std::size_t rank = 0; rank < 6; ++rank) {
      const auto n = static_cast<double>(found[i][rank].ids.size() + 1);
      REQUIRE(forced[rank].size() == found[i][rank].ids.size() + 1);
      const double sum = std::accumulate(forced[rank].begin(), forced[rank].end(), 0.0);
      CHECK(found[i][rank].score == doctest::Approx(sum / std::pow(n, 0.6)).epsilon(1e-6));
      if (rank > 0) CHECK(found[i][rank - 1].score >= found[i][rank].score);
    }
  }
}

TEST_CASE("<unk> is written where it may be, padding and begin never") {
  const ScriptedModel model({[](const Ids&, const Ids& written) {
                               std::vector<float> scores(words, 0);
                               scores[Vocabulary::pad] = scores[Vocabulary::begin] = 9;
                               scores[written.empty() ? Vocabulary::unknown : Vocabulary::end] = 5;
                               if (written.empty()) scores[6] = 4;
                               return scores;
                             },
                             {}});
  const std::vector<Ids> one{{4, 5}};
  CHECK(greedy_search(model, one)[0].ids == Ids{6});
  CHECK(greedy_search(model, one, Unknown::written)[0].ids == Ids{Vocabulary::unknown});
  CHECK(best_translations(model, one, {.width = 3})[0][0].ids == Ids{6});
  CHECK(best_translations(model, one, {.width = 3, .unknown = Unknown::written})[0][0].ids ==
        Ids{Vocabulary::unknown});
}

TEST_CASE("a beam refuses what makes no sense") {
  const ScriptedModel model = bounded_model(3);
  const auto error = [&](const BeamOptions& options) {
    return test::error_of([&] { best_translations(model, some_sources(), options); });
  };
  CHECK(test::contains(error({.width = 0}), "[beam_search] the width must be at least 1, got 0"));
  CHECK(test::contains(error({.width = 3, .best = 4}), "finds 1 to 3 translations of a sentence, not 4"));
  CHECK(test::contains(error({.width = 3, .best = 0}), "not 0"));
  CHECK(test::contains(error({.width = 3, .length_penalty = -1}), "must not be negative"));
  CHECK(test::contains(error({.width = 3, .length_penalty = std::nan("")}), "must not be negative"));
  CHECK(test::contains(error({.width = 3, .coverage = 0.2}), "the model has no attention"));
}
