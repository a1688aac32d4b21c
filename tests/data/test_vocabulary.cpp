#include <doctest/doctest.h>
#include <gradus/data/vocabulary.h>
#include <gradus/tensor/error.h>
#include <gradus/tests/data/temporary_folder.h>

#include <filesystem>
#include <limits>

using namespace gradus;
using doctest::Contains;
using gradus::test::TemporaryFolder;
using Tokens = std::vector<std::string>;
using Ids = std::vector<std::int64_t>;

namespace {

Tokens table(const Vocabulary& vocabulary) {
  Tokens tokens;
  for (std::int64_t id = 0; id < vocabulary.size(); ++id) tokens.push_back(vocabulary.token(id));
  return tokens;
}

TokenCounts counts_of(const std::vector<Tokens>& sentences) {
  TokenCounts counts;
  for (const Tokens& sentence : sentences) count_tokens(sentence, counts);
  return counts;
}

}  // namespace

TEST_CASE("vocabulary: tokens stand behind the specials by frequency, then by bytes") {
  const TokenCounts counts = counts_of({{"b", "a", "é", "z"}, {"b", "a", "我"}, {"Z"}});
  CHECK(counts.at("b") == 2);
  const Vocabulary vocabulary(counts);
  CHECK(table(vocabulary) == Tokens{"<pad>", "<unk>", "<s>", "</s>", "a", "b", "Z", "z", "é", "我"});
  CHECK(vocabulary.id("a") == 4);
  CHECK(vocabulary.id("我") == 9);
  CHECK(vocabulary.id("never seen") == Vocabulary::unknown);
  CHECK(table(Vocabulary()) == Tokens{"<pad>", "<unk>", "<s>", "</s>"});
}

TEST_CASE("vocabulary: rare tokens and those beyond the size are left out") {
  const TokenCounts counts{{"once", 1}, {"twice", 2}, {"thrice", 3}, {"also", 2}};
  CHECK(table(Vocabulary(counts, {.min_frequency = 2})) ==
        Tokens{"<pad>", "<unk>", "<s>", "</s>", "thrice", "also", "twice"});
  CHECK(table(Vocabulary(counts, {.max_size = 6})) ==
        Tokens{"<pad>", "<unk>", "<s>", "</s>", "thrice", "also"});
  CHECK(Vocabulary(counts, {.max_size = 4}).size() == 4);
  CHECK(Vocabulary(counts, {.max_size = 100}).size() == 8);
}

TEST_CASE("vocabulary: a special's string in a text is unknown") {
  const Vocabulary vocabulary(TokenCounts{{"<pad>", 9}, {"</s>", 9}, {"<s>", 9}, {"<unk>", 9}, {"a", 1}});
  CHECK(table(vocabulary) == Tokens{"<pad>", "<unk>", "<s>", "</s>", "a"});
  CHECK(vocabulary.encode(Tokens{"a", "<pad>", "<s>", "</s>", "<unk>"}) == Ids{4, 1, 1, 1, 1});
}

TEST_CASE("vocabulary: encoding adds nothing, decoding stops at the end and leaves out padding") {
  const Vocabulary vocabulary(TokenCounts{{"je", 2}, {"t'aime", 1}});
  CHECK(vocabulary.encode(Tokens{"je", "t'aime", "fort"}) == Ids{4, 5, 1});
  CHECK(vocabulary.encode(Tokens{}).empty());
  CHECK(vocabulary.decode(Ids{2, 4, 0, 1, 5, 3, 4, 99}) == Tokens{"je", "<unk>", "t'aime"});
  CHECK(vocabulary.decode(Ids{}).empty());
}

TEST_CASE("vocabulary: an id out of range is an error with both values") {
  const Vocabulary vocabulary;
  CHECK_THROWS_WITH_AS(vocabulary.token(4),
                       "[vocabulary.token] id 4 is out of range; the ids of this vocabulary are 0 to 3",
                       Error);
  CHECK_THROWS_AS(vocabulary.token(-1), Error);
  CHECK_THROWS_AS(vocabulary.decode(Ids{std::numeric_limits<std::int64_t>::min()}), Error);
}

TEST_CASE("vocabulary: options and tokens that cannot be are refused") {
  CHECK_THROWS_WITH_AS(Vocabulary(TokenCounts{}, {.max_size = 3}), Contains("max_size is 3"), Error);
  CHECK_THROWS_WITH_AS(Vocabulary(TokenCounts{}, {.max_size = -1}), Contains("max_size is -1"), Error);
  CHECK_THROWS_WITH_AS(Vocabulary(TokenCounts{}, {.min_frequency = -2}), Contains("min_frequency is -2"),
                       Error);
  CHECK_THROWS_WITH_AS(Vocabulary(TokenCounts{{"", 1}}), Contains("empty"), Error);
  CHECK_THROWS_WITH_AS(Vocabulary(TokenCounts{{"a\nb", 1}}), Contains("line break"), Error);
  CHECK_THROWS_WITH_AS(Vocabulary(TokenCounts{{"a\xFF", 1}}), Contains("byte offset 1"), Error);
  CHECK_THROWS_WITH_AS(Vocabulary(TokenCounts{{std::string("ab\0", 3), 1}}), Contains("byte offset 2"),
                       Error);
}

TEST_CASE("vocabulary: a saved table is read back, and nothing is left beside it") {
  const TemporaryFolder folder;
  const Vocabulary vocabulary(TokenCounts{{"我", 3}, {"▁", 2}, {"a b", 1}, {"\uFEFF", 1}});
  vocabulary.save(folder.path("vocabulary.txt"));
  CHECK(folder.read("vocabulary.txt") == "<pad>\n<unk>\n<s>\n</s>\n我\n▁\na b\n\uFEFF\n");
  CHECK(folder.file_count() == 1);
  const Vocabulary loaded = Vocabulary::load(folder.path("vocabulary.txt"));
  CHECK(table(loaded) == table(vocabulary));
  CHECK(loaded.id("a b") == vocabulary.id("a b"));
  Vocabulary().save(folder.path("vocabulary.txt"));  // replaces
  CHECK(Vocabulary::load(folder.path("vocabulary.txt")).size() == 4);
}

TEST_CASE("vocabulary: a failed save is an error and leaves nothing half-written") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(Vocabulary().save(folder.path("missing/vocabulary.txt")), Contains("No such file"),
                       Error);
  std::filesystem::create_directory(folder.path("taken"));
  CHECK_THROWS_WITH_AS(Vocabulary().save(folder.path("taken")), Contains("cannot replace"), Error);
  CHECK(folder.file_count() == 1);
}

TEST_CASE("vocabulary: a file that is no table is refused with its line") {
  const TemporaryFolder folder;
  const auto load = [&](std::string_view text) { return Vocabulary::load(folder.write("v.txt", text)); };
  CHECK_THROWS_WITH_AS(load("<pad>\n<unk>\n</s>\n<s>\n"), Contains("line 3 is \"</s>\""), Error);
  CHECK_THROWS_WITH_AS(load("<pad>\n<unk>\n"), Contains("line 3 is missing"), Error);
  CHECK_THROWS_WITH_AS(load("a\n"), Contains("line 1 is \"a\""), Error);
  CHECK_THROWS_WITH_AS(load("<pad>\n<unk>\n<s>\n</s>\na\nb\na\n"),
                       Contains("line 7 repeats the token \"a\" of line 5"), Error);
  CHECK_THROWS_WITH_AS(load("<pad>\n<unk>\n<s>\n</s>\na\n<s>\n"),
                       Contains("line 6 repeats the token \"<s>\" of line 3"), Error);
  CHECK_THROWS_WITH_AS(load("<pad>\n<unk>\n<s>\n</s>\na\n\nb\n"), Contains("line 6 is empty"), Error);
  CHECK_THROWS_WITH_AS(load("<pad>\n<unk>\n<s>\n</s>\n\xFF\n"), Contains("line 5, byte offset 0"), Error);
  CHECK_THROWS_WITH_AS(load("<pad>\n<unk>\n<s>\n</s>\na\r\r\n"), Contains("line 5 has a carriage return"), Error);
  CHECK_THROWS_WITH_AS(load("<pad>\n\x1b[2J\n"), Contains("line 2 is \"\\x1b[2J\""), Error);
  CHECK_THROWS_WITH_AS(load("<pad>\n<unk>\n<s>\n</s>\n\x1b\n\x1b\n"), Contains("repeats the token \"\\x1b\" of"), Error);
  CHECK_THROWS_WITH_AS(load(""), Contains("is empty"), Error);
  CHECK_THROWS_AS(Vocabulary::load(folder.path("none.txt")), Error);
  CHECK(load("<pad>\r\n<unk>\r\n<s>\r\n</s>\r\na").id("a") == 4);
}
