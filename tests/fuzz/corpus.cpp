// Text: read_lines, read_tsv and, where the bytes have a NUL, read_parallel with what stands before and
// behind it; then all that is done with lines.
#include "text.h"

#include <gradus/data/utf8.h>
#include <gradus/tests/fuzz/fuzz.h>

using namespace gradus;
using namespace gradus::fuzz;

namespace {

using Tokens = std::vector<std::string>;

void check_line(const std::string& line, const Tokenizer& tokenizer) {
  const Tokens tokens = tokenizer.tokenize(line);
  const std::string joined = tokenizer.detokenize(tokens);
  require(tokenizer.tokenize(joined) == tokens, "tokens change when they are joined and cut again:", line);
  require(lowercase(lowercase(line)) == lowercase(line), "lower case of lower case:", line);
  require(display_width(line) <= 2 * line.size(), "a line is wider than two columns a byte:", line);
}

/// What a vocabulary makes of the text it was made from.
void check_language(const std::vector<std::string>& lines, const Tokenizer& tokenizer) {
  const auto language = translation::Language::of_tokens(lines, tokenizer, {});
  for (const std::string& line : lines) {
    Tokens tokens = tokenizer.tokenize(line);
    for (std::string& token : tokens) {
      if (token == "<pad>" || token == "<s>" || token == "</s>") token = "<unk>";
    }
    require(language.decode(language.encode(line)) == tokenizer.detokenize(tokens),
            "a line comes back changed:", line);
  }
}

void check_corpus(const ParallelCorpus& corpus) {
  const Tokenizer words{Tokenizer::words}, characters{Tokenizer::characters};
  const LengthFilter filter{.min_length = 1, .max_length = 20, .max_ratio = 2};
  const FilteredCorpus filtered = filter_by_length(corpus, filter, words, characters);
  require(filtered.report.kept == filtered.corpus.size() &&
              filtered.report.kept + filtered.report.dropped() == corpus.size(),
          "a filter loses pairs:", filtered.report.describe());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  if (const std::size_t nul = text.find('\0'); nul != text.npos) {
    const std::string source = files().write("source", text.substr(0, nul)),
                      target = files().write("target", text.substr(nul + 1));
    takes([&] { check_corpus(read_parallel(source, target)); });
    return 0;
  }
  const std::string path = file_of(data, size);
  std::vector<std::string> lines;
  if (!takes([&] { lines = read_lines(path); })) return 0;
  for (const Tokenizer& tokenizer : {Tokenizer{Tokenizer::words}, Tokenizer{Tokenizer::characters}}) {
    for (const std::string& line : lines) check_line(line, tokenizer);
    check_language(lines, tokenizer);
  }
  takes([&] { check_corpus(read_tsv(path)); });
  return 0;
}
