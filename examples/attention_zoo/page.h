// The table of the zoo as a page of its own, with a picture of the weights of every kind.
#pragma once
#include "search.h"

#include <string>
#include <vector>

namespace zoo {

/// What one kind did on one task.
struct Measured {
  std::string task, kind, sees;
  double exact = 0;    // share of the test sentences that came out just right
  double seconds = 0;  // of the training
  double entropy = 0;  // of the weights of a step, in bits, on average; negative where there is no attention
  std::vector<std::string> read = {}, written = {};  // one test sentence, and what was made of it
  std::vector<std::vector<float>> weights = {};      // a row for each written word
};

/// One HTML file that needs nothing else. `command` is what made it.
std::string page(const std::vector<Measured>& rows, const std::string& command);

}  // namespace zoo
