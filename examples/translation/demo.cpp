#include "demo.h"

#include "demo_baselines.h"
#include "demo_corpus.h"
#include "heatmap.h"
#include "progress.h"
#include "training.h"

#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tensor/random.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace translation {

using namespace gradus;

namespace {

/// One pair of languages: what it is called and how its target text is cut.
struct Pair {
  DemoLanguage language;
  const char* name;    // "en-fr"
  const char* target;  // "French"
  Tokenizer tokens;
  std::int64_t sentences;  // to learn from: French, with its agreements, takes more
  std::int64_t epochs;
};

ParallelCorpus as_corpus(const std::vector<DemoPair>& pairs) {
  ParallelCorpus corpus;
  for (const DemoPair& pair : pairs) {
    corpus.source.push_back(pair.source);
    corpus.target.push_back(pair.target);
  }
  return corpus;
}

Data make_data(const DemoCorpus& corpus, Tokenizer target_tokens) {
  const ParallelCorpus train = as_corpus(corpus.train);
  Data data;
  data.source = Language::of_tokens(train.source, {Tokenizer::words}, {});
  data.target = Language::of_tokens(train.target, target_tokens, {});
  data.train = encode(train, data.source, data.target);
  return data;
}

ModelOptions model_options(const Data& data) {
  return {.source_vocabulary = data.source.vocabulary().size(),
          .target_vocabulary = data.target.vocabulary().size(),
          .dim = 64,
          .dropout = 0.1,
          .hidden = 128};
}

/// How many of the sentences come out exactly right.
std::int64_t count_exact(const TranslationModel& model, const Data& data, const std::vector<DemoPair>& pairs) {
  const ParallelCorpus corpus = as_corpus(pairs);
  const std::vector<std::string> translations = translate_lines(model, data.source, data.target, corpus.source);
  std::int64_t right = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) right += translations[i] == corpus.target[i];
  return right;
}

void flush_output() {
  if (std::fflush(stdout) != 0)
    throw Error("demo", std::string("cannot write to standard output: ") + std::strerror(errno));
}

std::vector<std::string> tokens_of(const Language& language, std::span<const std::int64_t> ids) {
  std::vector<std::string> tokens;
  for (const std::int64_t id : ids) tokens.push_back(language.vocabulary().token(id));
  return tokens;
}

void show_translations(const TranslationModel& model, const Data& data) {
  std::printf("Sentences that were not in the training text:\n");
  const std::vector<std::string> sentences = demo_showcase();
  const std::vector<std::string> translations = translate_lines(model, data.source, data.target, sentences);
  for (std::size_t i = 0; i < sentences.size(); ++i) std::printf("  %s -> %s\n", sentences[i].c_str(), translations[i].c_str());
}

void show_attention(const TranslationModel& model, const Data& data, const std::string& sentence) {
  const std::vector<std::vector<std::int64_t>> source{data.source.encode(sentence)};
  const Translation translation = greedy_search(model, source)[0];
  std::vector<std::string> read = tokens_of(data.source, source[0]), written = tokens_of(data.target, translation.ids);
  read.push_back("(end)");
  written.push_back("(end)");
  std::printf("\nWhere it looked (percent) while it translated '%s':\n%s\n", sentence.c_str(),
              heatmap(read, written, translation.weights, heatmap_options()).c_str());
}

/// Trains one pair and shows it; returns the line for the end.
std::string run_pair(const Pair& pair, std::uint64_t seed) {
  const DemoCorpus corpus = make_demo_corpus(pair.language, seed, {.train = pair.sentences});
  const Data data = make_data(corpus, pair.tokens);
  manual_seed(seed);
  const std::unique_ptr<TranslationModel> model = make_model(model_options(data));
  std::printf("English to %s: %zu sentence pairs to learn from, %zu held out; words: %lld English, %lld %s %s\n", pair.target,
              corpus.train.size(), corpus.test.size(), static_cast<long long>(data.source.vocabulary().size() - 4),
              static_cast<long long>(data.target.vocabulary().size() - 4), pair.target,
              pair.tokens.kind == Tokenizer::words ? "words" : "characters");
  flush_output();
  const ShortTrainingResult trained = train_shortly(*model, data.train, {.epochs = pair.epochs, .seed = seed, .title = pair.name});
  std::printf("trained in %s: %lld steps, loss %.3f\n\n", duration_text(trained.seconds).c_str(),
              static_cast<long long>(trained.steps), trained.loss);
  show_translations(*model, data);
  show_attention(*model, data, "she does not see the small dogs");
  const bool characters = pair.tokens.kind == Tokenizer::characters;
  std::printf("For comparison: a word-by-word dictionary gets %.1f %% right, the nearest training sentence %.1f %%.\n\n",
              dictionary_exact_match(corpus, characters), nearest_exact_match(corpus));
  flush_output();
  const std::int64_t right = count_exact(*model, data, corpus.test);
  const auto all_sentences = static_cast<std::int64_t>(corpus.test.size());
  char line[120];
  std::snprintf(line, sizeof line, "held-out exact match %s: %.1f %% (%lld/%lld)", pair.name,
                100.0 * static_cast<double>(right) / static_cast<double>(all_sentences), static_cast<long long>(right),
                static_cast<long long>(all_sentences));
  return line;
}

}  // namespace

void run_demo(const DemoOptions& options) {
  if (options.threads != 0) set_num_threads(options.threads);
  const Pair pairs[] = {{DemoLanguage::french, "en-fr", "French", {Tokenizer::words}, 16000, 10},
                        {DemoLanguage::chinese, "en-zh", "Chinese", {Tokenizer::characters}, 8000, 8}};
  std::vector<std::string> results;
  for (const Pair& pair : pairs) results.push_back(run_pair(pair, options.seed));
  for (const std::string& line : results) std::printf("%s\n", line.c_str());
}

}  // namespace translation
