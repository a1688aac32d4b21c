// What tests of errors share.
#pragma once
#include <gradus/tensor/error.h>

#include <string>

namespace gradus::test {

/// The text of the error that a call throws, "" where it throws none.
template <class F>
std::string error_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace gradus::test
