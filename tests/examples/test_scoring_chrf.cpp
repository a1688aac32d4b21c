// chrF by hand; the scores of sacreBLEU are in test_scoring_vectors.cpp.
#include <doctest/doctest.h>
#include <gradus/tensor/error.h>

#include "chrf.h"

using namespace scoring;
using doctest::Approx;
using doctest::Contains;
using gradus::Error;

namespace {

double score_of(const ChrfOptions& options, const Lines& hypotheses, const std::vector<Lines>& references) {
  return corpus_score(Chrf(options), hypotheses, references).score;
}

}  // namespace

// Orders 1 and 2 of "aab" and "abb": a matches 1, b 1 of 3 and 3; ab 1 of 2 and 2.
TEST_CASE("scoring: chrF by hand") {
  const ChrfOptions two{.char_order = 2};
  CHECK(Chrf(two).statistics("aab", Lines{"abb"}) == Statistics{3, 3, 2, 2, 2, 1});
  CHECK(score_of(two, {"aab"}, {{"abb"}}) == Approx(100 * (2. / 3 + 1. / 2) / 2));
  // Precision 1/2, recall 1: (1 + 4) (1/2) / (4/2 + 1) = 5/6.
  CHECK(score_of({.char_order = 1}, {"ab"}, {{"a"}}) == Approx(500. / 6));
  CHECK(score_of({.char_order = 1, .beta = 1}, {"ab"}, {{"a"}}) == Approx(200. / 3));
}

TEST_CASE("scoring: n-grams of an order that the reference of a segment lacks do not count") {
  const Chrf chrf({.char_order = 2});
  CHECK(chrf.statistics("abc", Lines{"a"}) == Statistics{3, 1, 1, 0, 0, 0});
  CHECK(chrf.statistics("a", Lines{"abc"}) == Statistics{1, 3, 1, 0, 2, 0});
}

TEST_CASE("scoring: the mean over the orders that there are, or over all") {
  CHECK(score_of({}, {"a"}, {{"a"}}) == 100);
  CHECK(score_of({.eps_smoothing = true}, {"a"}, {{"a"}}) == Approx(100. / 6));
  CHECK(score_of({.eps_smoothing = true}, {"a b c"}, {{"abc"}}) == Approx(50));
  CHECK(score_of({.whitespace = true}, {"a b c"}, {{"abc"}}) < 50);
  CHECK(score_of({}, {""}, {{"abc"}}) == 0);
  CHECK(score_of({}, {""}, {{""}}) == 0);
}

TEST_CASE("scoring: words of chrF++ give one punctuation mark off") {
  // Statistics of words stand behind those of characters.
  const auto words = [](const std::string& text) {
    return Chrf({.char_order = 1, .word_order = 1}).statistics(text, Lines{text}).at(3);
  };
  CHECK(words("end.") == 2);
  CHECK(words("(so)") == 2);  // ")" goes, "(" stays
  CHECK(words("\"so") == 2);
  CHECK(words("...") == 2);
  CHECK(words(".") == 1);
  CHECK(words("Zitat“ „") == 2);  // ASCII alone
  CHECK(words("a b-c it's") == 3);
}

TEST_CASE("scoring: chrF takes the best reference for a segment") {
  const Chrf chrf({.char_order = 1});
  CHECK(chrf.statistics("abc", Lines{"xyz", "abd", "axy"}) == Statistics{3, 3, 2});
  CHECK(chrf.statistics("abc", Lines{"abx", "aby"}) == Statistics{3, 3, 2});
}

TEST_CASE("scoring: names, signatures and options of chrF") {
  CHECK(Chrf().name() == "chrF2");
  CHECK(Chrf({.word_order = 1, .beta = 3}).name() == "chrF3+");
  CHECK(Chrf({.word_order = 2}).name() == "chrF2++");
  CHECK(Chrf({.word_order = 3, .beta = 1}).name() == "chrF1+++");
  CHECK(Chrf({.word_order = 2}).signature() == "case:mixed|eff:yes|nc:6|nw:2|space:no");
  CHECK(Chrf({.lowercase = true, .whitespace = true, .eps_smoothing = true}).signature() ==
        "case:lc|eff:no|nc:6|nw:0|space:yes");
  CHECK_THROWS_WITH_AS(Chrf({.char_order = 0}), Contains("char_order is 0"), Error);
  CHECK_THROWS_WITH_AS(Chrf({.word_order = -1}), Contains("word_order is -1"), Error);
  CHECK_THROWS_WITH_AS(Chrf({.beta = 0}), Contains("beta is 0"), Error);
  CHECK_THROWS_WITH_AS(Chrf().score({1, 2, 3}), Contains("18"), Error);
}
