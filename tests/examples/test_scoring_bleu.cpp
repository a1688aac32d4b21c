// Tokenizers and BLEU, by hand; the scores of sacreBLEU are in test_scoring_vectors.cpp.
#include <doctest/doctest.h>
#include <gradus/tensor/error.h>

#include <cmath>

#include "bleu.h"

using namespace scoring;
using doctest::Contains;
using gradus::Error;

namespace {

const BleuOptions plain{.tokenizer = Tokenizer::none};

/// The tokens with a bar between them.
std::string split(Tokenizer tokenizer, const std::string& segment) {
  std::string text;
  for (const std::string& token : tokenize(tokenizer, segment)) text += (text.empty() ? "" : "|") + token;
  return text;
}

BleuScore score_of(const Lines& hypotheses, const std::vector<Lines>& references,
                   const BleuOptions& options = plain) {
  return corpus_score(Bleu(options), hypotheses, references);
}

}  // namespace

TEST_CASE("scoring: the tokenizer 13a goes on behind what it matched") {
  const auto t = Tokenizer::v13a;
  CHECK(split(t, ".5") == ".|5");     // the dot follows the space at the start, which is no digit
  CHECK(split(t, "1,a") == "1|,|a");  // a comma before a letter
  CHECK(split(t, "a.,b") == "a|.|,|b");
  CHECK(split(t, "1...2") == "1|.|.|.2");  // the second dot follows no digit; the third is before one
  CHECK(split(t, "1-2-3 a-b") == "1|-|2|-|3|a-b");
  CHECK(split(t, "&amp;lt;b&amp;gt;") == "<|b|>");
  CHECK(split(t, "a<skipped>b") == "ab");
  CHECK(split(t, "hy-\nphen\nend") == "hyphen|end");
  CHECK(split(t,
              "a\u3000b\u2028c\x1c"
              "d") == "a|b|c|d");
}

TEST_CASE("scoring: the tokenizer intl knows the punctuation, symbols and numbers of all scripts") {
  const auto t = Tokenizer::international;
  CHECK(split(t, "你好，世界。") == "你好|，|世界|。");
  CHECK(split(t, "12，34") == "12，34");  // between numbers
  CHECK(split(t, "٣٫٥ ½؟") == "٣٫٥|½؟");  // Arabic digits; a mark behind a number at the end
  CHECK(split(t, "a€b±c©") == "a|€|b|±|c|©");
  CHECK(split(t, "don’t «so»") == "don|’|t|«|so|»");
  CHECK(split(t, "x²+y") == "x²|+|y");
  CHECK(split(t, "a_b") == "a|_|b");
  CHECK(split(t, "😀!") == "😀|!");
}

TEST_CASE("scoring: the tokenizer zh sets Chinese characters apart") {
  const auto t = Tokenizer::chinese;
  CHECK(split(t, "我爱GPU，3.5倍。") == "我|爱|GPU|，|3.5|倍|。");
  CHECK(split(t, "a…b—c“d”") == "a|…|b|—|c|“|d|”");
  CHECK(split(t, "\U00020000\U00020001") == "\U00020000\U00020001");
  CHECK(split(t, " .5 5. ") == ".5|5.");  // unlike 13a, for nothing stands at the ends
  CHECK(split(t, "カタカナ ｶﾀ") == "カタカナ|ｶ|ﾀ");
  CHECK(split(t, " \t ") == "");
}

TEST_CASE("scoring: the tokenizers char and none") {
  CHECK(split(Tokenizer::characters, "aé 我\u00A0e\u0301") == "a|é|我|e|\u0301");
  CHECK(split(Tokenizer::none, "a\u00A0b,c &amp;\r") == "a|b,c|&amp;");
  CHECK(tokenizer_names() == std::vector<std::string>{"13a", "intl", "char", "zh", "none"});
  CHECK(find_tokenizer("zh") == Tokenizer::chinese);
  CHECK_FALSE(find_tokenizer("14").has_value());
  CHECK_THROWS_AS(tokenize(Tokenizer::none, "caf\xE9"), Error);
}

TEST_CASE("scoring: other orders and smoothing values of BLEU") {
  const auto score = [](const BleuOptions& options, const Statistics& sum) {
    return Bleu(options).score(sum).score;
  };
  CHECK(score({.max_order = 1}, {67, 69, 55, 67}) == doctest::Approx(79.67533027407899).epsilon(1e-12));
  CHECK(score({.max_order = 6}, {67, 69, 55, 36, 24, 15, 9, 4, 67, 61, 55, 49, 43, 37}) ==
        doctest::Approx(32.70710358885923).epsilon(1e-12));
}

// By hand: "the" occurs 7 times and is clipped to the 2 of the first reference (the example of Papineni et
// al.).
TEST_CASE("scoring: matches are clipped to the reference that has most") {
  const BleuScore bleu =
      score_of({"the the the the the the the"}, {{"the cat is on the mat"}, {"there is a cat on the mat"}});
  CHECK(bleu.counts == std::vector<double>{2, 0, 0, 0});
  CHECK(bleu.totals == std::vector<double>{7, 6, 5, 4});
  CHECK(bleu.reference_length == 7);  // the closest, not the shortest
}

TEST_CASE("scoring: at equal distance the shorter reference counts, in either order") {
  const Lines hypothesis{"a b c"}, two{"a b"}, four{"a b c d"};
  CHECK(score_of(hypothesis, {two, four}).reference_length == 2);
  CHECK(score_of(hypothesis, {four, two}).reference_length == 2);
}

// sacreBLEU leaves such references out (Metric._cache_references); by hand.
TEST_CASE("scoring: an empty line among several references is none") {
  const Lines hypothesis{"d", "a b"}, whole{"d e f", "a b"}, missing{"", " \t"};
  const BleuScore one = score_of(hypothesis, {whole}), two = score_of(hypothesis, {whole, missing});
  CHECK(two.reference_length == 5);
  CHECK(two.score == one.score);
  CHECK(score_of(hypothesis, {missing, whole}).reference_length == 5);
  CHECK(score_of({"a"}, {{""}, {""}}).reference_length == 0);
  CHECK(number_of_references({whole, missing}) == "1");
  CHECK(number_of_references({whole, {"", "a b c"}}) == "var");
  CHECK(number_of_references({whole, whole}) == "2");
  CHECK(number_of_references({missing, missing}) == "1");
}

TEST_CASE("scoring: BLEU of equal texts, of texts without a common word, of nothing") {
  CHECK(score_of({"a b c d e", "f"}, {{"a b c d e", "f"}}).score == 100);
  CHECK(score_of({"a b c d e"}, {{"v w x y z"}}).score == 0);
  const BleuScore empty = score_of({""}, {{"a b"}});
  CHECK(empty.score == 0);
  CHECK(empty.brevity_penalty == 0);
  CHECK(score_of({""}, {{""}}).details() ==
        "0.0/0.0/0.0/0.0 (BP = 1.000 ratio = 0.000 hyp_len = 0 ref_len = 0)");
}

TEST_CASE("scoring: white space at a line's end is no part of it, and Unicode's splits") {
  CHECK(score_of({"a b c d \r"}, {{"a\u00A0b\u3000c\td"}}).score == 100);
  CHECK(score_of({"ΟΔΟΣ ΣΟΦΟΣ."}, {{"οδος σοφος."}}, {.lowercase = true, .max_order = 2}).score == 100);
}

TEST_CASE("scoring: signatures of BLEU") {
  CHECK(Bleu().signature() == "case:mixed|eff:no|tok:13a|smooth:exp");
  CHECK(Bleu({.tokenizer = Tokenizer::chinese,
              .lowercase = true,
              .smoothing = Smoothing::floor,
              .effective_order = true})
            .signature() == "case:lc|eff:yes|tok:zh|smooth:floor[0.10]");
  CHECK(Bleu({.smoothing = Smoothing::add_k}).signature() == "case:mixed|eff:no|tok:13a|smooth:add-k[1.00]");
  CHECK(Bleu({.smoothing = Smoothing::add_k, .smooth_value = 0.125}).signature() ==
        "case:mixed|eff:no|tok:13a|smooth:add-k[0.12]");
}

TEST_CASE("scoring: what BLEU cannot score is refused with its values") {
  CHECK_THROWS_WITH_AS(score_of({"a", "b"}, {{"a"}}), Contains("2 hypotheses, but reference set 0 has 1"),
                       Error);
  CHECK_THROWS_WITH_AS(score_of({}, {Lines{}}), Contains("no sentences"), Error);
  CHECK_THROWS_WITH_AS(score_of({"a"}, {}), Contains("no references"), Error);
  CHECK_THROWS_WITH_AS(Bleu().score(Bleu().statistics("a", {})), Contains("no reference"), Error);
  CHECK_THROWS_WITH_AS(score_of({"a"}, {{"caf\xE9"}}), Contains("invalid UTF-8"), Error);
  CHECK_THROWS_WITH_AS(Bleu({.max_order = 0}), Contains("max_order is 0"), Error);
  CHECK_THROWS_AS(Bleu({.smooth_value = -1}), Error);
  CHECK_THROWS_AS(Bleu({.smooth_value = std::nan("")}), Error);
  CHECK_THROWS_WITH_AS(Bleu().score({2, 2, 1, 1}), Contains("max_order of 4"), Error);
  CHECK_THROWS_WITH_AS(Bleu({.max_order = 1}).score({2, 2, 3, 2}), Contains("3 matches among 2"), Error);
}
