// The attention zoo: trains the same small tasks with every kind of attention that Gradus has, and shows what
// each can do.
#include "kinds.h"
#include "option_checks.h"
#include "page.h"
#include "program.h"
#include "tasks.h"
#include "training.h"

#include <gradus/autograd/modes.h>
#include <gradus/tensor/atomic_file.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tensor/random.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace {

using namespace zoo;
using namespace translation;

struct Options {
  std::vector<std::string> tasks{"distractors", "demo"};
  std::vector<std::string> kinds;
  std::string page = "attention_zoo.html";
  TaskOptions task;
  std::int64_t epochs = 0;  // 0: what the task asks for
  double lr = 4e-3;
  std::int64_t window = 3;
  int threads = 0;
};

double entropy_bits(const std::vector<float>& weights) {
  double total = 0, bits = 0;
  for (const float weight : weights) total += static_cast<double>(weight);
  for (const float weight : weights) {
    const double share = total > 0 ? static_cast<double>(weight) / total : 0;
    if (share > 0) bits -= share * std::log2(share);
  }
  return bits;
}

std::vector<std::string> words_of(const std::vector<std::int64_t>& ids,
                                  const std::vector<std::string>& names) {
  std::vector<std::string> words;
  for (const std::int64_t id : ids) words.push_back(names[static_cast<std::size_t>(id)]);
  words.push_back("(end)");
  return words;
}

/// Translates the test sentences of a task: how many come out just right, and how spread the weights are.
void test(const TranslationModel& model, const Task& task, Measured& result) {
  std::int64_t right = 0, steps = 0;
  double bits = 0;
  constexpr std::size_t batch = 100;
  for (std::size_t first = 0; first < task.test.size(); first += batch) {
    std::vector<std::vector<std::int64_t>> sources;
    for (std::size_t i = first; i < std::min(first + batch, task.test.size()); ++i) {
      sources.push_back(task.test[i].source);
    }
    const std::vector<Translation> translations = greedy_search(model, sources);
    for (std::size_t i = 0; i < translations.size(); ++i) {
      right += translations[i].ids == task.test[first + i].target;
      for (const std::vector<float>& weights : translations[i].weights) {
        bits += entropy_bits(weights);
        ++steps;
      }
    }
  }
  result.exact = static_cast<double>(right) / static_cast<double>(task.test.size());
  result.entropy = steps > 0 ? bits / static_cast<double>(steps) : -1;
}

/// Keeps what the model makes of the longest of the first test sentences, for the picture.
void keep_example(const TranslationModel& model, const Task& task, Measured& result) {
  const auto end = task.test.begin() + std::min<std::ptrdiff_t>(100, std::ssize(task.test));
  const auto shorter = [](const Example& a, const Example& b) { return a.source.size() < b.source.size(); };
  const std::vector<std::vector<std::int64_t>> source{
      std::max_element(task.test.begin(), end, shorter)->source};
  const Translation translation = greedy_search(model, source)[0];
  result.read = words_of(source[0], task.source_words);
  result.written = words_of(translation.ids, task.target_words);
  result.weights = translation.weights;
}

/// Trains one kind on one task and tests it.
Measured measure(const Kind& kind, const Task& task, const Options& options) {
  ModelOptions model_options = kind.options;
  model_options.source_vocabulary = task.source_vocabulary;
  model_options.target_vocabulary = task.target_vocabulary;
  model_options.attending.window = options.window;
  const bool is_transformer = kind.options.kind == ModelKind::transformer;
  if (!is_transformer) {
    model_options.dim = task.dim;
    model_options.hidden = task.hidden;
  }
  gradus::manual_seed(options.task.seed);
  const std::unique_ptr<TranslationModel> model = make_model(model_options);
  const ShortTrainingResult trained =
      train_shortly(*model, task.train,
                    {.epochs = options.epochs > 0 ? options.epochs : task.epochs,
                     .peak_lr = is_transformer ? options.lr / 2 : options.lr,
                     .seed = options.task.seed,
                     .title = task.name + ": " + kind.name});
  Measured result{.task = task.name + ": " + task.description,
                  .kind = kind.name,
                  .sees = kind.sees,
                  .seconds = trained.seconds};
  test(*model, task, result);
  keep_example(*model, task, result);
  return result;
}

std::vector<Kind> chosen_kinds(const std::vector<std::string>& names) {
  std::vector<Kind> kinds = all_kinds(), chosen;
  if (names.empty()) return kinds;
  for (const std::string& name : names) {
    const auto found =
        std::find_if(kinds.begin(), kinds.end(), [&](const Kind& kind) { return kind.name == name; });
    if (found == kinds.end()) {
      std::string known;
      for (const Kind& kind : kinds) known += "\n  " + kind.name;
      throw gradus::Error("attention_zoo", "there is no kind '" + name + "'; known are:" + known);
    }
    chosen.push_back(*found);
  }
  return chosen;
}

void run(const Options& options, const std::string& command) {
  if (options.threads != 0) gradus::set_num_threads(options.threads);
  const std::vector<Kind> kinds = chosen_kinds(options.kinds);
  std::vector<Task> tasks;
  for (const std::string& name : options.tasks) tasks.push_back(task_named(name, options.task));
  std::vector<Measured> rows;
  for (const Task& task : tasks) {
    std::printf("\n%s: %s (%zu sentences to learn from, %zu to test)\n", task.name.c_str(),
                task.description.c_str(), task.train.size(), task.test.size());
    std::printf("%-24s %8s %8s %8s  %s\n", "kind", "exact", "seconds", "entropy", "what it looks at");
    for (const Kind& kind : kinds) {
      const Measured row = measure(kind, task, options);
      char entropy[16] = "-";
      if (row.entropy >= 0) std::snprintf(entropy, sizeof entropy, "%.2f", row.entropy);
      std::printf("%-24s %7.1f%% %8.1f %8s  %s\n", row.kind.c_str(), 100 * row.exact, row.seconds, entropy,
                  row.sees.c_str());
      std::fflush(stdout);
      rows.push_back(row);
      gradus::write_file_atomically(options.page, page(rows, command));  // what there is, should it end here
    }
  }
  std::printf("\nthe same with pictures: %s\n", options.page.c_str());
}

int run_command_line(int argc, char** argv) {
  CLI::App program(
      "Trains small tasks with every kind of attention and prints one table: how often the answer is just "
      "right, how long the\n"
      "training took, how spread the weights are, and what the kind can and cannot look at. Writes the same "
      "as a page.");
  Options options;
  program.add_option("--tasks", options.tasks, "Which tasks: copy, reverse, distractors, demo")
      ->delimiter(',')
      ->capture_default_str();
  program.add_option("--kinds", options.kinds,
                     "Which kinds, by the names of the table; all where none is given");
  program
      .add_option("--max-length", options.task.max_length,
                  "Longest sentence of copy, reverse and distractors")
      ->transform(whole_number(1, 63))
      ->capture_default_str();
  program
      .add_option("--test-length", options.task.test_length,
                  "Length of all their test sentences; 0: all lengths")
      ->transform(whole_number(0, 63))
      ->capture_default_str();
  program.add_option("--train", options.task.train, "Their training sentences; demo has its own 8000")
      ->transform(whole_number(64, 10000000))
      ->capture_default_str();
  program.add_option("--test", options.task.test, "Test sentences")
      ->transform(whole_number(1, 1000000))
      ->capture_default_str();
  program.add_flag(
      "--reverse-source", options.task.reverse_source,
      "Give the models every sentence from its end to its start, as Sutskever et al. (2014) did");
  program.add_option("--epochs", options.epochs, "Passes over the training sentences; 0: 6, for demo 10")
      ->transform(whole_number(0, 1000))
      ->capture_default_str();
  program.add_option("--lr", options.lr, "Highest learning rate; the Transformer takes half of it")
      ->check(number("above 0", [](double value) { return value > 0; }))
      ->capture_default_str();
  program
      .add_option("--window", options.window,
                  "Reach of window, local_m and local_p, and of adaptive_span at the start")
      ->transform(whole_number(0, 63))
      ->capture_default_str();
  program.add_option("--seed", options.task.seed, "Seed of the sentences and the weights")
      ->transform(any_seed())
      ->capture_default_str();
  add_threads(program, options.threads);
  program.add_option("--page", options.page, "Where the page goes")->type_name("FILE")->capture_default_str();
  try {
    program.parse(argc, argv);
    std::string command = "attention_zoo";
    for (int i = 1; i < argc; ++i) command += std::string(" ") + argv[i];
    run(options, command);
  } catch (const CLI::ParseError& problem) {
    return program.exit(problem) == 0 ? 0 : 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return program::run("attention_zoo", [&] { return run_command_line(argc, argv); });
}
