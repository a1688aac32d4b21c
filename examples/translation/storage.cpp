#include "storage.h"

#include "digest.h"
#include "json_object.h"

#include <gradus/nn/model.h>
#include <gradus/tensor/atomic_file.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>
#include <gradus/tensor/safetensors_layout.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace translation {

using namespace gradus;
namespace fs = std::filesystem;

namespace {

constexpr int config_format = 3;
constexpr std::size_t largest_config = 1 << 20;  // bytes of config.json, which has some 2,000

std::string in(const std::string& folder, const char* file) { return (fs::path(folder) / file).string(); }

/// `hint` follows the Error of a file that cannot be opened.
std::string read_text(const std::string& path, const char* hint) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw Error("load", "'" + path_text(path) + "' cannot be opened: " + std::strerror(errno) + hint);
  }
  std::string text(largest_config + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) throw Error("load", "'" + path_text(path) + "' cannot be read: " + std::strerror(errno));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > largest_config) {
    throw Error("load", "'" + path_text(path) + "' has more than " + std::to_string(largest_config) +
                            " bytes: it is no config");
  }
  return text;
}

}  // namespace

namespace {

nlohmann::ordered_json json_of(const ModelOptions& o) {
  return {{"model", name_of(o.kind)},
          {"dim", o.dim},
          {"layers", o.layers},
          {"dropout", o.dropout},
          {"hidden", o.hidden},
          {"attention", o.attention ? nn::name_of(*o.attention) : "none"},
          {"normalizer", nn::name_of(o.attending.normalizer)},
          {"pattern", nn::name_of(o.attending.pattern)},
          {"window", o.attending.window},
          {"stride", o.attending.stride},
          {"attention_max_length", o.attending.max_length},
          {"learn_temperature", o.attending.learn_temperature},
          {"timing", name_of(o.timing)},
          {"input_feeding", o.input_feeding},
          {"context", name_of(o.context)},
          {"output", name_of(o.output)},
          {"heads", o.heads},
          {"ffn", o.ffn},
          {"norm", nn::name_of(o.norm)},
          {"norm_kind", nn::name_of(o.norm_kind)},
          {"feed_forward", nn::name_of(o.feed_forward)},
          {"key_value_heads", o.key_value_heads},
          {"positions", name_of(o.positions)},
          {"tie", name_of(o.tie)}};
}

ModelOptions options_of(const JsonObject& config) {
  const auto text = [&config](const char* key) { return config.get<std::string>(key); };
  const auto number = [&config](const char* key) { return config.get<std::int64_t>(key); };
  ModelOptions o;
  o.kind = model_kind_named(text("model"));
  o.dim = number("dim");
  o.layers = config.get<int>("layers");
  o.dropout = config.get<double>("dropout");
  o.hidden = number("hidden");
  o.attention.reset();
  if (text("attention") != "none") o.attention = nn::score_named(text("attention"));
  o.attending.normalizer = nn::normalizer_named(text("normalizer"));
  o.attending.pattern = nn::pattern_named(text("pattern"));
  o.attending.window = number("window");
  o.attending.stride = number("stride");
  o.attending.max_length = number("attention_max_length");
  o.attending.learn_temperature = config.get<bool>("learn_temperature");
  o.timing = timing_named(text("timing"));
  o.input_feeding = config.get<bool>("input_feeding");
  o.context = context_named(text("context"));
  o.output = output_named(text("output"));
  o.heads = number("heads");
  o.ffn = number("ffn");
  o.norm = nn::norm_placement_named(text("norm"));
  o.norm_kind = nn::norm_kind_named(text("norm_kind"));
  o.feed_forward = nn::feed_forward_named(text("feed_forward"));
  o.key_value_heads = number("key_value_heads");
  o.positions = positions_named(text("positions"));
  o.tie = tie_named(text("tie"));
  return o;
}

/// No model is made, and no memory asked for, that the weights could not fill: config.json may say any sizes.
void check_size(const ModelOptions& options, const std::string& path) {
  const MappedFile file("load", path);
  std::uint64_t stored = 0;
  for (const TensorEntry& entry : read_layout(file).tensors) {
    stored += (entry.end - entry.begin) / entry.type->bytes;
  }
  const double least = least_parameters(options);
  if (least > static_cast<double>(stored)) {
    std::ostringstream number;
    number << least;
    file.origin().refuse("does not fit the model: config.json tells of one with " + number.str() +
                         " numbers or more, and it holds " + std::to_string(stored));
  }
}

}  // namespace

std::string config_key(std::string option) {
  std::replace(option.begin(), option.end(), '-', '_');
  return option;
}

namespace {

/// What `translate run` needs: the kinds of tokens and the model.
nlohmann::ordered_json translator_json(const TokenKinds& tokens, const ModelOptions& model) {
  nlohmann::ordered_json config{{"source_tokens", tokens.source}, {"target_tokens", tokens.target}};
  config.update(json_of(model));
  return config;
}

/// The options that are not in `config`; only those that never change where that is asked for.
nlohmann::ordered_json training_json(std::span<const RunOption> run, const nlohmann::ordered_json& config,
                                     bool unchanging) {
  nlohmann::ordered_json training;
  for (const RunOption& option : run) {
    const std::string key = config_key(option.name);
    if (config.contains(key) || (unchanging && option.may_change)) continue;
    training[key] = std::visit([](auto* value) { return nlohmann::ordered_json(*value); }, option.value);
  }
  return training;
}

}  // namespace

void check_format(const JsonObject& config) { config.check_format(config_format); }

Settings make_settings(const Language& source, const Language& target, const ModelOptions& model,
                       std::span<const RunOption> run, const std::map<std::string, std::string>& texts) {
  nlohmann::ordered_json config{{"format", config_format}};
  config.update(translator_json({source.token_kind(), target.token_kind()}, model));
  config["text"] = texts;
  Digest digest;
  digest.add(config.dump());
  digest.add(training_json(run, config, true).dump());
  digest.add(source.digest() + target.digest());
  config["training"] = training_json(run, config, false);
  return {config.dump(2) + "\n", digest.text()};
}

std::string make_config(const TokenKinds& tokens, const ModelOptions& model, std::span<const RunOption> run) {
  nlohmann::ordered_json config = translator_json(tokens, model);
  nlohmann::ordered_json training = training_json(run, config, false), &said = config["training"];
  for (const auto& [key, value] : training.items()) {
    if (value != "") said[key] = value;  // a file that is not named
  }
  return config.dump(2) + "\n";
}

void save_settings(const std::string& folder, const Language& source, const Language& target,
                   const Settings& settings) {
  source.save(in(folder, "source"));
  target.save(in(folder, "target"));
  write_file_atomically(in(folder, "config.json"), settings.text);
}

std::string load_config(const std::string& folder) {
  return read_text(in(folder, "config.json"), "; is this the folder of a training run?");
}

std::string read_config(const std::string& path) { return read_text(path, ""); }

void save_weights(const std::string& folder, const NamedTensors& weights) {
  save_tensors(in(folder, "model.safetensors"), weights);
}

namespace {

/// The config.json of a run, of the format that is written here.
JsonObject config_of(const std::string& folder) {
  const std::string path = in(folder, "config.json");
  JsonObject config(load_config(folder), "'" + path_text(path) + "' is damaged");
  check_format(config);
  return config;
}

}  // namespace

void load_languages(const std::string& folder, Language& source, Language& target) {
  const JsonObject config = config_of(folder);
  source = Language::load(in(folder, "source"), config.get<std::string>("source_tokens"));
  target = Language::load(in(folder, "target"), config.get<std::string>("target_tokens"));
}

Translator load_translator(const std::string& place) {
  const bool is_file = fs::is_regular_file(place);
  const std::string folder = is_file ? fs::absolute(place).parent_path().string() : place;
  ModelOptions options = options_of(config_of(folder));
  Language source, target;
  load_languages(folder, source, target);
  options.source_vocabulary = source.vocabulary().size();
  options.target_vocabulary = target.vocabulary().size();
  const std::string weights = is_file ? place : in(folder, "model.safetensors");
  check_size(options, weights);
  Translator translator{std::move(source), std::move(target), make_model(options)};
  load(translator.model->view(), weights);
  if (const std::string broken = first_broken_weight(translator.model->view()); !broken.empty()) {
    throw Error("load", "'" + path_text(weights) + "': the weight '" + broken +
                            "' holds numbers that are not finite: its training went wrong");
  }
  return translator;
}

}  // namespace translation
