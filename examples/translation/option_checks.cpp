#include "option_checks.h"

#include <charconv>
#include <cmath>
#include <cstdint>

namespace translation {

CLI::Validator number(const char* rule, bool (*fits)(double)) {
  return CLI::Validator(
      [=](std::string& text) {
        double value = 0;
        const bool right = CLI::detail::lexical_cast(text, value) && std::isfinite(value) && fits(value);
        return right ? std::string() : "must be a number " + std::string(rule) + ", got " + text;
      },
      std::string());
}

CLI::Validator not_negative() {
  return number("from 0 on", [](double value) { return value >= 0; });
}

CLI::Validator any_seed() {
  return CLI::Validator(
      [](std::string& text) {
        std::uint64_t seed = 0;
        const char* const end = text.data() + text.size();
        const auto [last, error] = std::from_chars(text.data(), end, seed);
        const bool right = error == std::errc() && last == end;
        return right ? std::string()
                     : "must be a whole number from 0 to " + std::to_string(UINT64_MAX) + ", got " + text;
      },
      std::string());
}

}  // namespace translation
