#include "training_command.h"

#include "log.h"
#include "progress.h"
#include "storage.h"

#include <gradus/data/bleu.h>
#include <gradus/nn/model.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tensor/random.h>

#include <cstdio>
#include <istream>
#include <ostream>

namespace translation {

using namespace gradus;

namespace {

Data read_data(const TrainCommand& command) {
  const Tokenizer source_tokens = Tokenizer::named(command.source_tokens);
  const Tokenizer target_tokens = Tokenizer::named(command.target_tokens);
  FilteredCorpus filtered = filter_by_length(read_parallel(command.source, command.target), command.filter,
                                             source_tokens, target_tokens);
  std::fprintf(stderr, "training text: %s\n", filtered.report.describe().c_str());
  if (filtered.corpus.size() == 0) throw Error("train", "no sentence pair is left to train on");
  Data data;
  if (command.tie == "all") {  // one vocabulary for both languages
    std::vector<std::string> lines = filtered.corpus.source;
    lines.insert(lines.end(), filtered.corpus.target.begin(), filtered.corpus.target.end());
    data.source = data.target = Language::from_lines(lines, source_tokens, command.vocabulary);
  } else {
    data.source = Language::from_lines(filtered.corpus.source, source_tokens, command.vocabulary);
    data.target = Language::from_lines(filtered.corpus.target, target_tokens, command.vocabulary);
  }
  data.train = encode(filtered.corpus, data.source, data.target);
  data.valid = filter_by_length(read_parallel(command.valid_source, command.valid_target), {}, source_tokens,
                                target_tokens).corpus;
  if (data.valid.size() == 0) throw Error("train", "no validation sentence pair has words on both sides");
  return data;
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

void check(const TrainingOptions& options) {
  const auto refuse = [](const char* what, double value) {
    throw Error("train", std::string(what) + ", got " + std::to_string(value));
  };
  if (options.batch < 1) refuse("--batch must be positive", static_cast<double>(options.batch));
  if (options.epochs < 1) refuse("--epochs must be positive", static_cast<double>(options.epochs));
  if (options.max_steps < 0) refuse("--max-steps must not be negative", static_cast<double>(options.max_steps));
  if (!(options.lr > 0)) refuse("--lr must be positive", options.lr);
  if (options.warmup < 0) refuse("--warmup must not be negative", static_cast<double>(options.warmup));
  if (!(options.lr_decay > 0 && options.lr_decay <= 1)) refuse("--lr-decay must lie in (0, 1]", options.lr_decay);
  if (!(options.label_smoothing >= 0 && options.label_smoothing < 1)) refuse("--label-smoothing must lie in [0, 1)", options.label_smoothing);
  if (!(options.clip > 0)) refuse("--clip must be positive", options.clip);
  if (options.patience < 1) refuse("--patience must be positive", static_cast<double>(options.patience));
}

}  // namespace

void run_training(const TrainCommand& command) {
  if (command.threads != 0) set_num_threads(command.threads);
  TrainingOptions training = command.training;
  training.batch_unit = command.batch_unit == "tokens" ? BatchUnit::tokens : BatchUnit::sentences;
  check(training);
  if (command.tie == "all" && command.source_tokens != command.target_tokens) {
    throw Error("train", "--tie all needs one kind of token for both languages, got " + command.source_tokens + " and " +
                             command.target_tokens);
  }
  const Data data = read_data(command);
  const ModelOptions options = model_options(command, data);
  manual_seed(training.seed);
  const std::unique_ptr<TranslationModel> model = make_model(options);
  make_output_folder(command.out);
  save_settings(command.out, data.source, data.target, options);
  std::fprintf(stderr, "%lld parameters; vocabularies of %lld and %lld; %zu training and %lld validation pairs\n",
               static_cast<long long>(num_parameters(model->view())), static_cast<long long>(options.source_vocabulary),
               static_cast<long long>(options.target_vocabulary), data.train.size(),
               static_cast<long long>(data.valid.size()));

  TrainingLog log(command.out);
  TrainingEvents events;
  events.step = [&](std::int64_t step, const StepResult& result, double lr) { log.step(step, result, lr); };
  events.epoch = [&](std::int64_t epoch, const Validation& validation, bool best, double seconds) {
    log.epoch(epoch, validation, seconds);
    if (best) save_weights(command.out, *model);
    std::fprintf(stderr, "epoch %-3lld valid loss %.3f  perplexity %.2f  BLEU %.2f%s  (%s)\n",
                 static_cast<long long>(epoch), validation.loss, validation.perplexity, validation.bleu,
                 best ? " *" : "", duration_text(seconds).c_str());
  };
  const TrainingResult result = train(*model, data, training, events);
  std::fprintf(stderr, "best: epoch %lld with a validation BLEU of %.2f; %lld steps in %s; the model is in %s\n",
               static_cast<long long>(result.best_epoch), result.best.bleu, static_cast<long long>(result.steps),
               duration_text(result.seconds).c_str(), command.out.c_str());
}

void run_translation(const RunCommand& command, std::istream& in, std::ostream& out) {
  if (command.threads != 0) set_num_threads(command.threads);
  const Translator translator = load_translator(command.folder);
  std::vector<std::string> lines;
  const auto flush = [&] {
    for (const std::string& line : translate_lines(*translator.model, translator.source, translator.target, lines, command.beam)) {
      out << line << "\n";
    }
    out.flush();
    lines.clear();
  };
  // A person who types waits for each line; text from a file is translated many lines at once.
  constexpr std::size_t most_lines = 1024;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(line);
    if (in.rdbuf()->in_avail() <= 0 || lines.size() == most_lines) flush();
  }
  flush();
}

void run_scoring(const std::string& reference, std::istream& in, std::ostream& out) {
  const std::vector<std::string> right = read_lines(reference);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  if (lines.size() != right.size()) {
    throw Error("score", std::to_string(lines.size()) + " translations on standard input, but '" + reference + "' has " +
                             std::to_string(right.size()) + " lines");
  }
  out << corpus_bleu(lines, {right}).describe() << "\n";
}

}  // namespace translation
