// Pieces of words: learnt, cut, joined, drawn at random.
#include "subword_sampling.h"
#include "subwords.h"
#include "text.h"

#include <gradus/tensor/error.h>
#include <gradus/tests/data/temporary_folder.h>

#include <doctest/doctest.h>

#include <sentencepiece_trainer.h>

#include <cmath>
#include <fstream>
#include <map>

using namespace translation;
using gradus::RandomBits;
using Pieces = std::vector<std::string>;

namespace {

const std::vector<std::string> lines{"der hund sieht die katze",
                                     "die katze sieht den hund",
                                     "ein hund schläft",
                                     "zwei hunde und drei katzen schlafen",
                                     "die hunde sehen eine kleine katze",
                                     "schlafende hunde sieht man nicht"};

std::string joined(const Pieces& pieces) {
  std::string text;
  for (const std::string& piece : pieces) text += (text.empty() ? "" : " ") + piece;
  return text;
}

}  // namespace

TEST_CASE("subwords: what is cut is joined again") {
  for (const SubwordKind kind : {SubwordKind::bpe, SubwordKind::unigram}) {
    CAPTURE(name_of(kind));
    const Subwords subwords = Subwords::learn(lines, kind, 40);
    CHECK(subwords.kind() == kind);
    for (const std::string& line : lines) {
      const Pieces pieces = subwords.tokenize(line);
      CHECK(pieces.size() < line.size());
      CHECK(subwords.detokenize(pieces) == line);
    }
    CHECK(subwords.detokenize(subwords.tokenize("der ▁hund")) == "der hund");
    CHECK(subwords.tokenize("").empty());
    CHECK(subwords.tokenize(" \t\u00a0 ").empty());
    CHECK(subwords.detokenize(subwords.tokenize("  der\u00a0\thund  ")) == "der hund");
    CHECK(subwords.detokenize(subwords.tokenize("Ein 漢字-Hund & 0,5 ﬁ")) == "Ein 漢字-Hund & 0,5 ﬁ");
    // The same lines teach the same pieces.
    CHECK(Subwords::learn(lines, kind, 40).pieces() == subwords.pieces());
    CHECK_THROWS_WITH_AS(subwords.tokenize("gut\xff"), doctest::Contains("UTF-8"), gradus::Error);
  }
  CHECK_THROWS_WITH_AS(Subwords::learn(lines, SubwordKind::bpe, 3), doctest::Contains("3 pieces"),
                       gradus::Error);
  CHECK_THROWS_WITH_AS(Subwords::load("/nowhere/at.all", SubwordKind::bpe),
                       doctest::Contains("/nowhere/at.all"), gradus::Error);
}

TEST_CASE("subwords: without dropout our merges are SentencePiece's") {
  const Subwords subwords = Subwords::learn(lines, SubwordKind::bpe, 45);
  RandomBits random(1);
  for (const std::string& line : lines) CHECK(subwords.sample(line, 0, random) == subwords.tokenize(line));
  for (const std::string line : {"漢字", "ein 漢字hund漢 字 , 字", "漢 字"}) {
    CAPTURE(line);
    CHECK(subwords.sample(line, 0, random) == subwords.tokenize(line));
  }
}

TEST_CASE("subwords: of a model that does not mark the first word of a line") {
  const gradus::test::TemporaryFolder folder;
  std::ofstream(folder.path("text")) << joined(lines) << "\n";
  const auto status = sentencepiece::SentencePieceTrainer::Train(
      "--input=" + folder.path("text") + " --model_prefix=" + folder.path("pieces") +
      " --model_type=bpe --vocab_size=40 --normalization_rule_name=identity --add_dummy_prefix=false "
      "--minloglevel=2");
  REQUIRE(status.ok());
  const Subwords subwords = Subwords::load(folder.path("pieces.model"), SubwordKind::bpe);
  CHECK(subwords.tokenize("hund").front().starts_with("h"));
  RandomBits random(1);
  for (const std::string& line : lines) {
    CHECK(subwords.sample(line, 0, random) == subwords.tokenize(line));
    CHECK(subwords.detokenize(subwords.sample(line, 0.5, random)) == line);
  }
}

TEST_CASE("subwords: merges that are left out now and then") {
  PieceScores pieces;
  for (const char* piece : {"a", "b", "c"}) pieces.add(piece, -9);
  pieces.add("bc", -1);
  pieces.add("ab", -2);
  pieces.add("abc", -3);
  RandomBits random(3);
  CHECK(merge_pieces("abc", pieces, 0, random) == Pieces{"abc"});
  CHECK(merge_pieces("", pieces, 0, random).empty());
  CHECK(merge_pieces("xay", pieces, 0.5, random) == Pieces{"x", "a", "y"});
  // By hand, with p the probability of passing a pair over. First turn: bc is merged with 1 - p, else ab with
  // p (1 - p), else nothing is merged, p^2, and that is the end. Second turn: abc is merged with 1 - p, or
  // not.
  const double p = 0.3;
  std::map<std::string, int> counts;
  const int draws = 40000;
  for (int i = 0; i < draws; ++i) ++counts[joined(merge_pieces("abc", pieces, p, random))];
  const std::map<std::string, double> expected{{"a b c", p * p},
                                               {"a bc", (1 - p) * p},
                                               {"ab c", p * (1 - p) * p},
                                               {"abc", (1 - p) * (1 + p) * (1 - p)}};
  CHECK(counts.size() == expected.size());
  for (const auto& expectation : expected) {
    const auto& way = expectation.first;
    const double share = expectation.second;
    CAPTURE(way);
    CHECK(std::abs(counts[way] / static_cast<double>(draws) - share) < 0.012);  // five standard deviations
  }
}

TEST_CASE("subwords: ways to cut are drawn by their probabilities") {
  PieceScores pieces;
  pieces.add("a", std::log(0.2));
  pieces.add("ab", std::log(0.4));
  pieces.add("b", std::log(0.1));
  pieces.add("ba", std::log(0.3));
  RandomBits random(4);
  for (const double alpha : {1.0, 0.5}) {
    // aba: a|b|a, ab|a, a|ba
    const std::map<std::string, double> weights{{"a b a", std::pow(0.2 * 0.1 * 0.2, alpha)},
                                                {"ab a", std::pow(0.4 * 0.2, alpha)},
                                                {"a ba", std::pow(0.2 * 0.3, alpha)}};
    double total = 0;
    for (const auto& [way, weight] : weights) total += weight;
    std::map<std::string, int> counts;
    const int draws = 40000;
    for (int i = 0; i < draws; ++i) ++counts[joined(draw_pieces("aba", pieces, alpha, random))];
    CHECK(counts.size() == weights.size());
    for (const auto& expectation : weights) {
      const auto& way = expectation.first;
      const double weight = expectation.second;
      CAPTURE(way);
      CHECK(std::abs(counts[way] / static_cast<double>(draws) - weight / total) < 0.0125);
    }
  }
  CHECK(draw_pieces("", pieces, 1, random).empty());
  CHECK(draw_pieces("axä", pieces, 1, random) == Pieces{"a", "x", "ä"});  // no pieces: tokens of their own
}

TEST_CASE("languages of subwords: one vocabulary, stored and read back") {
  const Language language = Language::of_subwords(lines, Subwords::learn(lines, SubwordKind::unigram, 40));
  CHECK(language.token_kind() == "unigram");
  CHECK(language.vocabulary().size() > 4);
  const gradus::test::TemporaryFolder folder;
  const std::string path = folder.path("language");
  language.save(path);
  const Language again = Language::load(path, "unigram");
  CHECK_THROWS_WITH_AS(Subwords::load(path + ".subwords", SubwordKind::bpe),
                       doctest::Contains("is a model of unigram, and bpe was asked for"), gradus::Error);
  for (const std::string& line : lines) {
    CHECK(again.encode(line) == language.encode(line));
    CHECK(language.decode(language.encode(line)) == line);
    RandomBits random(5), same(5);
    const std::vector<std::int64_t> ids = language.sample(line, 0.2, random);
    CHECK(again.sample(line, 0.2, same) == ids);
    CHECK(language.decode(ids) == line);
  }
  CHECK(language.encode("漢")[1] == gradus::Vocabulary::unknown);  // behind the mark of the space
}

TEST_CASE("examples are drawn anew in every epoch, and each the same however often") {
  const Language language = Language::of_subwords(lines, Subwords::learn(lines, SubwordKind::bpe, 45));
  const gradus::ParallelCorpus corpus{lines, lines};
  const auto sources = [](const std::vector<Example>& examples) {
    std::vector<std::vector<std::int64_t>> all;
    for (const Example& example : examples) all.push_back(example.source);
    return all;
  };
  const auto first = sources(sample(corpus, language, language, 0.3, 7, 1));
  CHECK(first == sources(sample(corpus, language, language, 0.3, 7, 1)));
  CHECK(first != sources(sample(corpus, language, language, 0.3, 7, 2)));
  CHECK(first != sources(sample(corpus, language, language, 0.3, 8, 1)));
}
