#include "training_setup.h"

#include "digest.h"

#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>
#include <gradus/tensor/random.h>

#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>

namespace translation {

using namespace gradus;

namespace {

std::string digest_of(std::span<const std::string> lines) {
  Digest digest;
  for (const std::string& line : lines) {
    digest.add(line);
    digest.add("\n");
  }
  return digest.text();
}

/// The two files; their digests go under the names of their options.
ParallelCorpus read_texts(const std::string& source, const std::string& target, const std::string& prefix,
                          Setup& setup) {
  ParallelCorpus corpus = read_parallel(source, target);
  setup.texts[prefix + "source"] = digest_of(corpus.source);
  setup.texts[prefix + "target"] = digest_of(corpus.target);
  return corpus;
}

void read_data(const TrainCommand& command, Setup& setup) {
  const Tokenizer source_tokens = Tokenizer::named(command.source_tokens);
  const Tokenizer target_tokens = Tokenizer::named(command.target_tokens);
  FilteredCorpus filtered = filter_by_length(read_texts(command.source, command.target, "", setup),
                                             command.filter, source_tokens, target_tokens);
  std::fprintf(stderr, "training text: %s\n", filtered.report.describe().c_str());
  if (filtered.corpus.size() == 0) throw Error("train", "no sentence pair is left to train on");
  Data& data = setup.data;
  if (command.tie == "all") {  // one vocabulary for both languages
    std::vector<std::string> lines = filtered.corpus.source;
    lines.insert(lines.end(), filtered.corpus.target.begin(), filtered.corpus.target.end());
    data.source = data.target = Language::from_lines(lines, source_tokens, command.vocabulary);
  } else {
    data.source = Language::from_lines(filtered.corpus.source, source_tokens, command.vocabulary);
    data.target = Language::from_lines(filtered.corpus.target, target_tokens, command.vocabulary);
  }
  data.train = encode(filtered.corpus, data.source, data.target);
  FilteredCorpus valid =
      filter_by_length(read_texts(command.valid_source, command.valid_target, "valid-", setup),
                       {.max_length = longest_sentence}, source_tokens, target_tokens);
  if (valid.report.dropped() > 0)
    std::fprintf(stderr, "validation text: %s\n", valid.report.describe().c_str());
  data.valid = std::move(valid.corpus);
  if (data.valid.size() == 0) throw Error("train", "no validation sentence pair has words on both sides");
}

ModelOptions model_options(const TrainCommand& command, const Data& data) {
  ModelOptions options = command.shape;
  options.source_vocabulary = data.source.vocabulary.size();
  options.target_vocabulary = data.target.vocabulary.size();
  options.kind = model_kind_named(command.model);
  options.attention.reset();
  if (command.attention != "none") options.attention = nn::score_named(command.attention);
  options.attending.normalizer = nn::normalizer_named(command.normalizer);
  options.attending.pattern = nn::pattern_named(command.pattern);
  options.timing = timing_named(command.timing);
  options.context = context_named(command.context);
  options.output = output_named(command.output);
  options.norm = nn::norm_placement_named(command.norm);
  options.norm_kind = nn::norm_kind_named(command.norm_kind);
  options.feed_forward = nn::feed_forward_named(command.feed_forward);
  options.positions = positions_named(command.positions);
  options.tie = tie_named(command.tie);
  return options;
}

void check(const TrainCommand& command, const TrainingOptions& options) {
  const auto refuse = [](const char* what, double value) {
    throw Error("train", std::string(what) + ", got " + std::to_string(value));
  };
  if (options.batch < 1) refuse("--batch must be positive", static_cast<double>(options.batch));
  if (options.epochs < 1) refuse("--epochs must be positive", static_cast<double>(options.epochs));
  if (options.max_steps < 0)
    refuse("--max-steps must not be negative", static_cast<double>(options.max_steps));
  if (!(options.lr > 0)) refuse("--lr must be positive", options.lr);
  if (options.warmup < 0) refuse("--warmup must not be negative", static_cast<double>(options.warmup));
  if (!(options.lr_decay > 0 && options.lr_decay <= 1))
    refuse("--lr-decay must lie in (0, 1]", options.lr_decay);
  if (!(options.label_smoothing >= 0 && options.label_smoothing < 1))
    refuse("--label-smoothing must lie in [0, 1)", options.label_smoothing);
  if (!(options.clip > 0)) refuse("--clip must be positive", options.clip);
  if (options.checkpoint_every < 0) {
    refuse("--checkpoint-every must not be negative", static_cast<double>(options.checkpoint_every));
  }
  if (command.keep_checkpoints < 1) {
    refuse("--keep-checkpoints must be positive", static_cast<double>(command.keep_checkpoints));
  }
  if (options.patience < 1) refuse("--patience must be positive", static_cast<double>(options.patience));
  if (command.tie == "all" && command.source_tokens != command.target_tokens) {
    throw Error("train", "--tie all needs one kind of token for both languages, got " +
                             command.source_tokens + " and " + command.target_tokens);
  }
}

void make_absolute(TrainCommand& command) {
  for (std::string* path : {&command.source, &command.target, &command.valid_source, &command.valid_target}) {
    *path = std::filesystem::absolute(*path).lexically_normal().string();
  }
}

}  // namespace

Setup set_up(TrainCommand& command) {
  Setup setup;
  setup.training = command.training;
  setup.training.batch_unit = command.batch_unit == "tokens" ? BatchUnit::tokens : BatchUnit::sentences;
  check(command, setup.training);
  make_absolute(command);
  read_data(command, setup);
  const ModelOptions model = model_options(command, setup.data);
  manual_seed(setup.training.seed);
  setup.model = make_model(model);
  setup.settings = make_settings(setup.data.source, setup.data.target, model, command.options, setup.texts);
  return setup;
}

void check_texts(const TrainCommand& command, const Setup& setup, const std::string& config) {
  const std::map<std::string, std::string> paths{{"source", command.source},
                                                 {"target", command.target},
                                                 {"valid-source", command.valid_source},
                                                 {"valid-target", command.valid_target}};
  try {
    const auto stored = nlohmann::json::parse(config).at("text");
    for (const auto& [name, digest] : setup.texts) {
      const std::string before = stored.at(name).get<std::string>();
      if (digest == before) continue;
      throw Error("train", "--" + name + ": '" + paths.at(name) +
                               "' is not the text that the run was begun with: its digest is " + digest +
                               ", and was " + before);
    }
  } catch (const nlohmann::json::exception& problem) {
    throw Error("load", "config.json is damaged: " + std::string(problem.what()));
  }
}

std::string lines_of(const TrainCommand& command, std::span<const std::int64_t> examples) {
  const Tokenizer source_tokens = Tokenizer::named(command.source_tokens);
  const Tokenizer target_tokens = Tokenizer::named(command.target_tokens);
  const ParallelCorpus corpus = read_parallel(command.source, command.target);
  std::vector<std::int64_t> kept;  // the line of every example
  for (std::size_t i = 0; i < corpus.source.size(); ++i) {
    const FilteredCorpus one = filter_by_length({{corpus.source[i]}, {corpus.target[i]}}, command.filter,
                                                source_tokens, target_tokens);
    if (one.report.kept == 1) kept.push_back(static_cast<std::int64_t>(i) + 1);
  }
  std::string text;
  for (const std::int64_t example : examples) {
    text += (text.empty() ? "" : ", ") + std::to_string(kept.at(static_cast<std::size_t>(example)));
  }
  return text + " of '" + path_text(command.source) + "'";
}

}  // namespace translation
