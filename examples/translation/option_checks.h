// What a number on the command line has to be, in one sentence.
#pragma once
#include <CLI/CLI.hpp>

namespace translation {

/// A finite number that passes `fits`; `rule` says which do. CLI11's own bounds let nan through.
CLI::Validator number(const char* rule, bool (*fits)(double));
CLI::Validator not_negative();
/// A seed as it is written: CLI11 would wrap a negative one, and cut one of too many digits.
CLI::Validator any_seed();

}  // namespace translation
