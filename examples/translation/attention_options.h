// The command line of `translate attention`.
#pragma once
#include "attention_command.h"

namespace CLI {
class App;
}

namespace translation {

/// Adds the subcommand; parsing fills `command`.
void add_attention(CLI::App& program, AttentionCommand& command);

}  // namespace translation
