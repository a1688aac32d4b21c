// Small tasks on which kinds of attention differ.
#pragma once
#include "text.h"

#include <cstdint>
#include <string>
#include <vector>

namespace zoo {

struct Task {
  std::string name;
  std::string description;
  std::int64_t epochs = 6;             // passes over the training sentences that show the differences
  std::int64_t dim = 32, hidden = 64;  // of recurrent models that can learn it
  std::vector<translation::Example> train = {}, test = {};
  std::int64_t source_vocabulary = 0, target_vocabulary = 0;      // with the four specials
  std::vector<std::string> source_words = {}, target_words = {};  // by number, for pictures
};

struct TaskOptions {
  std::int64_t max_length = 10;  // of a sentence
  std::int64_t test_length = 0;  // of every test sentence; 0: all lengths
  std::int64_t train = 20000, test = 500;
  bool reverse_source = false;  // give the model every source from its end to its start
  std::uint64_t seed = 1;
};

/// The sentence again.
Task copy_task(const TaskOptions& options);
/// The sentence from its end to its start.
Task reverse_task(const TaskOptions& options);
/// Half of the symbols are distractors, which are to be left out; the others come out reversed.
Task distractor_task(const TaskOptions& options);
/// English to French sentences of the translator's demo corpus.
Task demo_task(const TaskOptions& options);

/// "copy", "reverse", "distractors", "demo"; with `reverse_source` after Sutskever et al. 2014, section 3.3.
Task task_named(const std::string& name, const TaskOptions& options);

}  // namespace zoo
