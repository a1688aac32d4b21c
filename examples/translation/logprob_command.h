// What `translate logprob` does with its options.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace translation {

struct LogprobCommand {
  std::vector<std::string> folders;
  std::string source, target;  // files, line by line
  bool per_token = false;
  std::int64_t batch = 64;  // pairs side by side
  int threads = 0;
};
/// A line for every pair of sentences: the log-probability of the target and the number of its tokens, the
/// end included, between tabs; with `per_token` each token and its own log-probability behind them. The last
/// lines of `report` say the perplexity of all.
void run_logprob(const LogprobCommand& command, std::ostream& out, std::ostream& report);

}  // namespace translation
