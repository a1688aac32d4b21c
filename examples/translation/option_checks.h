// What a number on the command line has to be, in one sentence.
#pragma once
#include <CLI/CLI.hpp>

#include <cstdint>

namespace translation {

/// A finite number that passes `fits`; `rule` says which do. CLI11's own bounds let nan through.
CLI::Validator number(const char* rule, bool (*fits)(double));
CLI::Validator not_negative();

/// A whole number as it is written, in decimal digits: CLI11 alone would read "010" as 8, cut what has too
/// many digits, and wrap a negative seed. For Option::transform, which hands on what these make of the text.
CLI::Validator whole_number();
CLI::Validator whole_number(std::int64_t least, std::int64_t most);
CLI::Validator any_seed();

/// --threads, which every command has that computes.
CLI::Option* add_threads(CLI::App& command, int& threads);

}  // namespace translation
