// The expected scores are sacreBLEU 2.6.0's, but where a comment derives them.
#include <doctest/doctest.h>
#include <gradus/data/bleu.h>
#include <gradus/tensor/error.h>

#include <cmath>
#include <limits>

using namespace gradus;
using doctest::Contains;
using Sentences = std::vector<std::string>;

namespace {

const Sentences hypotheses = {
    "the small boat left harbour at 6:30 .",
    "It cost 1,250.75 euros (with tax), did it not?",
    "Pages 12 - 15 and the three-day tour: see A/B.",
    "„Komm hierher“, sagte sie, aber er blieb stehen.",
    "L'été dernier nous étions à 25 °C; aujourd'hui il fait très froid!",
    "the quick red fox sleeps",
};
const Sentences references_a = {
    "The small boat left the harbour at 6:30.",
    "It cost 1,250.75 euros (tax included), didn't it?",
    "Pages 12-15 and the 3-day tour: see A/B.",
    "„Komm her“, sagte sie – aber er blieb stehen.",
    "L'été dernier, nous étions à 25°C; aujourd'hui il fait froid!",
    "A quick fox is sleeping.",
};
const Sentences references_b = {
    "At 6:30 the little boat left the harbour.",
    "It was 1,250.75 euros with tax, wasn't it?",
    "See A/B for pages 12 to 15 and the three-day tour.",
    "„Komm hierher“, sagte sie, doch er stand still.",
    "Nous étions à 25°C l'été dernier; il fait très froid aujourd'hui!",
    "The red fox sleeps.",
};

void check_near(double got, double expected) {
  CAPTURE(got);
  CAPTURE(expected);
  CHECK(std::abs(got - expected) <= 1e-9 * std::abs(expected));
}

struct Expected {
  double score;
  std::vector<double> counts, totals;
  double brevity_penalty;
  std::int64_t hypothesis_length, reference_length;
};

void check_score(const BleuScore& got, const Expected& expected) {
  check_near(got.score, expected.score);
  CHECK(got.counts == expected.counts);
  CHECK(got.totals == expected.totals);
  check_near(got.brevity_penalty, expected.brevity_penalty);
  CHECK(got.hypothesis_length == expected.hypothesis_length);
  CHECK(got.reference_length == expected.reference_length);
}

}  // namespace

TEST_CASE("bleu: a corpus with one reference") {
  const BleuScore bleu = corpus_bleu(hypotheses, {references_a});
  check_score(bleu, {22.401260942616727, {32, 16, 8, 2}, {52, 46, 40, 34}, 1, 52, 48});
  const double precisions[] = {61.53846153846154, 34.78260869565217, 20.0, 5.882352941176471};
  for (std::size_t i = 0; i < 4; ++i) check_near(bleu.precisions[i], precisions[i]);
  CHECK(bleu.describe() ==
        "BLEU = 22.40 61.5/34.8/20.0/5.9 (BP = 1.000 ratio = 1.083 hyp_len = 52 ref_len = 48)");
}

TEST_CASE("bleu: a corpus with two references, and in lower case") {
  check_score(corpus_bleu(hypotheses, {references_a, references_b}),
              {34.82352832757854, {40, 23, 13, 4}, {52, 46, 40, 34}, 1, 52, 51});
  check_score(corpus_bleu(hypotheses, {references_a}, {.lowercase = true}),
              {25.92182921999328, {32, 17, 9, 3}, {52, 46, 40, 34}, 1, 52, 48});
  check_score(corpus_bleu(hypotheses, {references_a, references_b}, {.lowercase = true}),
              {38.91694944984707, {41, 26, 14, 5}, {52, 46, 40, 34}, 1, 52, 51});
}

// The sentence tokenised by hand as sacreBLEU's 13a does.
TEST_CASE("bleu: single sentences with each smoothing") {
  const Sentences hypothesis{"the quick red fox sleeps"}, reference{"A quick fox is sleeping ."};
  const auto score = [&](BleuSmoothing smoothing, bool effective) {
    return corpus_bleu(hypothesis, {reference}, {.smoothing = smoothing, .effective_order = effective});
  };
  const double penalty = 0.8187307530779819;
  check_score(score(BleuSmoothing::floor, true),
              {5.2312236891353425, {2, 0, 0, 0}, {5, 4, 3, 2}, penalty, 5, 6});
  check_score(score(BleuSmoothing::add_k, true),
              {23.394743548827705, {2, 1, 1, 1}, {5, 5, 4, 3}, penalty, 5, 6});
  check_score(score(BleuSmoothing::none, false), {0, {2, 0, 0, 0}, {5, 4, 3, 2}, penalty, 5, 6});
}

TEST_CASE("bleu: from statistics to the score") {
  struct Row {
    std::vector<std::int64_t> counts, totals;
    std::int64_t hypothesis_length, reference_length;
    BleuSmoothing smoothing;
    bool effective_order;
    double score, brevity_penalty;
  };
  using enum BleuSmoothing;
  const double short_penalty = 0.049787068367863944;
  const Row rows[] = {
      {{9, 7, 5, 3}, {10, 9, 8, 7}, 10, 12, none, false, 53.87551338654778, 0.8187307530779819},
      {{9, 7, 5, 3}, {10, 9, 8, 7}, 10, 12, exp, true, 53.87551338654778, 0.8187307530779819},
      {{9, 7, 5, 3}, {10, 9, 8, 7}, 10, 12, add_k, false, 57.30518435789638, 0.8187307530779819},
      {{9, 7, 5, 0}, {10, 9, 8, 7}, 10, 10, none, true, 0, 1},
      {{9, 7, 5, 0}, {10, 9, 8, 7}, 10, 10, exp, false, 42.04482076268574, 1},
      {{9, 7, 5, 0}, {10, 9, 8, 7}, 10, 10, floor, false, 28.117066259517458, 1},
      {{9, 7, 5, 0}, {10, 9, 8, 7}, 10, 10, add_k, false, 49.492320038397644, 1},
      {{9, 0, 0, 0}, {10, 9, 8, 7}, 10, 8, exp, false, 7.267884212102741, 1},
      {{9, 0, 0, 0}, {10, 9, 8, 7}, 10, 8, floor, true, 3.655552228545124, 1},
      {{0, 0, 0, 0}, {10, 9, 8, 7}, 10, 8, floor, false, 0, 1},
      {{2, 1, 0, 0}, {2, 1, 0, 0}, 2, 2, exp, false, 0, 1},
      {{2, 1, 0, 0}, {2, 1, 0, 0}, 2, 2, exp, true, 100, 1},
      {{2, 1, 0, 0}, {2, 1, 0, 0}, 2, 2, add_k, false, 100, 1},
      {{1, 0, 0, 0}, {1, 0, 0, 0}, 1, 4, floor, false, 0, short_penalty},
      {{1, 0, 0, 0}, {1, 0, 0, 0}, 1, 4, floor, true, 4.9787068367863965, short_penalty},
      {{0, 0, 0, 0}, {0, 0, 0, 0}, 0, 5, exp, false, 0, 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.score);
    const BleuStatistics statistics{row.counts, row.totals, row.hypothesis_length, row.reference_length};
    const BleuScore bleu =
        bleu_score(statistics, {.smoothing = row.smoothing, .effective_order = row.effective_order});
    check_near(bleu.score, row.score);
    check_near(bleu.brevity_penalty, row.brevity_penalty);
  }
}

TEST_CASE("bleu: other orders and smoothing values") {
  const BleuStatistics unigrams{{55}, {67}, 67, 69};
  check_near(bleu_score(unigrams, {.max_order = 1}).score, 79.67533027407899);
  const BleuStatistics six{{55, 36, 24, 15, 9, 4}, {67, 61, 55, 49, 43, 37}, 67, 69};
  check_near(bleu_score(six, {.max_order = 6}).score, 32.70710358885923);
  const BleuStatistics four{{55, 36, 24, 15}, {67, 61, 55, 49}, 67, 69};
  const BleuScore added = bleu_score(four, {.smoothing = BleuSmoothing::add_k, .smooth_value = 2});
  check_score(added, {50.84087641655335, {55, 38, 26, 17}, {67, 63, 57, 51}, 0.970590386975144, 67, 69});
}

TEST_CASE("bleu: identical texts score 100, texts without a common word 0, nothing 0") {
  CHECK(corpus_bleu(hypotheses, {hypotheses}).score == 100);
  CHECK(corpus_bleu({"a b c d e"}, {{"v w x y z"}}).score == 0);
  const BleuScore empty = corpus_bleu({""}, {{"a b"}});
  CHECK(empty.score == 0);
  CHECK(empty.brevity_penalty == 0);
  CHECK(corpus_bleu({""}, {{""}}).describe() ==
        "BLEU = 0.00 0.0/0.0/0.0/0.0 (BP = 1.000 ratio = 0.000 hyp_len = 0 ref_len = 0)");
}

// By hand: "the" occurs 7 times and is clipped to the 2 of the first reference (the example of Papineni et
// al.).
TEST_CASE("bleu: matches are clipped to the reference that has most") {
  const BleuStatistics statistics = bleu_statistics(
      {"the the the the the the the"}, {{"the cat is on the mat"}, {"there is a cat on the mat"}});
  CHECK(statistics.counts == std::vector<std::int64_t>{2, 0, 0, 0});
  CHECK(statistics.totals == std::vector<std::int64_t>{7, 6, 5, 4});
  CHECK(statistics.reference_length == 7);  // the closest, not the shortest
}

TEST_CASE("bleu: at equal distance the shorter reference counts, in either order") {
  const Sentences hypothesis{"a b c"}, two{"a b"}, four{"a b c d"};
  CHECK(bleu_statistics(hypothesis, {two, four}).reference_length == 2);
  CHECK(bleu_statistics(hypothesis, {four, two}).reference_length == 2);
}

TEST_CASE("bleu: Unicode white space splits") {
  CHECK(corpus_bleu({"a b c d"}, {{"a\u00A0b\u3000c\td\n"}}).score == 100);
}

TEST_CASE("bleu: what cannot be scored is refused with its values") {
  CHECK_THROWS_WITH_AS(corpus_bleu({"a", "b"}, {{"a"}}), Contains("2 hypotheses, but reference set 0 has 1"),
                       Error);
  CHECK_THROWS_WITH_AS(corpus_bleu({}, {Sentences{}}), Contains("no sentences"), Error);
  CHECK_THROWS_WITH_AS(corpus_bleu({"a"}, {}), Contains("no references"), Error);
  CHECK_THROWS_WITH_AS(corpus_bleu({"a"}, {{"caf\xE9"}}), Contains("sentence 0 (from 0) is invalid UTF-8"),
                       Error);
  CHECK_THROWS_WITH_AS(corpus_bleu({"a"}, {{"a"}}, {.max_order = 0}), Contains("max_order is 0"), Error);
  CHECK_THROWS_AS(corpus_bleu({"a"}, {{"a"}}, {.smooth_value = -1}), Error);
  CHECK_THROWS_WITH_AS(bleu_score({{1, 1}, {1, 1}, 2, 2}), Contains("max_order is 4"), Error);
  CHECK_THROWS_WITH_AS(bleu_score({{3}, {2}, 2, 2}, {.max_order = 1}), Contains("3 matches among 2"), Error);
}
