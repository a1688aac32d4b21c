#include "training_setup.h"

#include "digest.h"
#include "json_object.h"
#include "training_checks.h"

#include <gradus/data/utf8.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>
#include <gradus/tensor/random.h>

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

/// What the lengths of sentences are counted in, before there are subwords.
Tokenizer counted_in(const std::string& token_kind) {
  return Tokenizer::named(is_subword_kind(token_kind) ? "words" : token_kind);
}

/// A given model may change text on its way (SentencePiece's default replaces characters by others).
void check_restores(const Subwords& subwords, std::span<const std::string> lines, const std::string& path) {
  for (const std::string& line : lines) {
    const std::string text = Subwords::normalize(line),
                      restored = subwords.detokenize(subwords.tokenize(line));
    if (restored == text) continue;
    throw Error(
        "train",
        "the subwords of '" + path_text(path) + "' make '" + printable(restored) + "' of '" +
            printable(text) +
            "': take a model that keeps text as it is (spm_train --normalization_rule_name=identity)");
  }
}

/// One side's tokens: those of a given model of subwords, or what the lines teach.
Language make_language(const TrainCommand& command, std::span<const std::string> lines,
                       const std::string& token_kind, const std::string& subwords) {
  if (!is_subword_kind(token_kind)) {
    return Language::of_tokens(lines, Tokenizer::named(token_kind), command.vocabulary);
  }
  const SubwordKind kind = subword_kind_named(token_kind);
  if (!subwords.empty()) {
    const Subwords loaded = Subwords::load(subwords, kind);
    check_restores(loaded, lines, subwords);
    return Language::of_subwords(lines, loaded);
  }
  constexpr std::int64_t usual_size = 8000;
  const std::int64_t size = command.vocabulary.max_size > 0 ? command.vocabulary.max_size : usual_size;
  std::fprintf(stderr, "learning %lld %s pieces ...\n", static_cast<long long>(size), token_kind.c_str());
  return Language::of_subwords(lines, Subwords::learn(lines, kind, size));
}

void make_languages(const TrainCommand& command, const ParallelCorpus& text, Data& data) {
  if (has_joint_vocabulary(command)) {
    std::vector<std::string> lines = text.source;
    lines.insert(lines.end(), text.target.begin(), text.target.end());
    data.source = data.target = make_language(command, lines, command.source_tokens, command.source_subwords);
  } else {
    data.source = make_language(command, text.source, command.source_tokens, command.source_subwords);
    data.target = make_language(command, text.target, command.target_tokens, command.target_subwords);
  }
}

BatchUnit batch_unit_named(const std::string& name) {
  if (name == "sentences") return BatchUnit::sentences;
  if (name == "tokens") return BatchUnit::tokens;
  throw Error("train", "a batch is counted in sentences or tokens, got '" + printable(name) + "'");
}

/// What the validation's BLEU counts: by default words as they stand in the text, or characters.
scoring::Tokenizer bleu_tokenizer(const TrainCommand& command) {
  if (const auto named = scoring::find_tokenizer(command.bleu_tokenizer)) return *named;
  if (command.bleu_tokenizer != "auto")
    throw Error("train", "there is no tokenizer '" + printable(command.bleu_tokenizer) + "' for BLEU");
  return command.target_tokens == "characters" ? scoring::Tokenizer::characters : scoring::Tokenizer::none;
}

/// Leaves out what is too long or too unlike in pieces, which there are only once the text has taught them.
/// `examples` are the pairs of `filtered`, encoded.
void filter_by_pieces(FilteredCorpus& filtered, std::vector<Example>& examples, const LengthFilter& filter) {
  std::vector<std::int64_t> source, target;
  for (const Example& example : examples) {
    source.push_back(std::ssize(example.source));
    target.push_back(std::ssize(example.target));
  }
  FilteredCorpus fitting = filter_by_length(std::move(filtered.corpus), filter, source, target);
  std::vector<Example> kept;
  for (std::int64_t& index : fitting.kept) {
    kept.push_back(std::move(examples[static_cast<std::size_t>(index)]));
    index = filtered.kept[static_cast<std::size_t>(index)];
  }
  filtered = std::move(fitting);
  examples = std::move(kept);
}

void read_data(const TrainCommand& command, bool goes_on, Setup& setup) {
  const Tokenizer source_tokens = counted_in(command.source_tokens);
  const Tokenizer target_tokens = counted_in(command.target_tokens);
  const bool pieces = is_subword_kind(command.source_tokens) || is_subword_kind(command.target_tokens);
  const LengthFilter bounds{.max_length = longest_sentence};
  Data& data = setup.data;
  const auto report = [](const char* what, const FilteredCorpus& filtered) {
    std::fprintf(stderr, "%s text: %s\n", what, filtered.report.describe().c_str());
  };

  LengthFilter of_train = command.filter;
  // Pieces are learnt first, from all that may have few enough of them.
  if (pieces && of_train.max_length > 0)
    of_train.max_length = std::max(of_train.max_length, longest_sentence);
  if (pieces) of_train.max_ratio = 0;
  FilteredCorpus train = filter_by_length(read_texts(command.source, command.target, "", setup), of_train,
                                          source_tokens, target_tokens);
  if (!pieces || train.report.dropped() > 0) report("training", train);
  if (train.corpus.size() > 0) {
    if (goes_on) load_languages(command.out, data.source, data.target);
    else make_languages(command, train.corpus, data);
  }
  data.train = encode(train.corpus, data.source, data.target);
  if (pieces) {
    filter_by_pieces(train, data.train, command.filter);
    report("training", train);
  }
  if (train.corpus.size() == 0) throw Error("train", "no sentence pair is left to train on");
  for (const std::int64_t index : train.kept) data.train_lines.push_back(index + 1);
  data.train_text = std::move(train.corpus);

  FilteredCorpus valid =
      filter_by_length(read_texts(command.valid_source, command.valid_target, "valid-", setup), bounds,
                       source_tokens, target_tokens);
  data.valid = encode(valid.corpus, data.source, data.target);
  if (valid.report.dropped() > 0) report("validation", valid);
  if (pieces) {
    filter_by_pieces(valid, data.valid, bounds);
    if (valid.report.dropped() > 0) report("validation", valid);
  }
  data.valid_text = std::move(valid.corpus);
  data.bleu_tokenizer = bleu_tokenizer(command);
  if (data.valid.empty()) throw Error("train", "no validation sentence pair is left to judge it by");
}

/// Without the sizes of the vocabularies.
ModelOptions model_options(const TrainCommand& command) {
  ModelOptions options = command.shape;
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

void make_absolute(TrainCommand& command) {
  for (std::string* path : {&command.source, &command.target, &command.valid_source, &command.valid_target}) {
    *path = std::filesystem::absolute(*path).lexically_normal().string();
  }
}

/// config.json has to name them.
void check_paths(const TrainCommand& command) {
  for (const RunOption& option : command.options) {
    const auto* const path = std::get_if<std::string*>(&option.value);
    if (path && find_invalid_utf8(**path)) {
      throw Error("train", "--" + option.name + ": config.json is UTF-8 and cannot hold '" +
                               path_text(**path) + "', which is not; rename it");
    }
  }
}

/// No epoch is learnt before a sentence turns up that the model cannot read.
void check_lengths(const Data& data, const Reach& reach) {
  const auto check = [&reach](std::span<const Example> examples, const char* text, const char* remedy) {
    for (const auto& [source, target] : examples) {
      if (reach.holds(std::ssize(source), std::ssize(target))) continue;
      const bool in_source = std::ssize(source) >= reach.source;
      throw Error("train", std::string("a sentence of the ") + text + " has " +
                               std::to_string(in_source ? source.size() : target.size()) +
                               " tokens and an end, and the model tells apart " +
                               std::to_string(in_source ? reach.source : reach.target) +
                               " positions: " + remedy);
    }
  };
  check(data.train, "training text", "leave such sentences out by a smaller --max-length");
  check(data.valid, "validation text", "take a larger --attention-max-length");
}

}  // namespace

void fix_what_the_schedule_needs(TrainCommand& command, Schedule schedule) {
  if (schedule != Schedule::linear) return;
  for (RunOption& option : command.options) {
    if (option.name == "epochs") option.may_change = false;
  }
}

Setup set_up(TrainCommand& command, bool goes_on) {
  Setup setup;
  setup.training = command.training;
  setup.training.batch_unit = batch_unit_named(command.batch_unit);
  setup.training.schedule = schedule_named(command.schedule);
  setup.training.best_by = best_by_named(command.best_by);
  setup.training.teacher_forcing.decay = teacher_decay_named(command.teacher_forcing_decay);
  fix_what_the_schedule_needs(command, setup.training.schedule);
  check_options(command, setup.training);
  ModelOptions model = model_options(command);
  make_absolute(command);
  check_paths(command);
  read_data(command, goes_on, setup);
  model.source_vocabulary = setup.data.source.vocabulary().size();
  model.target_vocabulary = setup.data.target.vocabulary().size();
  manual_seed(setup.training.seed);
  setup.model = make_model(model);
  check_lengths(setup.data, setup.model->reach());
  setup.settings = make_settings(setup.data.source, setup.data.target, model, command.options, setup.texts);
  return setup;
}

std::string config_of(const TrainCommand& command) {
  return make_config({command.source_tokens, command.target_tokens}, model_options(command), command.options);
}

void check_texts(const TrainCommand& command, const Setup& setup, const std::string& config) {
  const std::map<std::string, std::string> paths{{"source", command.source},
                                                 {"target", command.target},
                                                 {"valid-source", command.valid_source},
                                                 {"valid-target", command.valid_target}};
  const JsonObject stored = JsonObject(config, "config.json is damaged").object("text");
  for (const auto& [name, digest] : setup.texts) {
    const std::string before = stored.get<std::string>(name);
    if (digest == before) continue;
    throw Error("train", "--" + name + ": '" + paths.at(name) +
                             "' is not the text that the run was begun with: its digest is " + digest +
                             ", and was " + printable(before, 40));
  }
}

std::string lines_of(const TrainCommand& command, const Data& data, std::span<const std::int64_t> examples) {
  std::string text;
  for (const std::int64_t example : examples) {
    text +=
        (text.empty() ? "" : ", ") + std::to_string(data.train_lines.at(static_cast<std::size_t>(example)));
  }
  return text + " of '" + path_text(command.source) + "'";
}

}  // namespace translation
