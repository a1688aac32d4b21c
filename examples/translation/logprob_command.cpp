#include "logprob_command.h"

#include "ensemble.h"
#include "forced_decoding.h"
#include "line_input.h"
#include "search.h"
#include "segments.h"

#include <gradus/data/corpus.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>
#include <gradus/tensor/parallel.h>

#include <cmath>
#include <numeric>
#include <ostream>

namespace translation {

using namespace gradus;

namespace {

/// Sentence pairs as numbers.
struct Pairs {
  std::vector<Example> examples;
  std::int64_t cut = 0;           // of more source words than the model reads
  std::int64_t target_words = 0;  // between white space, and one for the end of each sentence
};

Pairs read_pairs(const LogprobCommand& command, const TextPredictor& predictor) {
  const ParallelCorpus corpus = read_parallel(command.source, command.target);
  Pairs pairs;
  pairs.examples = encode(corpus, predictor.source, predictor.target);
  const auto most = static_cast<std::size_t>(predictor.predictor->most_words());
  const std::int64_t most_target = most_target_words();
  pairs.target_words = count_words(corpus.target);
  for (std::size_t i = 0; i < pairs.examples.size(); ++i) {
    Example& example = pairs.examples[i];
    if (std::ssize(example.target) > most_target) {
      throw Error("logprob", "line " + std::to_string(i + 1) + " of '" + path_text(command.target) +
                                 "' has " + std::to_string(example.target.size()) +
                                 " tokens; the model can write " + std::to_string(most_target) + " at most");
    }
    if (example.source.size() > most) {
      example.source.resize(most);
      ++pairs.cut;
    }
  }
  return pairs;
}

/// Of every pair, in batches of similar target lengths.
std::vector<std::vector<double>> score(const Predictor& predictor, const Pairs& pairs,
                                       std::size_t batch_size) {
  std::vector<std::vector<std::int64_t>> targets;  // with their ends, so that none is empty
  for (const Example& example : pairs.examples) {
    targets.push_back(example.target);
    targets.back().push_back(Vocabulary::end);
  }
  std::vector<std::vector<double>> scores(pairs.examples.size());
  for (const std::vector<std::size_t>& places : batches_by_length(targets, batch_size)) {
    std::vector<Example> examples;
    for (const std::size_t place : places) examples.push_back(pairs.examples[place]);
    std::vector<std::vector<double>> found = forced_log_probabilities(predictor, examples);
    for (std::size_t i = 0; i < places.size(); ++i) scores[places[i]] = std::move(found[i]);
  }
  return scores;
}

void write(const Example& example, const std::vector<double>& scores, const Vocabulary* tokens,
           std::ostream& out) {
  out << scoring::fixed(std::accumulate(scores.begin(), scores.end(), 0.0), 4) << "\t"
      << std::to_string(scores.size());
  for (std::size_t t = 0; tokens && t < scores.size(); ++t) {
    const std::int64_t id = t < example.target.size() ? example.target[t] : Vocabulary::end;
    out << "\t" << tokens->token(id) << " " << scoring::fixed(scores[t], 4);
  }
  out << "\n";
}

}  // namespace

void run_logprob(const LogprobCommand& command, std::ostream& out, std::ostream& report) {
  if (command.threads != 0) set_num_threads(command.threads);
  const TextPredictor predictor = load_predictor(command.folders);
  const Pairs pairs = read_pairs(command, predictor);
  const std::vector<std::vector<double>> scores =
      score(*predictor.predictor, pairs, static_cast<std::size_t>(command.batch));
  double sum = 0;
  std::size_t tokens = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    write(pairs.examples[i], scores[i], command.per_token ? &predictor.target.vocabulary() : nullptr, out);
    sum = std::accumulate(scores[i].begin(), scores[i].end(), sum);
    tokens += scores[i].size();
  }
  flush_output(out, "logprob");
  if (pairs.cut > 0) {
    const std::string most = std::to_string(predictor.predictor->most_words());
    report << std::to_string(pairs.cut) << " of " << std::to_string(pairs.examples.size())
           << " source lines had more than " << most << " tokens; of each the first " << most
           << " were read\n";
  }
  const auto perplexity = [&](double units) { return scoring::fixed(std::exp(-sum / units), 4); };
  report << "perplexity " << perplexity(static_cast<double>(tokens)) << " per token ("
         << std::to_string(tokens) << " tokens, the ends of sentences included), "
         << perplexity(static_cast<double>(pairs.target_words)) << " per word ("
         << std::to_string(pairs.target_words)
         << " words: what stands between white space, and one for the end of each sentence)\n";
}

}  // namespace translation
