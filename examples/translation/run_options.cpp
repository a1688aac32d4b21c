#include "run_options.h"

#include "json_object.h"
#include "storage.h"

#include <gradus/nn/similar_names.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <type_traits>

namespace translation {

using gradus::Error;

namespace {

/// A value for a message, as JSON writes it.
template <class T>
std::string text_of(const T& value) {
  return gradus::printable(nlohmann::json(value).dump());
}

/// Sets an option to what `place` has under its name, and gives what it was.
template <class T>
void take(T* value, const JsonObject& place, const std::string& key) {
  *value = place.get<T>(key);
}

/// The option of that name in a config; the last of all is none of them.
std::span<RunOption>::iterator named(std::span<RunOption> options, const std::string& key) {
  return std::find_if(options.begin(), options.end(),
                      [&key](const RunOption& option) { return config_key(option.name) == key; });
}

/// The name that is most like a wrong one.
std::string nearest(std::span<RunOption> options, const std::string& key) {
  const auto distance = [&key](const RunOption& option) {
    return gradus::detail::edit_distance(config_key(option.name), key);
  };
  return config_key(
      std::min_element(options.begin(), options.end(), [&distance](const RunOption& a, const RunOption& b) {
        return distance(a) < distance(b);
      })->name);
}

}  // namespace

void take_config(std::span<RunOption> options, const std::string& path) {
  const JsonObject config(read_config(path), "'" + path + "' is no config");
  const auto take_all = [&](const JsonObject& place) {
    for (const std::string& key : place.keys()) {
      if (&place == &config && (key == "training" || key == "format" || key == "text")) continue;
      const auto option = named(options, key);
      if (option == options.end()) {
        place.refuse("there is no option '" + gradus::printable(key, 60) + "'; the nearest is '" +
                     nearest(options, key) + "'");
      }
      if (option->given) continue;
      std::visit([&](auto* value) { take(value, place, key); }, option->value);
      option->given = true;
    }
  };
  take_all(config);
  if (config.contains("training")) take_all(config.object("training"));
}

void take_stored_options(std::span<const RunOption> options, const std::string& text,
                         const std::string& folder) {
  const JsonObject config(text, "'" + folder + "/config.json' is damaged");
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
            throw Error("train",
                        "--" + option.name + " is " + text_of(*value) + " now, and " + text_of(before) +
                            " in the run in '" + folder +
                            "': a run is gone on with as it was begun; leave the option out, or begin "
                            "another run");
          }
        },
        option.value);
  }
}

}  // namespace translation
