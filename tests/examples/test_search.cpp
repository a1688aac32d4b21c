// The searches beside plain loops over everything that may be written.
#include <gradus/gradus.h>
#include <gradus/tests/error_text.h>
#include <gradus/tests/examples/scripted_model.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace gradus;
using namespace translation;
using test::Ids;
using test::noise;
using test::ScriptedModel;

namespace {

constexpr std::int64_t words = 9;  // four specials and five others

/// The scores of all words after what was written. Sooner or later the end is likeliest: a longer source
/// makes it later.
std::vector<float> scores_after(const Ids& source, const Ids& written) {
  std::vector<float> scores(words);
  for (std::int64_t word = 0; word < words; ++word)
    scores[static_cast<std::size_t>(word)] = static_cast<float>(4 * noise(written, source[0] * 100 + word));
  scores[Vocabulary::end] += static_cast<float>(written.size()) - static_cast<float>(source.size());
  return scores;
}

std::vector<float> weights_after(const Ids& source, const Ids& written, std::int64_t width) {
  std::vector<float> weights(static_cast<std::size_t>(width));
  for (std::size_t s = 0; s < weights.size(); ++s)
    weights[s] = static_cast<float>(noise(written, source[0] + static_cast<std::int64_t>(s)));
  return weights;
}

ScriptedModel scripted_model() { return ScriptedModel({scores_after, weights_after}); }

/// log-probabilities of the words that may be written.
std::vector<double> log_probabilities(const Ids& source, const Ids& written) {
  const std::vector<float> scores = scores_after(source, written);
  double total = 0;
  for (std::size_t word = Vocabulary::end; word < scores.size(); ++word)
    total += std::exp(static_cast<double>(scores[word]));
  std::vector<double> result(scores.size(), -std::numeric_limits<double>::infinity());
  for (std::size_t word = Vocabulary::end; word < scores.size(); ++word)
    result[word] = static_cast<double>(scores[word]) - std::log(total);
  return result;
}

/// One sentence, every candidate written out in full.
Ids search_one(const Ids& source, std::size_t width) {
  const std::size_t longest = 2 * (source.size() + 1) + 10;
  struct Candidate {
    double score;
    Ids ids;
  };
  const auto better = [](const Candidate& a, const Candidate& b) { return a.score > b.score; };
  std::vector<Candidate> open{{0, {}}}, ended;
  for (std::size_t t = 0; t < longest && ended.size() < width; ++t) {
    std::vector<Candidate> candidates;
    for (const Candidate& c : open) {
      const std::vector<double> after = log_probabilities(source, c.ids);
      for (std::int64_t word = Vocabulary::end; word < words; ++word) {
        candidates.push_back({c.score + after[static_cast<std::size_t>(word)], c.ids});
        candidates.back().ids.push_back(word);
      }
    }
    std::sort(candidates.begin(), candidates.end(), better);
    open.clear();
    for (std::size_t rank = 0; rank < candidates.size() && open.size() < width; ++rank) {
      Candidate c = candidates[rank];
      if (c.ids.back() != Vocabulary::end) open.push_back(c);
      else if (rank < width) ended.push_back({c.score / static_cast<double>(c.ids.size()), c.ids});
    }
  }
  if (ended.empty()) return open.front().ids;
  Ids best = std::min_element(ended.begin(), ended.end(), better)->ids;
  best.pop_back();
  return best;
}

/// Sentences of different lengths, so that they end one after the other.
std::vector<Ids> some_sources() {
  std::vector<Ids> sources;
  for (std::int64_t i = 0; i < 12; ++i) {
    Ids source(static_cast<std::size_t>(1 + i * 5 % 8));
    std::iota(source.begin(), source.end(), 4 + i);
    sources.push_back(source);
  }
  return sources;
}

}  // namespace

TEST_CASE("a search in a batch finds what a search of every sentence by itself finds") {
  const ScriptedModel model = scripted_model();
  const std::vector<Ids> sources = some_sources();
  std::size_t differ = 0;
  for (const std::int64_t width : {1, 2, 3, 5, 8}) {
    CAPTURE(width);
    const std::vector<Translation> found = beam_search(model, sources, width);
    REQUIRE(found.size() == sources.size());
    for (std::size_t i = 0; i < sources.size(); ++i) {
      CAPTURE(i);
      CHECK(found[i].ids == search_one(sources[i], static_cast<std::size_t>(width)));
      differ += found[i].ids != search_one(sources[i], 1);
      // What each word looked at.
      const auto& weights = found[i].weights;
      REQUIRE(weights.size() == found[i].ids.size() + 1);
      for (std::size_t t = 0; t < weights.size(); ++t) {
        const Ids written(found[i].ids.begin(), found[i].ids.begin() + static_cast<std::ptrdiff_t>(t));
        CHECK(weights[t] ==
              weights_after(sources[i], written, static_cast<std::int64_t>(sources[i].size()) + 1));
      }
    }
  }
  CHECK(differ > 10);  // a beam is worth something
}

TEST_CASE("searches at the edges") {
  const ScriptedModel model = scripted_model();
  CHECK(beam_search(model, {}, 3).empty());
  CHECK(gradus::test::contains(gradus::test::error_of([&] { beam_search(model, some_sources(), 0); }),
                               "[beam_search] the width must be at least 1, got 0"));
  // More rows than there are words, from the first step on.
  const std::vector<Ids> one{{4}};
  CHECK(beam_search(model, one, 50)[0].ids == search_one(one[0], 50));
}

TEST_CASE("a translation that does not end is cut off at a length that its source alone decides") {
  const ScriptedModel endless({[](const Ids& source, const Ids& written) {
                                 std::vector<float> scores = scores_after(source, written);
                                 scores[Vocabulary::end] = test::never;
                                 return scores;
                               },
                               weights_after});
  const std::vector<Ids> sources{{4}, {5, 6, 7, 8, 9, 10}, {6, 7}};
  for (const std::int64_t width : {1, 4}) {
    CAPTURE(width);
    const std::vector<Translation> together = beam_search(endless, sources, width);
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const Translation alone = beam_search(endless, std::span(&sources[i], 1), width)[0];
      CHECK(alone.ids.size() == 2 * (sources[i].size() + 1) + 10);
      CHECK(alone.weights.size() == alone.ids.size());
      CHECK(together[i].ids == alone.ids);
      CHECK(together[i].weights == alone.weights);
    }
  }
}
