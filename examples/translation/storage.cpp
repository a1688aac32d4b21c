#include "storage.h"

#include <gradus/nn/model.h>
#include <gradus/tensor/atomic_file.h>
#include <gradus/tensor/error.h>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace translation {

using namespace gradus;
namespace fs = std::filesystem;

namespace {

std::string in(const std::string& folder, const char* file) { return (fs::path(folder) / file).string(); }

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error("load", "'" + path + "' cannot be opened: is this the folder of a training run?");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

const char* name_of(Context context) {
  return context == Context::last ? "last" : context == Context::mean ? "mean" : "sum";
}
const char* name_of(OutputLayer output) { return output == OutputLayer::direct ? "direct" : "deep"; }

Context context_named(const std::string& name) {
  for (const Context context : {Context::last, Context::mean, Context::sum}) {
    if (name == name_of(context)) return context;
  }
  throw Error("context", "there is no context '" + name + "'; known are last, mean and sum");
}

OutputLayer output_named(const std::string& name) {
  for (const OutputLayer output : {OutputLayer::direct, OutputLayer::deep}) {
    if (name == name_of(output)) return output;
  }
  throw Error("output", "there is no output layer '" + name + "'; known are direct and deep");
}

void make_output_folder(const std::string& folder) {
  std::error_code error;
  if (fs::exists(folder, error)) {
    if (!fs::is_directory(folder, error)) throw Error("train", "'" + folder + "' is not a folder");
    if (!fs::is_empty(folder, error)) {
      throw Error("train", "the folder '" + folder + "' is not empty: nothing in it is touched; name another one");
    }
    return;
  }
  if (!fs::create_directories(folder, error)) {
    throw Error("train", "the folder '" + folder + "' cannot be made: " + error.message());
  }
}

void save_settings(const std::string& folder, const Language& source, const Language& target,
                   const Seq2SeqOptions& options) {
  source.vocabulary.save(in(folder, "source.vocabulary"));
  target.vocabulary.save(in(folder, "target.vocabulary"));
  const nlohmann::ordered_json config{
      {"format", 1},
      {"model", "gru"},
      {"source_tokens", source.tokenizer.name()},
      {"target_tokens", target.tokenizer.name()},
      {"embedding", options.embedding},
      {"hidden", options.hidden},
      {"layers", options.layers},
      {"dropout", options.dropout},
      {"attention", options.attention ? nn::name_of(*options.attention) : "none"},
      {"context", name_of(options.context)},
      {"output", name_of(options.output)},
  };
  write_file_atomically(in(folder, "config.json"), config.dump(2) + "\n");
}

void save_weights(const std::string& folder, const Seq2Seq& model) { save(model, in(folder, "model.safetensors")); }

Translator load_translator(const std::string& folder) {
  const std::string path = in(folder, "config.json");
  const std::string text = read_text(path);
  Seq2SeqOptions options;
  Language source, target;
  try {
    const auto config = nlohmann::json::parse(text);
    if (config.at("format") != 1 || config.at("model") != "gru") {
      throw Error("load", "'" + path + "' is of another format or model");
    }
    source.tokenizer = Tokenizer::named(config.at("source_tokens").get<std::string>());
    target.tokenizer = Tokenizer::named(config.at("target_tokens").get<std::string>());
    options.embedding = config.at("embedding");
    options.hidden = config.at("hidden");
    options.layers = config.at("layers");
    options.dropout = config.at("dropout");
    const std::string attention = config.at("attention");
    options.attention.reset();
    if (attention != "none") options.attention = nn::score_named(attention);
    options.context = context_named(config.at("context"));
    options.output = output_named(config.at("output"));
  } catch (const nlohmann::json::exception& problem) {
    throw Error("load", "'" + path + "' is damaged: " + problem.what());
  }
  source.vocabulary = Vocabulary::load(in(folder, "source.vocabulary"));
  target.vocabulary = Vocabulary::load(in(folder, "target.vocabulary"));
  options.source_vocabulary = source.vocabulary.size();
  options.target_vocabulary = target.vocabulary.size();
  Translator translator{std::move(source), std::move(target), Seq2Seq(options)};
  load(translator.model, in(folder, "model.safetensors"));
  return translator;
}

}  // namespace translation
