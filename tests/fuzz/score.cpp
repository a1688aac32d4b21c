// Scores: run_score on two files, what stands before the first NUL and behind it, by every metric and
// tokenizer. The first byte chooses among the options.
#include "score_command.h"

#include <gradus/tests/fuzz/fuzz.h>

#include <cmath>
#include <sstream>

using namespace gradus::fuzz;
using namespace scoring;

namespace {

/// The options that the bits of a byte stand for.
ScoreCommand command_of(unsigned byte) {
  ScoreCommand command;
  command.metrics = {"bleu", "chrf", "chrf++", "ter"};
  const std::vector<std::string> tokenizers = tokenizer_names();
  command.bleu.tokenizer = *find_tokenizer(tokenizers[byte % tokenizers.size()]);
  command.bleu.lowercase = command.chrf.lowercase = (byte & 32) != 0;
  command.ter.normalized = command.ter.asian_support = (byte & 16) != 0;
  command.sentence = (byte & 64) != 0;
  command.json = (byte & 128) != 0;
  return command;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = text_of(data + 1, size - 1);
  const std::size_t nul = std::min(text.find('\0'), text.size());
  ScoreCommand command = command_of(data[0]);
  command.hypotheses = {files().write("hypothesis", text.substr(0, nul))};
  command.references = {files().write("reference", text.substr(std::min(nul + 1, text.size())))};
  if (data[0] & 8) {  // two systems, compared
    command.hypotheses.push_back(command.references[0]);
    command.confidence = 2;
  }
  std::ostringstream out, warnings;
  if (!takes([&] { run_score(command, out, warnings); })) return 0;
  require(gradus::is_utf8(out.str()) && gradus::is_utf8(warnings.str()),
          "an output that is no UTF-8:", out.str());
  for (const char* none : {"nan", "inf", "null"})  // JSON has null for both of the others
    require(out.str().find(none) == std::string::npos, "a score that is no number:", out.str());

  // A text beside itself has no edits.
  command.hypotheses.resize(1);
  command.references = command.hypotheses;
  command.confidence.reset();
  command.metrics = {"ter"};
  command.sentence = command.json = false;
  std::ostringstream same;
  run_score(command, same, warnings);
  require(same.str().ends_with(" = 0.00\n"), "edits between equal texts:", same.str());
  return 0;
}
