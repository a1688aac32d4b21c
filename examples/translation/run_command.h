// What `translate run` does with its options.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace translation {

/// What was not given has no value.
struct RunCommand {
  std::vector<std::string> folders;
  std::optional<std::int64_t> beam, nbest, top_k;
  std::optional<double> length_penalty, coverage, temperature, top_p;
  std::optional<std::uint64_t> seed;
  bool sample = false, replace_unknown = false;
  std::int64_t batch = 64;  // sentences side by side
  int threads = 0;
};
/// Translates in batches as lines come in; the output has a line for every line of the input, or with `nbest`
/// the lines "INDEX ||| translation ||| score" of Moses, INDEX from 0. Throws where options do not go
/// together, with each other or with the model. Where `in_bytes`, the size of the input, is known, a bar
/// shows how far it has come.
void run_translation(const RunCommand& command, std::istream& in, std::ostream& out,
                     std::int64_t in_bytes = 0);

}  // namespace translation
