// translate: trains a translator, shows it at work, and translates.
#include "demo.h"
#include "training_command.h"

#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>

#include <CLI/CLI.hpp>

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

  const auto choice = [command](const char* name, std::string& value, const char* help, std::vector<std::string> known, const char* group) {
    command->add_option(name, value, help)->check(CLI::IsMember(std::move(known)))->capture_default_str()->group(group);
  };
  const auto number = [command](const char* name, auto& value, const char* help, const char* group) {
    command->add_option(name, value, help)->capture_default_str()->group(group);
  };
  ModelOptions& m = c.shape;
  choice("--model", c.model, "Kind of model", {"rnn", "gru", "lstm", "transformer"}, "Model");
  number("--dim,--embedding", m.dim, "Features of a word; in the Transformer of everything", "Model");
  number("--layers", m.layers, "Layers of the encoder and of the decoder", "Model");
  number("--dropout", m.dropout, "Probability of dropout", "Model");
  const char* const recurrent = "Model: rnn, gru, lstm";
  number("--hidden", m.hidden, "Features of a state", recurrent);
  choice("--attention", c.attention, "How the decoder compares its state with the source",
         {"none", "dot", "scaled_dot", "general", "additive", "cosine", "location", "content_location"}, recurrent);
  choice("--normalizer", c.normalizer, "How scores become weights", {"softmax", "sparsemax", "monotonic"}, recurrent);
  choice("--pattern", c.pattern, "Which source positions a step may look at",
         {"full", "causal", "window", "strided", "local_m", "local_p", "adaptive_span"}, recurrent);
  number("--window", m.attending.window, "Reach of window, local_m, local_p and adaptive_span", recurrent);
  number("--stride", m.attending.stride, "Stride of strided", recurrent);
  number("--attention-max-length", m.attending.max_length, "Most source positions that location can tell apart", recurrent);
  command->add_flag("--learn-temperature", m.attending.learn_temperature, "Multiply the scores by a learnt factor")->group(recurrent);
  choice("--timing", c.timing, "Attend before a step of the decoder (Bahdanau) or after it (Luong)", {"before", "after"}, recurrent);
  command->add_flag("--input-feeding,!--no-input-feeding", m.input_feeding, "With --timing after: feed what attention gave into the next step")
      ->group(recurrent);
  choice("--context", c.context, "Without attention: what the decoder knows of the source", {"last", "mean", "sum"}, recurrent);
  choice("--output", c.output, "direct: straight to the vocabulary; deep: tanh layer, tied to the embedding", {"direct", "deep"}, recurrent);
  const char* const transformer = "Model: transformer";
  number("--heads", m.heads, "Heads of an attention", transformer);
  number("--key-value-heads", m.key_value_heads, "Heads of keys and values, shared by groups of heads; 0: as many as heads", transformer);
  number("--ffn", m.ffn, "Hidden features of the position-wise networks", transformer);
  choice("--feed-forward", c.feed_forward, "Their activation", {"relu", "gelu", "swiglu"}, transformer);
  choice("--norm", c.norm, "Normalise after each part, or before it", {"post", "pre"}, transformer);
  choice("--norm-kind", c.norm_kind, "Layer normalisation, or by the root mean square", {"layer", "rms"}, transformer);
  choice("--positions", c.positions, "Where positions come from: added to the words, or inside self attention",
         {"none", "sinusoidal", "learned", "shaw", "t5", "rotary", "alibi"}, transformer);
  choice("--tie", c.tie, "One table for target words and output; all: for source words as well, with one vocabulary",
         {"none", "target", "all"}, transformer);

  TrainingOptions& t = c.training;
  command->add_option("--batch", t.batch, "Size of a batch")->capture_default_str()->group("Training");
  command->add_option("--batch-unit", c.batch_unit, "What it is counted in: sentences, or padded tokens")
      ->check(CLI::IsMember({"sentences", "tokens"}))->capture_default_str()->group("Training");
  command->add_option("--epochs", t.epochs, "Passes over the training text at most")->capture_default_str()->group("Training");
  command->add_option("--max-steps", t.max_steps, "Updates at most; 0: no limit")->capture_default_str()->group("Training");
  command->add_option("--lr", t.lr, "Learning rate of Adam")->capture_default_str()->group("Training");
  command->add_option("--warmup", t.warmup, "Steps over which the learning rate rises to it")->capture_default_str()->group("Training");
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
  command->add_option("--beam", options.beam, "Translations that are followed side by side; 1: the most likely word at every step")
      ->check(CLI::PositiveNumber)->capture_default_str();
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
