// Options of `translate train` that go together, under a name.
#pragma once
#include <span>
#include <string>

namespace translation {

struct Recipe {
  const char* name;
  const char* about;      // one line
  const char* arguments;  // as one types them after `translate train`; all others are at their defaults
};
std::span<const Recipe> recipes();

}  // namespace translation
