// Text files read line by line, parallel corpora, and the filter on sentence lengths.
#pragma once
#include <gradus/data/tokenizer.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gradus {

/// Bytes of a line at most: what is longer is no text of sentences.
inline constexpr std::size_t longest_line = std::size_t{1} << 20;

/// U+FEFF, which some programs write at the start of UTF-8 files.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Takes off what is no text of a line: a "\r" at its end and, from line `number` 1, a byte order mark.
void drop_line_decoration(std::string& line, std::size_t number);

/// The lines of a UTF-8 text file, without their ends.
///
/// Lines end with "\n" or "\r\n", the last one with or without; a byte order mark at the start is dropped;
/// all else is kept as it stands (empty lines, U+00A0). The file is read as a stream.
/// Throws Error, naming the file and where it applies the line (from 1) and the byte offset in it (from 0),
/// when the file is missing, a directory, unreadable or empty, is not strict UTF-8, holds a NUL byte, or a
/// line of more than `longest_line` bytes.
std::vector<std::string> read_lines(const std::string& path);

/// The same from a file that is open, as standard input is; messages call it `name`.
std::vector<std::string> read_lines(std::FILE* file, const std::string& name);

/// Sentences and their translations: `source[i]` goes with `target[i]`.
struct ParallelCorpus {
  std::vector<std::string> source;
  std::vector<std::string> target;

  std::int64_t size() const { return static_cast<std::int64_t>(source.size()); }
};

/// A corpus from two files in which line i of one is the translation of line i of the other.
/// Throws Error as `read_lines` does, and when the files have different numbers of lines.
ParallelCorpus read_parallel(const std::string& source_path, const std::string& target_path);

/// A corpus from one file whose every line is a source sentence, one tab and its translation.
/// Throws Error as `read_lines` does, and for a line that has not exactly one tab.
ParallelCorpus read_tsv(const std::string& path);

/// Bounds on the sentence pairs to keep. Lengths are counted in tokens, on each side.
struct LengthFilter {
  std::int64_t min_length = 1;  // at least this many; 1 drops pairs with an empty side
  std::int64_t max_length = 0;  // at most this many; 0: no limit
  double max_ratio = 0;         // at most this many times as long as the other side; 0: no limit
};

/// What a length filter did. A dropped pair is counted once, under the first reason that holds.
struct FilterReport {
  std::int64_t kept = 0;
  std::int64_t dropped_empty = 0;  // a side without a token, with a min_length of at least 1
  std::int64_t dropped_short = 0;  // a side below min_length
  std::int64_t dropped_long = 0;   // a side above max_length
  std::int64_t dropped_ratio = 0;  // one side more than max_ratio times as long as the other

  std::int64_t dropped() const { return dropped_empty + dropped_short + dropped_long + dropped_ratio; }
  /// One line: `kept 97 of 100 pairs; dropped 1 empty, 0 too short, 2 too long, 0 by length ratio`.
  std::string describe() const;
};

struct FilteredCorpus {
  ParallelCorpus corpus;
  std::vector<std::int64_t> kept;  // its pairs, as indices into the corpus that was filtered
  FilterReport report;
};

/// The pairs of `corpus` that lie within the bounds of `filter`, in their order, with the tokens of the two
/// tokenizers counted. Throws Error for bounds that make no sense (negative, maximum below minimum, a ratio
/// below 1).
FilteredCorpus filter_by_length(ParallelCorpus corpus, const LengthFilter& filter,
                                const Tokenizer& source_tokenizer, const Tokenizer& target_tokenizer);
/// The same by lengths that are known, one for every sentence of either side.
FilteredCorpus filter_by_length(ParallelCorpus corpus, const LengthFilter& filter,
                                std::span<const std::int64_t> source_lengths,
                                std::span<const std::int64_t> target_lengths);

}  // namespace gradus
