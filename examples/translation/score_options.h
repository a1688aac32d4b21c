// The command line of `translate score`.
#pragma once
#include "score_command.h"

namespace CLI {
class App;
}

namespace translation {

/// Adds the subcommand; parsing fills `command`.
void add_score(CLI::App& program, scoring::ScoreCommand& command);

}  // namespace translation
