// Error cases say what to run as a line of Python: "torch.gather(a, 1, i)", "optim.SGD(params, lr=0.1,
// nesterov=True)". This reads the little of Python that such lines are made of, and runs it by the tables of
// the adapter.
#pragma once
#include "operations.h"

#include <memory>

namespace oracle {

/// A value of an expression: one of the tables' values, a function by its name (with the tensor that it is a
/// method of), or a layer that was made.
struct Term {
  Value value;
  std::string function;        // "gather"; empty for a value
  std::shared_ptr<Term> self;  // of a method
  std::shared_ptr<void> kept;  // what a layer needs to live
  std::function<Value(const std::vector<Term>&)> layer;
};

using Names = std::map<std::string, Term>;

/// Runs statements divided by ';'. Throws Unsupported for what it has no words for, and lets every error of
/// the library through.
void run_statements(const std::string& text, Names& names);

}  // namespace oracle
