// TER by hand; the scores of sacreBLEU are in test_scoring_vectors.cpp.
#include <doctest/doctest.h>
#include <gradus/tensor/error.h>

#include <numeric>

#include "edit_distance.h"
#include "shifts.h"
#include "ter.h"

using namespace scoring;

namespace {

/// The tokens with single spaces.
std::string tokens(const TerOptions& options, const std::string& segment) {
  std::string text;
  for (const std::string& token : Ter(options).tokens(segment)) text += (text.empty() ? "" : " ") + token;
  return text;
}

Sequence row(std::uint32_t first, std::size_t length) {
  Sequence words(length);
  std::iota(words.begin(), words.end(), first);
  return words;
}

Sequence joined(std::initializer_list<Sequence> parts) {
  Sequence words;
  for (const Sequence& part : parts) words.insert(words.end(), part.begin(), part.end());
  return words;
}

}  // namespace

TEST_CASE("scoring: edits by hand") {
  CHECK(count_edits({1, 2, 3}, {1, 2, 3}) == 0);
  CHECK(count_edits({4, 5, 6}, {1, 2, 3}) == 3);
  CHECK(count_edits({}, {1, 2}) == 2);
  CHECK(count_edits({1, 2}, {}) == 2);
  CHECK(count_edits({}, {}) == 0);
  CHECK(count_edits({1, 3}, {1, 2, 3}) == 1);
  CHECK(count_edits({4, 5, 6, 7, 8, 1, 2, 3}, {1, 2, 3, 4, 5, 6, 7, 8}) == 1);  // one shift
  CHECK(count_edits({2, 1, 4, 3}, {1, 2, 3, 4}) == 2);                          // two
  CHECK(count_edits({3, 1, 2, 9}, {1, 2, 3, 4}) == 2);                          // one, and a word replaced
}

// A row of 11 words takes two shifts where one of 10 takes one: both halves of 22 are 11 and 10 long.
TEST_CASE("scoring: a shift moves at most 10 words by at most 50") {
  CHECK(count_edits(joined({row(20, 10), row(0, 10)}), joined({row(0, 10), row(20, 10)})) == 1);
  CHECK(count_edits(joined({row(20, 11), row(0, 11)}), joined({row(0, 11), row(20, 11)})) == 2);
  const Sequence far = row(100, 50), further = row(100, 51), one{1};
  CHECK(count_edits(joined({one, far}), joined({far, one})) == 1);
  CHECK(count_edits(joined({one, further}), joined({further, one})) == 2);
}

// 30 words too many at the front lie outside the beam of 25 on equally long texts.
TEST_CASE("scoring: the beam of the edit distance") {
  const Sequence reference = row(0, 60);
  const auto distance = [&](std::size_t by) {
    const Sequence hypothesis = joined({row(100, by), row(0, 60 - by)});
    return EditDistance(reference, 60)(hypothesis);
  };
  CHECK(distance(20) == 40);
  CHECK(distance(25) == 50);
  CHECK(distance(30) == 60);
}

// Two words alone give many candidates. The expected edits come from a plain model of the rules, in Python;
// it gives 6 for both with a limit of 900.
TEST_CASE("scoring: the search for shifts ends after 1000 candidates") {
  const auto edits = [](std::uint32_t modulus, std::uint32_t length) {
    Sequence hypothesis, reference;
    for (std::uint32_t i = 0; i < length; ++i) {
      hypothesis.push_back(i * i % modulus % 2);
      reference.push_back((i * i + i) % modulus % 2);
    }
    return count_edits(hypothesis, reference);
  };
  CHECK(edits(29, 22) == 4);
  CHECK(edits(31, 22) == 5);
  CHECK(edits(37, 23) == 5);
}

TEST_CASE("scoring: texts of very different lengths") {
  CHECK(count_edits({250}, row(0, 300)) == 299);
  CHECK(count_edits({5}, row(0, 300)) == 300);  // the beam about the end is 175 words wide
  CHECK(count_edits(row(0, 300), {5}) == 299);
  CHECK(count_edits(row(0, 3), row(1000, 500)) == 500);
}

TEST_CASE("scoring: the edit distance goes on from what two hypotheses share") {
  const Sequence reference{1, 2, 3, 4};
  EditDistance distance(reference, 4);
  CHECK(distance({1, 2, 4, 3}) == 2);
  CHECK(distance({1, 2, 3, 4}) == 0);
  CHECK(distance({1, 2, 3, 9}) == 1);
  CHECK(distance.path() == std::vector<Edit>{Edit::keep, Edit::keep, Edit::keep, Edit::substitute});
  CHECK(distance({9, 1, 2, 3}) == 2);
  CHECK(distance.path() == std::vector<Edit>{Edit::drop, Edit::keep, Edit::keep, Edit::keep, Edit::add});
}

// Dropping the first word and replacing the second is as good as the other way round.
TEST_CASE("scoring: of equally good edits the replacement comes last") {
  const Sequence reference{3};
  EditDistance distance(reference, 2);
  CHECK(distance({1, 2}) == 2);
  CHECK(distance.path() == std::vector<Edit>{Edit::drop, Edit::substitute});
}

TEST_CASE("scoring: tokens of TER") {
  CHECK(tokens({}, "A B C D.") == "a b c d.");
  CHECK(tokens({.case_sensitive = true}, "A  B\u00A0C \r") == "A B C");
  CHECK(tokens({.no_punct = true}, "A ; B ) C : D. \"e\" (f)?! -") == "a b c d e f -");
  CHECK(tokens({.normalized = true}, "Jim's car (new): 4.2, &quot;x&quot; 3-5 the boss's") ==
        "jim 's car ( new ) : 4.2 , \" x \" 3 - 5 the boss 's");
  CHECK(tokens({.normalized = true}, "1999.") == "1999 .");
  CHECK(tokens({.normalized = true, .no_punct = true}, "Ende.") == "ende");
}

TEST_CASE("scoring: Asian text in TER") {
  const TerOptions asian{.normalized = true, .asian_support = true};
  CHECK(tokens(asian, "我们，走吧。") == "我 们 ， 走 吧 。");
  CHECK(tokens(asian, "りの拳銃を持つ") == "りの 拳 銃 を 持 つ");
  CHECK(tokens(asian, "㈱㍿ ・a") == "㈱ ㍿ ・ a");
  CHECK(tokens({.asian_support = true}, "我们，走") == "我们，走");
  CHECK(tokens({.no_punct = true, .asian_support = true}, "我们，走（吧）。「a」") == "我们走吧a");
}

TEST_CASE("scoring: TER over several references and over nothing") {
  const Ter ter;
  CHECK(ter.statistics("a b c", Lines{"a b", "a b c d"}) == Statistics{1, 3});
  CHECK(ter.statistics("a b", Lines{"a b c d", ""}) ==
        Statistics{2, 4});  // an empty one among others is none
  CHECK(ter.statistics("a b", Lines{"", ""}) == Statistics{2, 0});
  CHECK(ter.score({3, 2}).score == 150);
  CHECK(ter.score({3, 0}).score == 100);
  CHECK(ter.score({0, 0}).score == 0);
  CHECK(corpus_score(ter, {"", "a"}, {{"", "A"}}).score == 0);
  CHECK_THROWS_AS(ter.score({1}), gradus::Error);
  CHECK(Ter().signature() == "case:lc|tok:tercom|norm:no|punct:yes|asian:no");
  CHECK(Ter({.case_sensitive = true, .normalized = true, .no_punct = true, .asian_support = true})
            .signature() == "case:mixed|tok:tercom|norm:yes|punct:no|asian:yes");
}
