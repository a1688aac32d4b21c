// The one error type of Gradus.
#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

namespace gradus {

/// Everything that goes wrong because of what a user asked for is thrown as this type. The text has one shape:
/// `[operation] what is wrong, with the values; the rule; a hint`.
class Error : public std::runtime_error {
 public:
  Error(std::string_view operation, std::string_view message);
};

}  // namespace gradus
