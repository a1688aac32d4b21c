// translate: trains a translator, shows it at work, and translates.
#include "demo.h"
#include "training_command.h"

#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>

#include <CLI/CLI.hpp>

#include <iostream>

namespace {

using namespace translation;

const char* const description =
    "Neural machine translation, from text to a translator you can talk to.\n"
    "\n"
    "  translate demo                    trains on a small built-in corpus and shows what it learnt\n"
    "  translate train --source train.de --target train.en \\\n"
    "    --valid-source val.de --valid-target val.en --out model\n"
    "  echo 'ein mann schläft .' | translate run model\n"
    "  translate run model < test.de | translate score test.en\n";

void add_demo(CLI::App& program, DemoOptions& options) {
  CLI::App* command = program.add_subcommand(
      "demo", "Train English to French and English to Chinese on a built-in corpus, translate sentences that were not "
              "in it, and draw the attention of one");
  command->add_option("--seed", options.seed, "Seed of the corpus, the weights and the order of the batches")
      ->capture_default_str();
  command->add_option("--threads", options.threads, "Threads; 0 takes the processors there are")->capture_default_str();
}

void add_train(CLI::App& program, TrainCommand& command_options) {
  CLI::App* command = program.add_subcommand("train", "Train on two line-aligned files and keep the best model");
  TrainCommand& c = command_options;
  command->add_option("--source", c.source, "Training text, one sentence a line")->required()->type_name("FILE");
  command->add_option("--target", c.target, "Its translation, line by line")->required()->type_name("FILE");
  command->add_option("--valid-source", c.valid_source, "Text to choose the best epoch by")->required()->type_name("FILE");
  command->add_option("--valid-target", c.valid_target, "Its translation")->required()->type_name("FILE");
  command->add_option("--out", c.out, "Folder for the model and the logs; must be new or empty")->required()->type_name("DIR");

  command->add_option("--source-tokens", c.source_tokens, "What a source token is")
      ->check(CLI::IsMember({"words", "characters"}))->capture_default_str()->group("Text");
  command->add_option("--target-tokens", c.target_tokens, "What a target token is (characters for Chinese)")
      ->check(CLI::IsMember({"words", "characters"}))->capture_default_str()->group("Text");
  command->add_option("--min-frequency", c.vocabulary.min_frequency, "Rarer tokens become <unk>")
      ->capture_default_str()->group("Text");
  command->add_option("--max-vocabulary", c.vocabulary.max_size, "Most entries of a vocabulary; 0: no limit")
      ->capture_default_str()->group("Text");
  command->add_option("--max-length", c.filter.max_length, "Longer sentences are left out of the training, in tokens")
      ->capture_default_str()->group("Text");
  command->add_option("--max-ratio", c.filter.max_ratio, "So are pairs where one side is this many times longer; 0: none")
      ->capture_default_str()->group("Text");

  command->add_option("--model", c.model, "Kind of model")->check(CLI::IsMember({"gru"}))->capture_default_str()->group("Model");
  command->add_option("--attention", c.attention, "How the decoder looks at the source")
      ->check(CLI::IsMember({"none", "dot", "scaled_dot", "general", "additive"}))->capture_default_str()->group("Model");
  command->add_option("--context", c.context, "Without attention: what it knows of the source")
      ->check(CLI::IsMember({"last", "mean", "sum"}))->capture_default_str()->group("Model");
  command->add_option("--output", c.output, "direct: straight to the vocabulary; deep: tanh layer, tied to the embedding")
      ->check(CLI::IsMember({"direct", "deep"}))->capture_default_str()->group("Model");
  command->add_option("--embedding", c.shape.embedding, "Features of a word")->capture_default_str()->group("Model");
  command->add_option("--hidden", c.shape.hidden, "Features of a state")->capture_default_str()->group("Model");
  command->add_option("--layers", c.shape.layers, "Layers of the encoder and of the decoder")->capture_default_str()->group("Model");
  command->add_option("--dropout", c.shape.dropout, "On embeddings, between layers and before the output")
      ->capture_default_str()->group("Model");

  TrainingOptions& t = c.training;
  command->add_option("--batch", t.batch, "Size of a batch")->capture_default_str()->group("Training");
  command->add_option("--batch-unit", c.batch_unit, "What it is counted in: sentences, or padded tokens")
      ->check(CLI::IsMember({"sentences", "tokens"}))->capture_default_str()->group("Training");
  command->add_option("--epochs", t.epochs, "Passes over the training text at most")->capture_default_str()->group("Training");
  command->add_option("--max-steps", t.max_steps, "Updates at most; 0: no limit")->capture_default_str()->group("Training");
  command->add_option("--lr", t.lr, "Learning rate of Adam")->capture_default_str()->group("Training");
  command->add_option("--lr-decay", t.lr_decay, "Factor on it after an epoch without a better validation loss")
      ->capture_default_str()->group("Training");
  command->add_option("--label-smoothing", t.label_smoothing, "Share of the probability spread over all words")
      ->capture_default_str()->group("Training");
  command->add_option("--clip", t.clip, "Largest norm of all gradients together")->capture_default_str()->group("Training");
  command->add_option("--patience", t.patience, "Epochs without a better validation BLEU before it stops")
      ->capture_default_str()->group("Training");
  command->add_option("--seed", t.seed, "Seed of the weights, the dropout and the order of the batches")
      ->capture_default_str()->group("Training");
  command->add_option("--threads", c.threads, "Threads; 0 takes the processors there are")->capture_default_str()->group("Training");
}

void add_run(CLI::App& program, RunCommand& options) {
  CLI::App* command =
      program.add_subcommand("run", "Translate: a sentence a line from standard input, a translation a line to standard output");
  command->add_option("folder", options.folder, "Folder of a training run")->required()->type_name("DIR");
  command->add_option("--threads", options.threads, "Threads; 0 takes the processors there are")->capture_default_str();
}

void add_score(CLI::App& program, std::string& reference) {
  CLI::App* command = program.add_subcommand(
      "score", "BLEU of translations on standard input, on words as they stand between spaces");
  command->add_option("reference", reference, "The right translations, line by line")->required()->type_name("FILE");
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);  // so that `run` can see how much of its input is there already
  CLI::App program(description);
  program.require_subcommand(1);
  DemoOptions demo_options;
  TrainCommand train_options;
  RunCommand run_options;
  add_demo(program, demo_options);
  add_train(program, train_options);
  add_run(program, run_options);
  std::string reference;
  add_score(program, reference);
  try {
    program.parse(argc, argv);
    if (program.got_subcommand("demo")) run_demo(demo_options);
    else if (program.got_subcommand("train")) run_training(train_options);
    else if (program.got_subcommand("run")) run_translation(run_options, std::cin, std::cout);
    else run_scoring(reference, std::cin, std::cout);
  } catch (const CLI::ParseError& problem) {
    return program.exit(problem) == 0 ? 0 : 1;
  } catch (const std::exception& problem) {
    std::cerr << "translate: " << problem.what() << "\n";
    return 1;
  }
  return 0;
}
