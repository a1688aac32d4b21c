// The options that a training run keeps in its config.json, so that it can be gone on with and repeated; and
// takes from such a file.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <variant>

namespace translation {

/// One of them, by its name on the command line ("batch-unit"; config.json has "batch_unit").
struct RunOption {
  using Value = std::variant<std::string*, int*, std::int64_t*, std::uint64_t*, double*, bool*>;
  std::string name;
  Value value;              // where it stands while the program runs
  bool may_change = false;  // when the run is gone on with; the others decide what every step computes
  bool given = false;       // on the command line
  bool in_config = false;   // in the file of --config, and not on the command line
  std::string models = {};  // the kinds of model that heed it, "rnn, gru, lstm"; "": all
};

/// Sets the options that were not given on the command line to what the file says, a JSON object of options
/// under their names with underscores, at the top or below "training". The config.json of a run is such a
/// file, and what it says of the run's text is passed over. Throws where a name or a kind of value is wrong.
void take_config(std::span<RunOption> options, const std::string& path);

/// Sets the options that were not given to what `config`, the text of config.json, says. Throws where one
/// that must not change was given or stands in the file of --config with another value, and names both; one
/// that may change is changed by the command line alone. `folder` is for the message.
void take_stored_options(std::span<const RunOption> options, const std::string& config,
                         const std::string& folder);

}  // namespace translation
