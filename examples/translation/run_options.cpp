#include "run_options.h"

#include "storage.h"

#include <gradus/tensor/error.h>

#include <nlohmann/json.hpp>

#include <type_traits>

namespace translation {

using gradus::Error;
using json = nlohmann::ordered_json;

namespace {

/// The stored value: model options stand at the top of config.json, those of the training below "training".
const json& stored_value(const json& config, const std::string& key) {
  return config.contains(key) ? config.at(key) : config.at("training").at(key);
}

}  // namespace

void take_stored_options(std::span<const RunOption> options, const std::string& text,
                         const std::string& folder) {
  try {
    const json config = json::parse(text);
    if (!config.contains("training")) {
      throw Error("train", "the folder '" + folder +
                               "' holds a model, but its config.json says nothing of how it is trained");
    }
    for (const RunOption& option : options) {
      const json& stored = stored_value(config, config_key(option.name));
      std::visit(
          [&](auto* value) {
            const auto before = stored.get<std::remove_pointer_t<decltype(value)>>();
            if (!option.given) {
              *value = before;
            } else if (!option.may_change && *value != before) {
              throw Error(
                  "train",
                  "--" + option.name + " is " + json(*value).dump() + " on the command line, and " +
                      stored.dump() + " in the run in '" + folder +
                      "': a run is gone on with as it was begun; leave the option out, or begin another run");
            }
          },
          option.value);
    }
  } catch (const nlohmann::json::exception& problem) {
    throw Error("load", "'" + folder + "/config.json' is damaged: " + problem.what());
  }
}

std::string stored_text(const std::string& config, const std::string& option, const std::string& folder) {
  try {
    return stored_value(json::parse(config), config_key(option)).get<std::string>();
  } catch (const nlohmann::json::exception& problem) {
    throw Error("load", "'" + folder + "/config.json' is damaged: " + problem.what());
  }
}

}  // namespace translation
