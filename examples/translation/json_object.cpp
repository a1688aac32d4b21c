#include "json_object.h"

#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

namespace translation {

using gradus::printable;
using json = nlohmann::ordered_json;

namespace {

/// A value for a message. What is nested is not written out: it may be nested deeper than the stack is.
std::string text_of(const json& value) {
  if (value.is_structured()) return value.is_object() ? "an object" : "an array";
  return printable(value.dump(), 40);
}

std::shared_ptr<const json> parse(const std::string& text, const std::string& blame) {
  std::vector<std::set<std::string>> seen;  // the keys so far of each object that is open
  const auto every_key_once = [&](int, json::parse_event_t event, const json& value) {
    if (event == json::parse_event_t::object_start) seen.emplace_back();
    if (event == json::parse_event_t::object_end) seen.pop_back();
    if (event == json::parse_event_t::key && !seen.back().insert(value.get<std::string>()).second)
      throw gradus::Error("load", blame + ": " + text_of(value) + " stands in it twice");
    return true;
  };
  // The parser takes a NUL for the end, and would never see what stands behind it.
  if (const std::size_t nul = text.find('\0'); nul != text.npos)
    throw gradus::Error("load", blame + ": it is no JSON: byte " + std::to_string(nul + 1) + " is NUL");
  try {
    return std::make_shared<const json>(json::parse(text, every_key_once));
  } catch (const json::exception& problem) {
    std::string_view why = problem.what();
    if (const std::size_t mark = why.find("] "); mark != why.npos) why.remove_prefix(mark + 2);
    throw gradus::Error("load", blame + ": it is no JSON: " + printable(why, 200));
  }
}

/// What a value of this type is called; "" where `value` is one.
template <class T>
std::string wanted(const json& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    return value.is_string() ? "" : "a text";
  } else if constexpr (std::is_same_v<T, bool>) {
    return value.is_boolean() ? "" : "true or false";
  } else if constexpr (std::is_same_v<T, double>) {
    return value.is_number() ? "" : "a number";
  } else {
    const bool fits = value.is_number_unsigned()  ? std::in_range<T>(value.get<std::uint64_t>())
                      : value.is_number_integer() ? std::in_range<T>(value.get<std::int64_t>())
                                                  : false;
    if (fits) return "";
    using Limits = std::numeric_limits<T>;
    const std::string bounds =
        " from " + std::to_string(Limits::min()) + " to " + std::to_string(Limits::max());
    return "a whole number" + (value.is_number_integer() ? bounds : "");
  }
}

}  // namespace

JsonObject::JsonObject(const std::string& text, std::string blame)
    : document_(parse(text, blame)), value_(document_.get()), blame_(std::move(blame)) {
  if (!value_->is_object()) refuse("it is no JSON object but " + text_of(*value_));
}

JsonObject::JsonObject(std::shared_ptr<const json> document, const json* value, std::string blame)
    : document_(std::move(document)), value_(value), blame_(std::move(blame)) {}

void JsonObject::refuse(const std::string& why) const { throw gradus::Error("load", blame_ + ": " + why); }

bool JsonObject::contains(const std::string& key) const { return value_->contains(key); }

std::vector<std::string> JsonObject::keys() const {
  std::vector<std::string> keys;
  for (const auto& item : value_->items()) keys.push_back(item.key());
  return keys;
}

const json& JsonObject::at(const std::string& key) const {
  const auto found = value_->find(key);
  if (found == value_->end()) refuse("'" + key + "' is missing");
  return *found;
}

JsonObject JsonObject::object(const std::string& key) const {
  const json& value = at(key);
  if (!value.is_object()) refuse("'" + key + "' is " + text_of(value) + ", and should be an object");
  return {document_, &value, blame_};
}

template <class T>
T JsonObject::get(const std::string& key) const {
  const json& value = at(key);
  if (const std::string kind = wanted<T>(value); !kind.empty()) {
    refuse("'" + key + "' is " + text_of(value) + ", and should be " + kind);
  }
  return value.get<T>();
}

template std::string JsonObject::get(const std::string& key) const;
template int JsonObject::get(const std::string& key) const;
template std::int64_t JsonObject::get(const std::string& key) const;
template std::uint64_t JsonObject::get(const std::string& key) const;
template double JsonObject::get(const std::string& key) const;
template bool JsonObject::get(const std::string& key) const;

void JsonObject::check_format(int expected) const {
  if (const auto found = get<std::int64_t>("format"); found != expected) {
    refuse("it is of another format: " + std::to_string(found) + ", and this program reads " +
           std::to_string(expected));
  }
}

double JsonObject::number_or(double otherwise, const std::string& key) const {
  return at(key).is_null() ? otherwise : get<double>(key);
}

}  // namespace translation
