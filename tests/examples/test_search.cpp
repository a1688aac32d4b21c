// The searches beside plain loops over everything that may be written.
#include "search.h"

#include <gradus/gradus.h>
#include <gradus/tests/error_text.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace gradus;
using namespace translation;

namespace {

using Ids = std::vector<std::int64_t>;

constexpr std::int64_t words = 9;  // four specials and five others

/// A number in [0, 1) that anything may depend on.
double noise(const Ids& ids, std::int64_t salt) {
  std::uint64_t h = 1469598103934665603u + static_cast<std::uint64_t>(salt) * 1099511628211u;
  for (const std::int64_t id : ids) h = (h ^ static_cast<std::uint64_t>(id)) * 1099511628211u;
  h ^= h >> 29, h *= 0xbf58476d1ce4e5b9u, h ^= h >> 32;
  return static_cast<double>(h >> 11) * 0x1p-53;
}

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

/// Knows what every row has written, and scores by that.
class ScriptedDecoding : public Decoding {
 public:
  ScriptedDecoding(const Tensor& source, const Tensor& lengths) : length_(source.size(1)) {
    for (std::int64_t row = 0; row < source.size(0); ++row) {  // without the end
      const std::int64_t length = lengths.span<std::int64_t>()[static_cast<std::size_t>(row)] - 1;
      rows_.push_back({source[row].slice(0, 0, length).to_vector<std::int64_t>(), {}});
    }
  }
  StepOutput step(const Tensor& previous) override {
    REQUIRE(previous.size(0) == static_cast<std::int64_t>(rows_.size()));
    std::vector<float> logits, weights;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      auto& [source, written] = rows_[row];
      written.push_back(previous.span<std::int64_t>()[row]);
      const Ids after_begin(written.begin() + 1, written.end());
      const std::vector<float> scores = scores_after(source, after_begin),
                               looks = weights_after(source, after_begin, length_);
      logits.insert(logits.end(), scores.begin(), scores.end());
      weights.insert(weights.end(), looks.begin(), looks.end());
    }
    const auto rows = static_cast<std::int64_t>(rows_.size());
    return {tensor(logits, {rows, words}), tensor(weights, {rows, length_})};
  }
  void select(const Tensor& rows, std::int64_t width) override {
    REQUIRE(rows.size(0) % width == 0);
    std::vector<Row> picked;
    for (const std::int64_t row : rows.span<std::int64_t>())
      picked.push_back(rows_.at(static_cast<std::size_t>(row)));
    for (std::size_t i = 0; i < picked.size(); ++i)  // the rows of a sentence lie side by side
      REQUIRE(picked[i].source == picked[i - i % static_cast<std::size_t>(width)].source);
    rows_ = picked;
  }

 private:
  struct Row {
    Ids source, written;
  };
  std::int64_t length_;
  std::vector<Row> rows_;
};

class ScriptedModel : public TranslationModel {
 public:
  Tensor features(const Tensor&, const Tensor&, const Tensor&, double) const override { return {}; }
  const nn::Linear& output_layer() const override { throw Error("scripted model", "it never learns"); }
  std::unique_ptr<Decoding> start(const Tensor& source, const Tensor& lengths) const override {
    return std::make_unique<ScriptedDecoding>(source, lengths);
  }
  ModelView view() const override { return parts_; }

 private:
  struct {
  } parts_;  // no weights
};

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
Ids search_one(const Ids& source, std::size_t width, std::int64_t longest) {
  struct Candidate {
    double score;
    Ids ids;
  };
  const auto better = [](const Candidate& a, const Candidate& b) { return a.score > b.score; };
  std::vector<Candidate> open{{0, {}}}, ended;
  for (std::int64_t t = 0; t < longest && ended.size() < width; ++t) {
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
  const ScriptedModel model;
  const std::vector<Ids> sources = some_sources();
  std::size_t differ = 0;
  for (const std::int64_t width : {1, 2, 3, 5, 8}) {
    CAPTURE(width);
    const std::vector<Translation> found = beam_search(model, sources, width);
    REQUIRE(found.size() == sources.size());
    for (std::size_t i = 0; i < sources.size(); ++i) {
      CAPTURE(i);
      CHECK(found[i].ids == search_one(sources[i], static_cast<std::size_t>(width), 2 * 9 + 10));
      differ += found[i].ids != search_one(sources[i], 1, 2 * 9 + 10);
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
  const ScriptedModel model;
  CHECK(beam_search(model, {}, 3).empty());
  CHECK(gradus::test::contains(gradus::test::error_of([&] { beam_search(model, some_sources(), 0); }),
                               "[beam_search] the width must be at least 1, got 0"));
  // More rows than there are words, from the first step on.
  const std::vector<Ids> one{{4}};
  CHECK(beam_search(model, one, 50)[0].ids == search_one(one[0], 50, 2 * 2 + 10));
  // Nothing ends in time.
  class Endless : public ScriptedModel {
   public:
    std::unique_ptr<Decoding> start(const Tensor& source, const Tensor& lengths) const override {
      class Without : public ScriptedDecoding {
       public:
        using ScriptedDecoding::ScriptedDecoding;
        StepOutput step(const Tensor& previous) override {
          StepOutput output = ScriptedDecoding::step(previous);
          output.logits.select(1, Vocabulary::end).fill_(-std::numeric_limits<double>::infinity());
          return output;
        }
      };
      return std::make_unique<Without>(source, lengths);
    }
  };
  for (const std::int64_t width : {1, 4}) {
    const Translation cut = beam_search(Endless(), one, width)[0];
    CHECK(cut.ids.size() == 2 * 2 + 10);
    CHECK(cut.weights.size() == 2 * 2 + 10);
  }
}
