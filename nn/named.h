// Options by the names that files and command lines give them.
#pragma once
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace gradus::nn {

/// The option among these whose name_of() is `name`. Throws Error with the names there are where none is.
template <class Option>
Option named(const std::string& what, std::string_view name, std::span<const Option> options) {
  std::string known;
  for (const Option option : options) {
    if (name == name_of(option)) return option;
    known += (known.empty() ? "" : ", ") + std::string(name_of(option));
  }
  throw Error(what, "there is no " + what + " '" + printable(name) + "'; known are " + known);
}
template <class Option>
Option named(const std::string& what, std::string_view name, std::initializer_list<Option> options) {
  return named(what, name, std::span(options.begin(), options.size()));
}

}  // namespace gradus::nn
