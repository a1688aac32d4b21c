#include <gradus/data/corpus.h>
#include <gradus/data/utf8.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace gradus {
namespace {

std::string at_line(const std::string& path, std::size_t number) {
  return "\"" + path_text(path) + "\", line " + std::to_string(number);
}

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File open_text(const std::string& path) {
  File file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) throw Error("read_lines", "cannot open \"" + path_text(path) + "\": " + std::strerror(errno));
  return file;
}

// Reads up to the next "\n" or the end of the file; false when nothing is left. Never takes more than
// `longest_line` bytes, whatever the file holds.
bool next_line(std::FILE* file, std::string& line, const std::string& path, std::size_t number) {
  line.clear();
  int byte = std::getc(file);
  if (byte == EOF && std::feof(file)) return false;
  for (; byte != EOF && byte != '\n'; byte = std::getc(file)) {
    if (line.size() == longest_line) {
      throw Error("read_lines", at_line(path, number) + " is longer than " + std::to_string(longest_line) +
                                    " bytes; is it a text file with one sentence a line?");
    }
    line.push_back(static_cast<char>(byte));
  }
  if (std::ferror(file))
    throw Error("read_lines", "cannot read \"" + path_text(path) + "\": " + std::strerror(errno));
  return true;
}

void check_text(const std::string& line, const std::string& path, std::size_t number) {
  const std::optional<std::size_t> invalid = find_invalid_utf8(line);
  const std::size_t nul = line.find('\0');
  if (!invalid && nul == std::string::npos) return;
  const std::size_t offset = std::min(invalid.value_or(nul), nul);
  char byte[8];
  std::snprintf(byte, sizeof byte, "0x%02X", static_cast<unsigned char>(line[offset]));
  throw Error("read_lines", at_line(path, number) + ", byte offset " + std::to_string(offset) + ": byte " +
                                byte + (offset == nul ? " is no text" : " is invalid UTF-8") +
                                "; convert the file to UTF-8 (for example with iconv)");
}

void check_filter(const LengthFilter& filter) {
  const auto fail = [](const std::string& message) { throw Error("filter_by_length", message); };
  const std::string minimum = std::to_string(filter.min_length), maximum = std::to_string(filter.max_length);
  if (filter.min_length < 0) fail("min_length is " + minimum + "; it has to be 0 or more");
  if (filter.max_length < 0) fail("max_length is " + maximum + "; it has to be 0 (no limit) or more");
  if (filter.max_length > 0 && filter.max_length < filter.min_length) {
    fail("max_length " + maximum + " is below min_length " + minimum + ": no pair could be kept");
  }
  if (filter.max_ratio != 0 && !(filter.max_ratio >= 1)) {
    fail("max_ratio is " + std::to_string(filter.max_ratio) + "; it has to be 0 (no limit), or 1 or more");
  }
}

// Counts a pair of these lengths in `report`; true when it is to be kept.
bool judge(std::int64_t source_length, std::int64_t target_length, const LengthFilter& filter,
           FilterReport& report) {
  const auto [shorter, longer] = std::minmax(source_length, target_length);
  const double most = filter.max_ratio * static_cast<double>(shorter);
  std::int64_t* count = &report.kept;
  if (shorter < filter.min_length) {
    count = shorter == 0 ? &report.dropped_empty : &report.dropped_short;
  } else if (filter.max_length > 0 && longer > filter.max_length) {
    count = &report.dropped_long;
  } else if (filter.max_ratio > 0 && static_cast<double>(longer) > most) {
    count = &report.dropped_ratio;
  }
  ++*count;
  return count == &report.kept;
}

}  // namespace

void drop_line_decoration(std::string& line, std::size_t number) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (number == 1 && line.starts_with(byte_order_mark)) line.erase(0, byte_order_mark.size());
}

std::vector<std::string> read_lines(std::FILE* file, const std::string& name) {
  std::vector<std::string> lines;
  std::string line;
  bool any_text = false;
  while (next_line(file, line, name, lines.size() + 1)) {
    any_text = any_text || line != byte_order_mark;
    check_text(line, name, lines.size() + 1);
    drop_line_decoration(line, lines.size() + 1);
    lines.push_back(line);
  }
  if (!any_text) throw Error("read_lines", "\"" + path_text(name) + "\" is empty");
  return lines;
}

std::vector<std::string> read_lines(const std::string& path) {
  return read_lines(open_text(path).get(), path);
}

ParallelCorpus read_parallel(const std::string& source_path, const std::string& target_path) {
  ParallelCorpus corpus{read_lines(source_path), read_lines(target_path)};
  if (corpus.source.size() != corpus.target.size()) {
    throw Error("read_parallel",
                "\"" + path_text(source_path) + "\" has " + std::to_string(corpus.source.size()) +
                    " lines, \"" + path_text(target_path) + "\" has " + std::to_string(corpus.target.size()) +
                    "; line i of one has to be the translation of line i of the other");
  }
  return corpus;
}

ParallelCorpus read_tsv(const std::string& path) {
  ParallelCorpus corpus;
  for (const std::string& line : read_lines(path)) {
    const auto tabs = std::count(line.begin(), line.end(), '\t');
    if (tabs != 1) {
      throw Error("read_tsv", at_line(path, corpus.source.size() + 1) + " has " + std::to_string(tabs) +
                                  " tabs; each line has to be a sentence, one tab and its translation");
    }
    const std::size_t tab = line.find('\t');
    corpus.source.push_back(line.substr(0, tab));
    corpus.target.push_back(line.substr(tab + 1));
  }
  return corpus;
}

std::string FilterReport::describe() const {
  return "kept " + std::to_string(kept) + " of " + std::to_string(kept + dropped()) + " pairs; dropped " +
         std::to_string(dropped_empty) + " empty, " + std::to_string(dropped_short) + " too short, " +
         std::to_string(dropped_long) + " too long, " + std::to_string(dropped_ratio) + " by length ratio";
}

FilteredCorpus filter_by_length(ParallelCorpus corpus, const LengthFilter& filter,
                                std::span<const std::int64_t> source_lengths,
                                std::span<const std::int64_t> target_lengths) {
  check_filter(filter);
  const std::size_t count = corpus.source.size();
  if (corpus.target.size() != count || source_lengths.size() != count || target_lengths.size() != count) {
    throw Error("filter_by_length", "the corpus has " + std::to_string(count) + " source and " +
                                        std::to_string(corpus.target.size()) + " target sentences, with " +
                                        std::to_string(source_lengths.size()) + " and " +
                                        std::to_string(target_lengths.size()) + " lengths");
  }
  FilteredCorpus result;
  for (std::size_t i = 0; i < count; ++i) {
    if (!judge(source_lengths[i], target_lengths[i], filter, result.report)) continue;
    result.corpus.source.push_back(std::move(corpus.source[i]));
    result.corpus.target.push_back(std::move(corpus.target[i]));
    result.kept.push_back(static_cast<std::int64_t>(i));
  }
  return result;
}

FilteredCorpus filter_by_length(ParallelCorpus corpus, const LengthFilter& filter,
                                const Tokenizer& source_tokenizer, const Tokenizer& target_tokenizer) {
  const auto lengths = [](const std::vector<std::string>& lines, const Tokenizer& tokenizer) {
    std::vector<std::int64_t> all;
    all.reserve(lines.size());
    for (const std::string& line : lines) all.push_back(std::ssize(tokenizer.tokenize(line)));
    return all;
  };
  const std::vector<std::int64_t> source_lengths = lengths(corpus.source, source_tokenizer),
                                  target_lengths = lengths(corpus.target, target_tokenizer);
  return filter_by_length(std::move(corpus), filter, source_lengths, target_lengths);
}

}  // namespace gradus
