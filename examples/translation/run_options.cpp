#include "run_options.h"

#include "json_object.h"
#include "storage.h"

#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>

#include <nlohmann/json.hpp>

#include <type_traits>

namespace translation {

using gradus::Error;

namespace {

/// A value for a message, as JSON writes it.
template <class T>
std::string text_of(const T& value) {
  return gradus::printable(nlohmann::json(value).dump());
}

}  // namespace

void take_stored_options(std::span<const RunOption> options, const std::string& text,
                         const std::string& folder) {
  const JsonObject config(text, "'" + folder + "/config.json'");
  if (!config.contains("training")) {
    throw Error("train", "the folder '" + folder +
                             "' holds a model, but its config.json says nothing of how it is trained");
  }
  const JsonObject training = config.object("training");
  for (const RunOption& option : options) {
    // Model options stand at the top of config.json, those of the training below "training".
    const std::string key = config_key(option.name);
    const JsonObject& place = config.contains(key) ? config : training;
    std::visit(
        [&](auto* value) {
          const auto before = place.get<std::remove_pointer_t<decltype(value)>>(key);
          if (!option.given) {
            *value = before;
          } else if (!option.may_change && *value != before) {
            throw Error("train", "--" + option.name + " is " + text_of(*value) + " on the command line, and " +
                                     text_of(before) + " in the run in '" + folder +
                                     "': a run is gone on with as it was begun; leave the option out, or begin "
                                     "another run");
          }
        },
        option.value);
  }
}

}  // namespace translation
