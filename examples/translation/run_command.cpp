#include "run_command.h"

#include "ensemble.h"
#include "line_input.h"
#include "progress.h"
#include "search.h"
#include "segments.h"
#include "unknown_words.h"

#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>
#include <cstdio>
#include <istream>
#include <ostream>

namespace translation {

using namespace gradus;

namespace {

[[noreturn]] void refuse(const std::string& what) { throw Error("run", what); }

void check_sampling(const RunCommand& command) {
  const std::pair<const char*, bool> of_beam[] = {{"--beam", command.beam.has_value()},
                                                  {"--length-penalty", command.length_penalty.has_value()},
                                                  {"--coverage", command.coverage.has_value()}};
  for (const auto& [name, given] : of_beam) {
    if (given && command.sample) {
      refuse(std::string(name) +
             " looks for the best translation, and --sample draws one at random: take one of the two");
    }
  }
  const std::pair<const char*, bool> of_sample[] = {{"--temperature", command.temperature.has_value()},
                                                    {"--top-k", command.top_k.has_value()},
                                                    {"--top-p", command.top_p.has_value()},
                                                    {"--seed", command.seed.has_value()}};
  for (const auto& [name, given] : of_sample) {
    if (given && !command.sample)
      refuse(std::string(name) + " says how words are drawn, and nothing is drawn without --sample");
  }
}

void check_beam(const RunCommand& command) {
  const std::int64_t beam = command.beam.value_or(1);
  if (command.nbest && !command.sample && *command.nbest > beam) {
    refuse("--nbest " + std::to_string(*command.nbest) + " asks for more translations than --beam " +
           std::to_string(beam) + " follows: give --beam " + std::to_string(*command.nbest) +
           " or more, or --sample");
  }
  for (const auto& [name, given] : {std::pair{"--length-penalty", command.length_penalty.has_value()},
                                    std::pair{"--coverage", command.coverage.has_value()}}) {
    if (given && beam == 1)
      refuse(std::string(name) + " compares the translations of a beam, and --beam 1 follows but one");
  }
}

/// The lines that wait to be translated.
struct Lines {
  std::uint64_t first = 0;  // number of the first among all, from 0
  std::vector<std::vector<std::string>> tokens;
  std::vector<std::vector<std::int64_t>> ids;
  std::vector<std::size_t> bytes;
};

class LineTranslator {
 public:
  LineTranslator(const RunCommand& command, std::int64_t in_bytes)
      : command_(command), predictor_(load_predictor(command.folders)) {
    if (in_bytes > 0) bar_.emplace("translating", static_cast<double>(in_bytes));
    if (command.replace_unknown)
      check_source_words(*predictor_.predictor, predictor_.source, predictor_.target);
    if (command.coverage.value_or(0) > 0 && !predictor_.predictor->has_attention()) {
      refuse("--coverage asks how much each source word was looked at, and " +
             std::string(command.folders.size() == 1 ? "the model" : "one of the models") +
             " has no attention");
    }
  }

  std::int64_t most_words() const { return predictor_.predictor->most_words(); }
  std::size_t lines() const { return lines_.ids.size(); }
  std::int64_t cut_lines() const { return cut_; }

  /// Takes a line to be translated.
  void add(const std::string& line) {
    const auto most = static_cast<std::size_t>(most_words());
    lines_.tokens.push_back(predictor_.source.tokenize(line));
    lines_.ids.push_back(predictor_.source.vocabulary().encode(lines_.tokens.back()));
    lines_.bytes.push_back(line.size() + 1);
    if (lines_.ids.back().size() <= most) return;
    lines_.ids.back().resize(most);
    ++cut_;
  }

  /// Translates and writes the lines that have been taken.
  void flush(std::ostream& out) {
    std::vector<std::vector<Translation>> translations(lines(),
                                                       {Translation{}});  // of empty lines an empty one
    for (const std::vector<std::size_t>& places :
         batches_by_length(lines_.ids, static_cast<std::size_t>(command_.batch))) {
      std::vector<std::vector<Translation>> found = search(places);
      for (std::size_t i = 0; i < places.size(); ++i) translations[places[i]] = std::move(found[i]);
      advance(places);
    }
    for (std::size_t place = 0; place < lines(); ++place) write(place, translations[place], out);
    flush_output(out, "run");
    lines_.first += lines();
    lines_.tokens.clear();
    lines_.ids.clear();
    lines_.bytes.clear();
  }
  void finish(std::ostream& out) {
    flush(out);
    if (bar_) bar_->finish();
  }

 private:
  void advance(const std::vector<std::size_t>& places) {
    if (!bar_) return;
    for (const std::size_t place : places) done_bytes_ += static_cast<std::int64_t>(lines_.bytes[place]);
    done_lines_ += std::ssize(places);
    bar_->update(static_cast<double>(done_bytes_), std::to_string(done_lines_) + " lines");
  }

  /// Translations of the lines at these places, one or --nbest of each.
  std::vector<std::vector<Translation>> search(const std::vector<std::size_t>& places) const {
    std::vector<std::vector<std::int64_t>> sources;
    std::vector<std::uint64_t> numbers;
    for (const std::size_t place : places) {
      sources.push_back(lines_.ids[place]);
      numbers.push_back(lines_.first + place);
    }
    const Predictor& predictor = *predictor_.predictor;
    const Unknown unknown = command_.replace_unknown ? Unknown::written : Unknown::left_out;
    if (command_.sample) {
      return sampled_translations(predictor, sources, numbers,
                                  {.temperature = command_.temperature.value_or(1),
                                   .top_k = command_.top_k.value_or(0),
                                   .top_p = command_.top_p.value_or(1),
                                   .draws = command_.nbest.value_or(1),
                                   .seed = command_.seed.value_or(0),
                                   .unknown = unknown});
    }
    if (command_.beam.value_or(1) > 1 || command_.nbest) {
      return best_translations(predictor, sources,
                               {.width = command_.beam.value_or(1),
                                .length_penalty = command_.length_penalty.value_or(1),
                                .coverage = command_.coverage.value_or(0),
                                .best = command_.nbest.value_or(1),
                                .unknown = unknown,
                                .weights = command_.replace_unknown});
    }
    std::vector<std::vector<Translation>> results;
    for (Translation& translation : greedy_search(predictor, sources, unknown))
      results.push_back({std::move(translation)});
    return results;
  }

  void write(std::size_t place, const std::vector<Translation>& translations, std::ostream& out) const {
    for (const Translation& translation : translations) {
      const std::string text = command_.replace_unknown ? with_source_words(translation, lines_.tokens[place],
                                                                            predictor_.target.vocabulary())
                                                        : predictor_.target.decode(translation.ids);
      if (command_.nbest) {
        out << std::to_string(lines_.first + place) << " ||| " << text << " ||| "
            << scoring::fixed(translation.score, 4) << "\n";
      } else {
        out << text << "\n";
      }
    }
  }

  const RunCommand& command_;
  TextPredictor predictor_;
  Lines lines_;
  std::int64_t cut_ = 0;         // lines of too many words
  std::optional<Progress> bar_;  // of bytes, empty lines left out
  std::int64_t done_bytes_ = 0, done_lines_ = 0;
};

void report(const LineTranslator& translator, const LineInput& input) {
  if (translator.cut_lines() > 0) {
    const auto most = static_cast<long long>(translator.most_words());
    std::fprintf(
        stderr, "%lld of %lld lines had more than %lld tokens; of each the first %lld were translated\n",
        static_cast<long long>(translator.cut_lines()), static_cast<long long>(input.lines()), most, most);
  }
  if (input.repaired_lines() > 0) {
    std::fprintf(stderr, "%lld of %lld lines held bytes that are no UTF-8 text; each was read as U+FFFD\n",
                 static_cast<long long>(input.repaired_lines()), static_cast<long long>(input.lines()));
  }
}

}  // namespace

void run_translation(const RunCommand& command, std::istream& in, std::ostream& out, std::int64_t in_bytes) {
  check_sampling(command);
  check_beam(command);
  if (command.threads != 0) set_num_threads(command.threads);
  LineTranslator translator(command, in_bytes);
  // A person who types waits for each line; text from a file is translated many lines at once.
  const auto most_lines = static_cast<std::size_t>(std::max<std::int64_t>(1024, command.batch));
  LineInput input(in, "run");
  const auto next = [&](std::string& line) {
    try {
      return input.next(line);
    } catch (const Error&) {
      translator.flush(out);  // what came before the line that cannot be read
      throw;
    }
  };
  for (std::string line; next(line);) {
    translator.add(line);
    if (input.drained() || translator.lines() == most_lines) translator.flush(out);
  }
  translator.finish(out);
  report(translator, input);
}

}  // namespace translation
