#include "option_checks.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>

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

namespace {

/// `shown` is what --help says of the bounds; with "" the message for what is no number leaves them out, too,
/// but for a T without negative ones.
template <class T>
CLI::Validator whole(T least, T most, const std::string& shown) {
  const std::string bounds = " from " + std::to_string(least) + " to " + std::to_string(most);
  return CLI::Validator(
      [=](std::string& text) {
        T value = 0;
        const char* const end = text.data() + text.size();
        const auto [last, error] = std::from_chars(text.data(), end, value);
        const bool is_number = last == end && error != std::errc::invalid_argument;
        if (!is_number || error != std::errc() || value < least || value > most) {
          return "must be a whole number" +
                 (is_number || std::is_unsigned_v<T> || !shown.empty() ? bounds : "") + ", got " + text;
        }
        text = std::to_string(value);
        return std::string();
      },
      shown);
}

}  // namespace

CLI::Validator whole_number() { return whole<std::int64_t>(INT64_MIN, INT64_MAX, ""); }

CLI::Validator whole_number(std::int64_t least, std::int64_t most) {
  return whole(least, most, "in [" + std::to_string(least) + " - " + std::to_string(most) + "]");
}

CLI::Validator any_seed() { return whole<std::uint64_t>(0, UINT64_MAX, ""); }

CLI::Option* add_threads(CLI::App& command, int& threads) {
  return command
      .add_option("--threads", threads,
                  "Threads; 0 takes the processors there are. The result is the same on any number")
      ->transform(whole_number(0, 4096))
      ->capture_default_str();
}

}  // namespace translation
