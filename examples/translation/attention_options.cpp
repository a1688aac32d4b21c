#include "attention_options.h"

#include "option_checks.h"

#include <CLI/CLI.hpp>

namespace translation {

void add_attention(CLI::App& program, AttentionCommand& options) {
  CLI::App* command = program.add_subcommand(
      "attention", "Show what the model looks at while it translates a sentence, here or as a page");
  command->add_option("folder", options.folder, "Folder of a training run, or a file of weights in it")
      ->required()
      ->type_name("DIR");
  command->add_option("sentence", options.query.sentence, "The sentence to translate")
      ->required()
      ->type_name("SENTENCE");
  command
      ->add_option("--html", options.html,
                   "Write a page for the browser with every layer, head and step; it needs no network")
      ->type_name("FILE");
  CLI::Option* beam =
      command
          ->add_option("--beam", options.query.beam,
                       "Translations that are followed side by side; 1: the most likely word at every step")
          ->transform(whole_number(1, 1000))
          ->capture_default_str();
  command
      ->add_option("--target", options.query.target,
                   "Show the attention while the model writes this translation, whatever it would write")
      ->type_name("TRANSLATION")
      ->excludes(beam);
  add_threads(*command, options.threads);
}

}  // namespace translation
