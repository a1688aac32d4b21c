// The command lines of `translate run` and `translate logprob`.
#pragma once
#include "logprob_command.h"
#include "run_command.h"

namespace CLI {
class App;
}

namespace translation {

/// Add the subcommands; parsing fills `command`.
void add_run(CLI::App& program, RunCommand& command);
void add_logprob(CLI::App& program, LogprobCommand& command);

}  // namespace translation
