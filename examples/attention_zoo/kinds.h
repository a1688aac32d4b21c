// The kinds of attention that are kept here.
#pragma once
#include "model.h"

#include <string>
#include <vector>

namespace zoo {

struct Kind {
  std::string name;
  translation::ModelOptions options;  // but for the sizes of the vocabularies
  std::string sees;                   // what it can and cannot look at
};

/// All of them: the translator without attention; recurrent decoders with each score, normaliser, pattern and
/// timing; Transformers with each kind of positions.
std::vector<Kind> all_kinds();

}  // namespace zoo
