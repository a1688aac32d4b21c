#include "score_options.h"

#include "option_checks.h"

#include <CLI/CLI.hpp>

#include <map>
#include <string>

namespace translation {

using scoring::ScoreCommand;
using scoring::Smoothing;

namespace {

void add_files(CLI::App& command, ScoreCommand& options) {
  command
      .add_option("--reference,reference", options.references,
                  "The right translations, line by line; several files: several right ones for each line")
      ->required()
      ->type_name("FILE");
  command
      .add_option(
          "--hypothesis", options.hypotheses,
          "The translations to score; without it standard input is read. Given several times: systems, which "
          "are compared with the first by paired bootstrap resampling")
      ->allow_extra_args(false)
      ->type_name("FILE");
}

void add_output(CLI::App& command, ScoreCommand& options) {
  command
      .add_option("--metric", options.metrics,
                  "What to score with: bleu, chrf, chrf++, ter; several with commas")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"bleu", "chrf", "chrf++", "ter"}))
      ->capture_default_str();
  command.add_flag(
      "--json", options.json,
      "All digits: an object keyed by metric; an array of them for several systems, or for lines");
  command.add_flag("--sentence", options.sentence, "Scores of every line, BLEU with effective order");
  command
      .add_option("--confidence", options.confidence,
                  "95 % intervals from N resampled corpora; 1000 where N is left out")
      ->expected(0, 1)
      ->transform(whole_number(1, 1000000))
      ->default_str("1000")
      ->type_name("N");
  command.add_option("--seed", options.seed, "Seed of the resampling")
      ->transform(any_seed())
      ->capture_default_str();
  command.add_flag("--lowercase", options.bleu.lowercase,
                   "BLEU and chrF in lower case (TER is unless told otherwise)");
}

void add_bleu(CLI::App& command, scoring::BleuOptions& options) {
  const char* const group = "BLEU";
  command
      .add_option_function<std::string>(
          "--tokenize",
          [&options](const std::string& name) { options.tokenizer = scoring::find_tokenizer(name).value(); },
          "How lines become tokens: 13a where nothing is said; none: they are tokenised already")
      ->check(CLI::IsMember(scoring::tokenizer_names()))
      ->group(group);
  static const std::map<std::string, Smoothing> smoothings{{"none", Smoothing::none},
                                                           {"exp", Smoothing::exp},
                                                           {"floor", Smoothing::floor},
                                                           {"add-k", Smoothing::add_k}};
  command
      .add_option_function<std::string>(
          "--smooth", [&options](const std::string& name) { options.smoothing = smoothings.at(name); },
          "What stands in for the matches of an order without one; exp where nothing is said")
      ->check(CLI::IsMember({"none", "exp", "floor", "add-k"}))
      ->group(group);
  command
      .add_option("--smooth-value", options.smooth_value,
                  "The count for floor, 0.1 by default; what add-k adds, 1 by default")
      ->group(group);
  command.add_option("--max-order", options.max_order, "Longest n-grams")
      ->transform(whole_number(1, 100))
      ->capture_default_str()
      ->group(group);
}

void add_chrf(CLI::App& command, scoring::ChrfOptions& options) {
  const char* const group = "chrF";
  const auto number = [&](const char* name, int& value, int least, int most, const char* help) {
    command.add_option(name, value, help)
        ->transform(whole_number(least, most))
        ->capture_default_str()
        ->group(group);
  };
  number("--chrf-char-order", options.char_order, 1, 100, "Longest n-grams of characters");
  number("--chrf-word-order", options.word_order, 0, 100,
         "Longest n-grams of words; chrf++ takes 2 whatever stands here");
  number("--chrf-beta", options.beta, 1, 1000, "How many times as much as precision recall counts");
  command.add_flag("--chrf-whitespace", options.whitespace, "White space counts as a character")
      ->group(group);
  command
      .add_flag("--chrf-eps-smoothing", options.eps_smoothing,
                "Average the scores of all orders, instead of precision and recall of those that there are")
      ->group(group);
}

void add_ter(CLI::App& command, scoring::TerOptions& options) {
  const char* const group = "TER";
  const auto flag = [&](const char* name, bool& value, const char* help) {
    command.add_flag(name, value, help)->group(group);
  };
  flag("--ter-case-sensitive", options.case_sensitive, "Tell capitals from small letters");
  flag("--ter-normalized", options.normalized, "Split off punctuation");
  flag("--ter-no-punct", options.no_punct, "Leave out . , ? : ; ! \" ( )");
  flag("--ter-asian-support", options.asian_support,
       "With --ter-normalized split Chinese and Japanese too; with --ter-no-punct leave out their "
       "punctuation too");
}

}  // namespace

void add_score(CLI::App& program, ScoreCommand& options) {
  CLI::App* command = program.add_subcommand(
      "score", "BLEU, chrF and TER of translations, with the digits of sacreBLEU 2.6.0");
  add_files(*command, options);
  add_output(*command, options);
  add_bleu(*command, options.bleu);
  command
      ->add_flag("--force", options.force,
                 "No warning where the lines look as if they were tokenised already")
      ->group("BLEU");
  add_chrf(*command, options.chrf);
  add_ter(*command, options.ter);
  command->final_callback([&options] { options.chrf.lowercase = options.bleu.lowercase; });
}

}  // namespace translation
