// translate: trains a translator, shows it at work, and translates.
#include "attention_options.h"
#include "average.h"
#include "decoding_options.h"
#include "demo.h"
#include "option_checks.h"
#include "program.h"
#include "recipes.h"
#include "replay.h"
#include "score_options.h"
#include "training_command.h"
#include "training_options.h"

#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace translation;

const char* const description =
    "Neural machine translation, from text to a translator you can talk to.\n"
    "\n"
    "  translate demo                    trains on a small built-in corpus and shows what it learnt\n"
    "  translate train --source train.de --target train.en \\\n"
    "    --valid-source val.de --valid-target val.en --out model\n"
    "  echo 'ein mann schläft .' | translate run model\n"
    "  translate config flagship > flagship.json   all options of a recipe, for train --config "
    "flagship.json\n"
    "  translate attention model 'ein mann schläft .' --html page.html     what it looked at\n"
    "  translate run model < test.de | translate score test.en --tokenize none --metric bleu,chrf\n"
    "  translate run model other --beam 5 --nbest 5  together, and not only the best\n"
    "  translate logprob model --source test.de --target test.en   how likely these translations are\n"
    "  translate train --out model --resume        goes on with a training that was interrupted\n"
    "  translate replay model --step 100           makes a step of it again\n";

void add_demo(CLI::App& program, DemoOptions& options) {
  CLI::App* command = program.add_subcommand("demo",
                                             "Train English to French and English to Chinese on a built-in "
                                             "corpus, translate sentences that were not "
                                             "in it, and draw the attention of one");
  command->add_option("--seed", options.seed, "Seed of the corpus, the weights and the order of the batches")
      ->transform(any_seed())
      ->capture_default_str();
  add_threads(*command, options.threads);
}

/// The recipes, a line each.
std::string recipe_list() {
  std::string list;
  for (const Recipe& recipe : recipes()) {
    const std::string name = recipe.name;
    list += name + std::string(14 - name.size(), ' ') + recipe.about + "\n";
  }
  return list;
}

void add_config(CLI::App& program, std::string& name) {
  CLI::App* command = program.add_subcommand("config",
                                             "Print all options of a recipe, to be changed and given to "
                                             "`translate train --config FILE`; without a name: which "
                                             "recipes there are");
  std::vector<std::string> names;
  for (const Recipe& recipe : recipes()) names.emplace_back(recipe.name);
  command->add_option("name", name, "Of a recipe")->type_name("NAME")->check(CLI::IsMember(names));
  command->footer(recipe_list());
}

/// Of the recipe of that name; the list of all for "".
void print_config(const std::string& name) {
  if (name.empty()) {
    std::cout << recipe_list();
    return;
  }
  const auto recipe =
      std::find_if(recipes().begin(), recipes().end(), [&name](const Recipe& r) { return r.name == name; });
  CLI::App program;
  TrainCommand command;
  add_train(program, command);
  program.parse("train --out - " + std::string(recipe->arguments));
  std::cout << config_of(command);
}

void add_average(CLI::App& program, AverageCommand& options) {
  CLI::App* command = program.add_subcommand("average",
                                             "Write the mean of the weights of several checkpoints of a run, "
                                             "of those that it has kept (--keep-checkpoints)");
  command->add_option("folder", options.folder, "Folder of a training run")->required()->type_name("DIR");
  CLI::Option_group* which = command->add_option_group("Which");
  which->add_option("--last", options.last, "The K latest checkpoints")
      ->transform(whole_number(1, 1000000000))
      ->type_name("K");
  which
      ->add_option("--best", options.best,
                   "The K with the best validation BLEU, of those at the ends of epochs")
      ->transform(whole_number(1, 1000000000))
      ->type_name("K");
  which->require_option(1);
  command
      ->add_option(
          "--out", options.out,
          "A safetensors file; where it lies in the folder, `translate run` takes it in place of that")
      ->required()
      ->type_name("FILE");
}

void add_replay(CLI::App& program, ReplayCommand& options) {
  CLI::App* command = program.add_subcommand(
      "replay",
      "Make a step of a training again, from the latest checkpoint before it or from its seed; print its "
      "loss and the norms "
      "of its gradients, and whether the loss is that of log.jsonl bit for bit (status 1 where it is not)");
  command->add_option("folder", options.folder, "Folder of a training run; nothing in it is written")
      ->required()
      ->type_name("DIR");
  command->add_option("--step", options.step, "Number of the step, from 1, as in log.jsonl")
      ->required()
      ->transform(whole_number())
      ->type_name("N");
  add_threads(*command, options.threads);
}

/// The size of standard input, where it is a file whose translations nobody sees coming; otherwise 0.
std::int64_t bytes_to_translate() {
  struct stat input;
  const bool is_file = fstat(STDIN_FILENO, &input) == 0 && S_ISREG(input.st_mode);
  return is_file && isatty(STDOUT_FILENO) == 0 ? input.st_size : 0;
}

int run_command_line(int argc, char** argv) {
  std::ios::sync_with_stdio(false);  // so that `run` can see how much of its input is there already
  CLI::App program(description);
  program.require_subcommand(1);
  DemoOptions demo_options;
  TrainCommand train_options;
  RunCommand run_options;
  add_demo(program, demo_options);
  const CLI::App* const train = add_train(program, train_options);
  add_run(program, run_options);
  LogprobCommand logprob_options;
  add_logprob(program, logprob_options);
  ReplayCommand replay_options;
  add_replay(program, replay_options);
  scoring::ScoreCommand score_options;
  add_score(program, score_options);
  std::string recipe;
  add_config(program, recipe);
  AverageCommand average_options;
  add_average(program, average_options);
  AttentionCommand attention_options;
  add_attention(program, attention_options);
  try {
    program.parse(argc, argv);
    for (RunOption& option : train_options.options)
      option.given = train->get_option("--" + option.name)->count() > 0;
    if (train->get_option("--config")->count() > 0) take_config(train_options.options, train_options.config);
    if (program.got_subcommand("demo")) run_demo(demo_options);
    else if (program.got_subcommand("train")) return run_training(train_options);
    else if (program.got_subcommand("replay")) return run_replay(replay_options, train_options, std::cout);
    else if (program.got_subcommand("config")) print_config(recipe);
    else if (program.got_subcommand("average")) run_average(average_options, std::cout);
    else if (program.got_subcommand("run"))
      run_translation(run_options, std::cin, std::cout, bytes_to_translate());
    else if (program.got_subcommand("attention")) run_attention(attention_options, std::cout);
    else if (program.got_subcommand("logprob")) run_logprob(logprob_options, std::cout, std::cerr);
    else scoring::run_score(score_options, std::cout, std::cerr);
  } catch (const CLI::ParseError& problem) {
    return program.exit(problem) == 0 ? 0 : 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return program::run("translate", [&] { return run_command_line(argc, argv); });
}
