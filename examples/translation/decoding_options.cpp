#include "decoding_options.h"

#include "option_checks.h"

#include <CLI/CLI.hpp>

namespace translation {

namespace {

/// The folders, --batch and --threads.
void add_shared(CLI::App& command, std::vector<std::string>& folders, std::int64_t& batch, int& threads) {
  command
      .add_option("folders", folders,
                  "Folder of a training run, or a file of weights in it; several are an ensemble, which "
                  "gives a word the mean of their "
                  "probabilities: they need the same vocabularies")
      ->required()
      ->type_name("DIR");
  command
      .add_option("--batch", batch,
                  "Sentences side by side: more are faster and take more memory, and say the same")
      ->transform(whole_number(1, 10000))
      ->capture_default_str()
      ->group("Course");
  add_threads(command, threads)->group("Course");
}

void add_beam(CLI::App& command, RunCommand& options) {
  const char* const group = "Search: the best translation";
  command
      .add_option("--beam", options.beam,
                  "Translations that are followed side by side; 1: the most likely word at every step")
      ->transform(whole_number(1, 1000))
      ->default_str("1")
      ->group(group);
  command
      .add_option("--length-penalty", options.length_penalty,
                  "A in the score of a translation of n words, the end included, ln p / n^A: 0 prefers short "
                  "ones, larger numbers long ones")
      ->check(number("from 0 to 10", [](double value) { return value >= 0 && value <= 10; }))
      ->type_name("A")
      ->default_str("1")
      ->group(group);
  command
      .add_option(
          "--coverage", options.coverage,
          "B in what is added to it, B * sum over the source words of ln min(1, attention to it): for "
          "translations that leave nothing out, such as 0.1 with --length-penalty 0.5; the larger A, the "
          "smaller B")
      ->check(not_negative())
      ->type_name("B")
      ->default_str("0")
      ->group(group);
}

void add_sampling(CLI::App& command, RunCommand& options) {
  const char* const group = "Search: a translation drawn at random";
  command
      .add_flag("--sample", options.sample,
                "Draw every word by its probability; the draw of a line depends on --seed and the number of "
                "the line alone")
      ->group(group);
  command
      .add_option("--temperature", options.temperature,
                  "Below 1 likely words become likelier, above 1 all become alike")
      ->check(number("above 0", [](double value) { return value > 0; }))
      ->default_str("1")
      ->group(group);
  command
      .add_option("--top-k", options.top_k, "Draw among the K likeliest words alone; all where none is given")
      ->transform(whole_number(1, 1000000000))
      ->type_name("K")
      ->group(group);
  command
      .add_option("--top-p", options.top_p,
                  "Draw among the fewest likeliest words that have the share P of the probability")
      ->check(number("above 0 and up to 1", [](double value) { return value > 0 && value <= 1; }))
      ->type_name("P")
      ->default_str("1")
      ->group(group);
  command.add_option("--seed", options.seed, "Another one gives other draws")
      ->transform(any_seed())
      ->default_str("0")
      ->group(group);
}

void add_output(CLI::App& command, RunCommand& options) {
  const char* const group = "Output";
  command
      .add_option(
          "--nbest", options.nbest,
          "Lines 'INDEX ||| translation ||| score' as Moses writes them, INDEX from 0: the N best of the "
          "beam, best first and behind them what was cut off for its length, or N draws, with their mean "
          "log-probability of a word")
      ->transform(whole_number(1, 1000))
      ->type_name("N")
      ->group(group);
  command
      .add_flag(
          "--replace-unknown", options.replace_unknown,
          "Let <unk> be written, and put the source word that it looked at most in its place; without it "
          "<unk> is never written. Tokens must be words, and the model needs attention")
      ->group(group);
}

}  // namespace

void add_run(CLI::App& program, RunCommand& options) {
  CLI::App* command = program.add_subcommand(
      "run", "Translate: a sentence a line from standard input, a translation a line to standard output");
  add_beam(*command, options);
  add_sampling(*command, options);
  add_output(*command, options);
  add_shared(*command, options.folders, options.batch, options.threads);
}

void add_logprob(CLI::App& program, LogprobCommand& options) {
  CLI::App* command = program.add_subcommand(
      "logprob",
      "Score given translations by forced decoding: for each pair of lines the log-probability (base e) of "
      "the target and the number of its tokens, the end included; then the perplexity, to standard error");
  command->add_option("--source", options.source, "Sentences, one a line")->required()->type_name("FILE");
  command->add_option("--target", options.target, "Their translations, line by line")
      ->required()
      ->type_name("FILE");
  command->add_flag("--per-token", options.per_token,
                    "Behind them each token with its log-probability, between tabs");
  add_shared(*command, options.folders, options.batch, options.threads);
}

}  // namespace translation
