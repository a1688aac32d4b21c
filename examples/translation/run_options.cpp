#include "run_options.h"

#include "json_object.h"
#include "storage.h"

#include <gradus/nn/similar_names.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <type_traits>
#include <vector>

namespace translation {

using gradus::Error;
using gradus::path_text;

namespace {

/// A value for a message, as JSON writes it.
template <class T>
std::string text_of(const T& value) {
  return gradus::printable(nlohmann::json(value).dump());
}

/// The option of that name in a config; the end where there is none.
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
  const JsonObject config(read_config(path), "'" + path_text(path) + "' is no config");
  const auto take_all = [&](const JsonObject& place, std::span<const std::string> passed_over) {
    for (const std::string& key : place.keys()) {
      if (std::find(passed_over.begin(), passed_over.end(), key) != passed_over.end()) continue;
      const auto option = named(options, key);
      if (option == options.end()) {
        place.refuse("there is no option '" + gradus::printable(key, 60) + "'; the nearest is '" +
                     nearest(options, key) + "'");
      }
      if (option->in_config) place.refuse("'" + key + "' stands in it twice");
      if (option->given) continue;
      std::visit([&](auto* value) { *value = place.get<std::remove_pointer_t<decltype(value)>>(key); },
                 option->value);
      option->in_config = true;
    }
  };
  if (config.contains("format")) check_format(config);
  take_all(config, std::vector<std::string>{"format", "text", "training"});
  if (config.contains("training")) take_all(config.object("training"), {});
}

void take_stored_options(std::span<const RunOption> options, const std::string& text,
                         const std::string& folder) {
  const JsonObject config(text, "'" + path_text(folder) + "/config.json' is damaged");
  if (!config.contains("training")) {
    throw Error("train", "the folder '" + path_text(folder) +
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
          const bool asked_for = option.given || (option.in_config && !option.may_change);
          if (!asked_for) {
            *value = before;
          } else if (!option.may_change && *value != before) {
            throw Error("train",
                        "--" + option.name + " is " + text_of(*value) + " now, and " + text_of(before) +
                            " in the run in '" + path_text(folder) +
                            "': a run is gone on with as it was begun; leave the option out, or begin "
                            "another run");
          }
        },
        option.value);
  }
}

}  // namespace translation
