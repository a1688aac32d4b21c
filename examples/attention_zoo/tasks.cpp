#include "tasks.h"

#include "demo_corpus.h"

#include <gradus/tensor/error.h>
#include <gradus/tensor/random.h>

#include <algorithm>

namespace zoo {

using namespace gradus;
using translation::Example;

namespace {

constexpr std::int64_t first_symbol = 4;  // behind padding, unknown, begin and end
constexpr std::int64_t letters = 20, distractors = 10;

std::vector<std::string> symbol_names(bool with_distractors) {
  std::vector<std::string> names{"<pad>", "<unk>", "<s>", "(end)"};
  for (std::int64_t i = 0; i < letters; ++i) names.push_back(std::string(1, static_cast<char>('a' + i)));
  for (std::int64_t i = 0; with_distractors && i < distractors; ++i) names.push_back(std::to_string(i));
  return names;
}

/// Sentences of random symbols, each with what `answer` makes of it.
template <class Answer>
std::vector<Example> random_examples(std::int64_t count, std::int64_t shortest, std::int64_t longest,
                                     std::int64_t symbols, Answer answer) {
  std::vector<Example> examples;
  const std::vector<std::int64_t> lengths = randint(shortest, longest + 1, {count}).to_vector<std::int64_t>();
  for (const std::int64_t length : lengths) {
    Example example;
    example.source = randint(first_symbol, first_symbol + symbols, {length}).to_vector<std::int64_t>();
    example.target = answer(example.source);
    examples.push_back(std::move(example));
  }
  return examples;
}

template <class Answer>
Task symbol_task(std::string name, std::string description, const TaskOptions& options, bool with_distractors,
                 Answer answer) {
  if (options.max_length < 1 || options.test_length > options.max_length) {
    throw Error("attention_zoo", "sentences of 1 to " + std::to_string(options.max_length) +
                                     " symbols, tested at " + std::to_string(options.test_length) +
                                     ": the test must lie within");
  }
  manual_seed(options.seed);
  const std::int64_t symbols = letters + (with_distractors ? distractors : 0);
  const std::int64_t shortest_test = options.test_length > 0 ? options.test_length : 1;
  const std::int64_t longest_test = options.test_length > 0 ? options.test_length : options.max_length;
  Task task{.name = std::move(name), .description = std::move(description)};
  task.train = random_examples(options.train, 1, options.max_length, symbols, answer);
  task.test = random_examples(options.test, shortest_test, longest_test, symbols, answer);
  task.source_words = task.target_words = symbol_names(with_distractors);
  task.source_vocabulary = task.target_vocabulary = first_symbol + symbols;
  return task;
}

}  // namespace

Task copy_task(const TaskOptions& options) {
  return symbol_task("copy", "write the sentence again", options, false,
                     [](const std::vector<std::int64_t>& x) { return x; });
}

Task reverse_task(const TaskOptions& options) {
  return symbol_task(
      "reverse", "write the sentence from its end to its start", options, false,
      [](const std::vector<std::int64_t>& x) { return std::vector<std::int64_t>(x.rbegin(), x.rend()); });
}

Task distractor_task(const TaskOptions& options) {
  return symbol_task("distractors", "write the letters from the last to the first and leave the digits out",
                     options, true, [](const std::vector<std::int64_t>& x) {
                       std::vector<std::int64_t> y;
                       std::copy_if(x.rbegin(), x.rend(), std::back_inserter(y),
                                    [](std::int64_t symbol) { return symbol < first_symbol + letters; });
                       return y;
                     });
}

Task demo_task(const TaskOptions& options) {
  const auto corpus =
      translation::make_demo_corpus(translation::DemoLanguage::french, options.seed, {.train = 8000});
  ParallelCorpus train, test;
  for (const auto& pair : corpus.train) {
    train.source.push_back(pair.source);
    train.target.push_back(pair.target);
  }
  for (const auto& pair : corpus.test) {
    test.source.push_back(pair.source);
    test.target.push_back(pair.target);
  }
  const auto english = translation::Language::of_tokens(train.source, {Tokenizer::words}, {});
  const auto french = translation::Language::of_tokens(train.target, {Tokenizer::words}, {});
  Task task{.name = "demo",
            .description = "translate English sentences of a small grammar into French",
            .epochs = 10,
            .dim = 64,
            .hidden = 128};
  task.train = translation::encode(train, english, french);
  task.test = translation::encode(test, english, french);
  task.test.resize(std::min<std::size_t>(task.test.size(), static_cast<std::size_t>(options.test)));
  const auto words = [](const translation::Language& language) {
    std::vector<std::string> all;
    for (std::int64_t i = 0; i < language.vocabulary().size(); ++i)
      all.push_back(language.vocabulary().token(i));
    all[3] = "(end)";
    return all;
  };
  task.source_words = words(english);
  task.target_words = words(french);
  task.source_vocabulary = english.vocabulary().size();
  task.target_vocabulary = french.vocabulary().size();
  return task;
}

Task task_named(const std::string& name, const TaskOptions& options) {
  Task task;
  if (name == "copy") {
    task = copy_task(options);
  } else if (name == "reverse") {
    task = reverse_task(options);
  } else if (name == "distractors") {
    task = distractor_task(options);
  } else if (name == "demo") {
    task = demo_task(options);
  } else {
    throw Error("attention_zoo",
                "there is no task '" + name + "'; known are copy, reverse, distractors and demo");
  }
  if (options.reverse_source) {
    task.description += "; the model reads it from the end";
    for (std::vector<Example>* examples : {&task.train, &task.test}) {
      for (Example& example : *examples) std::reverse(example.source.begin(), example.source.end());
    }
  }
  return task;
}

}  // namespace zoo
