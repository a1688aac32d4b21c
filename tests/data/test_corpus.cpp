#include <doctest/doctest.h>
#include <gradus/data/corpus.h>
#include <gradus/tensor/error.h>
#include <gradus/tests/data/temporary_folder.h>

#include <filesystem>
#include <limits>

using namespace gradus;
using doctest::Contains;
using gradus::test::TemporaryFolder;
using Lines = std::vector<std::string>;

namespace {

// Both sides tokenised by words.
FilteredCorpus filtered(const ParallelCorpus& corpus, const LengthFilter& filter) {
  return filter_by_length(corpus, filter, Tokenizer{Tokenizer::words}, Tokenizer{Tokenizer::words});
}

}  // namespace

TEST_CASE("corpus: lines end with either line end, the last with or without") {
  const TemporaryFolder folder;
  const auto lines = [&](std::string_view text) { return read_lines(folder.write("text", text)); };
  CHECK(lines("a\nb\n") == Lines{"a", "b"});
  CHECK(lines("a\nb") == Lines{"a", "b"});
  CHECK(lines("a\r\nb\r\n") == Lines{"a", "b"});
  CHECK(lines("\n\na\n\n") == Lines{"", "", "a", ""});
  CHECK(lines("\n") == Lines{""});
  CHECK(lines("a\rb\n") == Lines{"a\rb"});
  CHECK(lines("a\u2028b\u0085c\n") == Lines{"a\u2028b\u0085c"});
}

TEST_CASE("corpus: a byte order mark is dropped at the start alone, no-break spaces are kept") {
  const TemporaryFolder folder;
  CHECK(read_lines(folder.write("text", "\uFEFFa\n\uFEFFb\u00A0!\n")) == Lines{"a", "\uFEFFb\u00A0!"});
}

TEST_CASE("corpus: files that cannot be read are errors that name them") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(read_lines(folder.path("none")), Contains("No such file"), Error);
  CHECK_THROWS_WITH_AS(read_lines(folder.path("none")), Contains(folder.path("none").c_str()), Error);
  CHECK_THROWS_WITH_AS(read_lines(folder.path("")), Contains("directory"), Error);
  CHECK_THROWS_WITH_AS(read_lines(""), Contains("cannot open \"\""), Error);
  CHECK_THROWS_WITH_AS(read_lines(folder.write("empty", "")), Contains("is empty"), Error);
  CHECK_THROWS_WITH_AS(read_lines(folder.write("mark", "\uFEFF")), Contains("is empty"), Error);
}

TEST_CASE("corpus: bytes that are no UTF-8 text are errors with line and byte offset") {
  const TemporaryFolder folder;
  const auto lines = [&](std::string_view text) { return read_lines(folder.write("text", text)); };
  CHECK_THROWS_WITH_AS(lines("ok\ncaf\xE9 noir\n"),
                       Contains("line 2, byte offset 3: byte 0xE9 is invalid UTF-8"), Error);
  CHECK_THROWS_WITH_AS(lines("\xEF\xBB\xBF\xC3"), Contains("line 1, byte offset 3: byte 0xC3"), Error);
  CHECK_THROWS_WITH_AS(lines(std::string_view("\xFF\xFE\x61\x00", 4)), Contains("line 1, byte offset 0"),
                       Error);
  CHECK_THROWS_WITH_AS(lines(std::string_view("ok\na\0b\n", 7)), Contains("line 2, byte offset 1: byte 0x00"),
                       Error);
}

TEST_CASE("corpus: a line without end is refused before it fills the memory") {
  const TemporaryFolder folder;
  const std::string line(std::size_t{1} << 20, 'a');
  CHECK(read_lines(folder.write("long", line + "\nb")).size() == 2);
  CHECK_THROWS_WITH_AS(read_lines(folder.write("longer", "b\n" + line + "a\n")),
                       Contains("line 2 is longer than 1048576 bytes"), Error);
  CHECK_THROWS_WITH_AS(read_lines("/dev/zero"), Contains("line 1 is longer"), Error);
}

TEST_CASE("corpus: two aligned files are read, empty lines kept") {
  const TemporaryFolder folder;
  const ParallelCorpus corpus =
      read_parallel(folder.write("en", "I love you\n\nhi"), folder.write("zh", "我爱你\r\n好\r\n\r\n"));
  CHECK(corpus.size() == 3);
  CHECK(corpus.source == Lines{"I love you", "", "hi"});
  CHECK(corpus.target == Lines{"我爱你", "好", ""});
}

TEST_CASE("corpus: files of different line counts are refused with both counts") {
  const TemporaryFolder folder;
  const std::string en = folder.write("en", "a\nb\nc\n"), fr = folder.write("fr", "a\nb");
  CHECK_THROWS_WITH_AS(read_parallel(en, fr), Contains("en\" has 3 lines"), Error);
  CHECK_THROWS_WITH_AS(read_parallel(en, fr), Contains("fr\" has 2"), Error);
  CHECK_THROWS_WITH_AS(read_parallel(en, folder.write("none", "")), Contains("none\" is empty"), Error);
}

TEST_CASE("corpus: a TSV file has exactly one tab a line") {
  const TemporaryFolder folder;
  const auto read = [&](std::string_view text) { return read_tsv(folder.write("pairs.tsv", text)); };
  const ParallelCorpus corpus = read("\uFEFFI love you\tje t'aime\r\nhi\t\n\tsalut");
  CHECK(corpus.source == Lines{"I love you", "hi", ""});
  CHECK(corpus.target == Lines{"je t'aime", "", "salut"});
  CHECK_THROWS_WITH_AS(read("a\tb\na b\n"), Contains("line 2 has 0 tabs"), Error);
  CHECK_THROWS_WITH_AS(read("a\tb\tc\n"), Contains("line 1 has 2 tabs"), Error);
  CHECK_THROWS_WITH_AS(read("a\tb\n\n"), Contains("line 2 has 0 tabs"), Error);
}

TEST_CASE("corpus: the length filter keeps what lies within its bounds and counts the rest by reason") {
  const ParallelCorpus corpus{{"a b", "", "a", "a b c d", "a b c", "a b c", "  \u00A0"},
                              {"x", "x", "x y", "x y z", "x", "x y", "x"}};
  const FilteredCorpus kept = filtered(corpus, {.max_length = 3, .max_ratio = 2});
  CHECK(kept.corpus.source == Lines{"a b", "a", "a b c"});
  CHECK(kept.corpus.target == Lines{"x", "x y", "x y"});
  CHECK(kept.report.kept == 3);
  CHECK(kept.report.dropped_empty == 2);
  CHECK(kept.report.dropped_short == 0);
  CHECK(kept.report.dropped_long == 1);
  CHECK(kept.report.dropped_ratio == 1);
  CHECK(kept.report.describe() ==
        "kept 3 of 7 pairs; dropped 2 empty, 0 too short, 1 too long, 1 by length ratio");
}

TEST_CASE("corpus: the default filter drops empty sentences only, no filter drops nothing") {
  const ParallelCorpus corpus{{"a", "", "b"}, {"x", "y", ""}};
  CHECK(filtered(corpus, {}).report.describe() ==
        "kept 1 of 3 pairs; dropped 2 empty, 0 too short, 0 too long, 0 by length ratio");
  CHECK(filtered(corpus, {.min_length = 0}).report.kept == 3);
  CHECK(filtered(corpus, {.min_length = 2}).report.dropped_short == 1);
  CHECK(filtered({}, {}).corpus.size() == 0);
}

TEST_CASE("corpus: each side is counted with its own tokenizer") {
  const ParallelCorpus corpus{{"I love programming"}, {"我爱编程"}};
  const Tokenizer words{Tokenizer::words}, characters{Tokenizer::characters};
  CHECK(filter_by_length(corpus, {.max_length = 3}, words, words).report.kept == 1);
  CHECK(filter_by_length(corpus, {.max_length = 3}, words, characters).report.dropped_long == 1);
}

TEST_CASE("corpus: bounds that make no sense are refused") {
  CHECK_THROWS_WITH_AS(filtered({}, {.min_length = -1}), Contains("min_length is -1"), Error);
  CHECK_THROWS_WITH_AS(filtered({}, {.max_length = -1}), Contains("max_length is -1"), Error);
  CHECK_THROWS_WITH_AS(filtered({}, {.min_length = 5, .max_length = 4}), Contains("max_length 4 is below"),
                       Error);
  CHECK_THROWS_WITH_AS(filtered({}, {.max_ratio = 0.5}), Contains("max_ratio is 0.5"), Error);
  CHECK_THROWS_AS(filtered({}, {.max_ratio = std::numeric_limits<double>::quiet_NaN()}), Error);
  CHECK_THROWS_WITH_AS(filtered({{"a", "b"}, {"x"}}, {}), Contains("2 source and 1 target"), Error);
}
