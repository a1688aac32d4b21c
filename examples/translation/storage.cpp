#include "storage.h"

#include "digest.h"

#include <gradus/nn/model.h>
#include <gradus/tensor/atomic_file.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>

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

constexpr std::size_t largest_config = 1 << 20;  // bytes of config.json, which has some 2,000

std::string in(const std::string& folder, const char* file) { return (fs::path(folder) / file).string(); }

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw Error("load", "'" + path_text(path) + "' cannot be opened: " + std::strerror(errno) +
                            "; is this the folder of a training run?");
  }
  std::string text(largest_config + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > largest_config) {
    throw Error("load", "'" + path_text(path) + "' has more than " + std::to_string(largest_config) +
                            " bytes: it is not what a training writes");
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

ModelOptions options_of(const nlohmann::json& config) {
  const auto text = [&config](const char* key) { return config.at(key).get<std::string>(); };
  ModelOptions o;
  o.kind = model_kind_named(text("model"));
  o.dim = config.at("dim");
  o.layers = config.at("layers");
  o.dropout = config.at("dropout");
  o.hidden = config.at("hidden");
  o.attention.reset();
  if (text("attention") != "none") o.attention = nn::score_named(text("attention"));
  o.attending.normalizer = nn::normalizer_named(text("normalizer"));
  o.attending.pattern = nn::pattern_named(text("pattern"));
  o.attending.window = config.at("window");
  o.attending.stride = config.at("stride");
  o.attending.max_length = config.at("attention_max_length");
  o.attending.learn_temperature = config.at("learn_temperature");
  o.timing = timing_named(text("timing"));
  o.input_feeding = config.at("input_feeding");
  o.context = context_named(text("context"));
  o.output = output_named(text("output"));
  o.heads = config.at("heads");
  o.ffn = config.at("ffn");
  o.norm = nn::norm_placement_named(text("norm"));
  o.norm_kind = nn::norm_kind_named(text("norm_kind"));
  o.feed_forward = nn::feed_forward_named(text("feed_forward"));
  o.key_value_heads = config.at("key_value_heads");
  o.positions = positions_named(text("positions"));
  o.tie = tie_named(text("tie"));
  return o;
}

}  // namespace

std::string config_key(std::string option) {
  std::replace(option.begin(), option.end(), '-', '_');
  return option;
}

Settings make_settings(const Language& source, const Language& target, const ModelOptions& model,
                       std::span<const RunOption> run, const std::map<std::string, std::string>& texts) {
  nlohmann::ordered_json config{
      {"format", 2}, {"source_tokens", source.tokenizer.name()}, {"target_tokens", target.tokenizer.name()}};
  config.update(json_of(model));
  nlohmann::ordered_json training, unchanging;
  for (const RunOption& option : run) {
    const std::string key = config_key(option.name);
    if (config.contains(key)) continue;
    training[key] = std::visit([](auto* value) { return nlohmann::ordered_json(*value); }, option.value);
    if (!option.may_change) unchanging[key] = training[key];
  }
  config["text"] = texts;
  Digest digest;
  digest.add(config.dump());
  digest.add(unchanging.dump());
  config["training"] = training;
  return {config.dump(2) + "\n", digest.text()};
}

void save_settings(const std::string& folder, const Language& source, const Language& target,
                   const Settings& settings) {
  source.vocabulary.save(in(folder, "source.vocabulary"));
  target.vocabulary.save(in(folder, "target.vocabulary"));
  write_file_atomically(in(folder, "config.json"), settings.text);
}

std::string load_config(const std::string& folder) { return read_text(in(folder, "config.json")); }

void save_weights(const std::string& folder, const NamedTensors& weights) {
  save_tensors(in(folder, "model.safetensors"), weights);
}

Translator load_translator(const std::string& folder) {
  const std::string path = in(folder, "config.json");
  const std::string text = load_config(folder);
  ModelOptions options;
  Language source, target;
  try {
    const auto config = nlohmann::json::parse(text);
    if (config.at("format") != 2) throw Error("load", "'" + path_text(path) + "' is of another format");
    source.tokenizer = Tokenizer::named(config.at("source_tokens").get<std::string>());
    target.tokenizer = Tokenizer::named(config.at("target_tokens").get<std::string>());
    options = options_of(config);
  } catch (const nlohmann::json::exception& problem) {
    throw Error("load", "'" + path_text(path) + "' is damaged: " + problem.what());
  }
  source.vocabulary = Vocabulary::load(in(folder, "source.vocabulary"));
  target.vocabulary = Vocabulary::load(in(folder, "target.vocabulary"));
  options.source_vocabulary = source.vocabulary.size();
  options.target_vocabulary = target.vocabulary.size();
  Translator translator{std::move(source), std::move(target), make_model(options)};
  load(translator.model->view(), in(folder, "model.safetensors"));
  return translator;
}

}  // namespace translation
