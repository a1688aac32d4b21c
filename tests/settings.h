// Settings of the process that tests change, put back at the end of a scope.
#pragma once
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/parallel.h>

#include <doctest/doctest.h>

namespace gradus::test {

class ThreadsScope {
 public:
  explicit ThreadsScope(int count) { set_num_threads(count); }
  ~ThreadsScope() { set_num_threads(before_); }
  ThreadsScope(const ThreadsScope&) = delete;

 private:
  int before_ = num_threads();
};

class InstructionSetScope {
 public:
  explicit InstructionSetScope(InstructionSet set) { set_instruction_set(set); }
  ~InstructionSetScope() { set_instruction_set(before_); }
  InstructionSetScope(const InstructionSetScope&) = delete;

 private:
  InstructionSet before_ = instruction_set();
};

/// Runs the body on every instruction set of this machine.
template <class Body>
void on_every_instruction_set(const Body& body) {
  for (const InstructionSet set : all_instruction_sets) {
    if (!is_supported(set)) continue;
    CAPTURE(name_of(set));
    const InstructionSetScope scope(set);
    body();
  }
}

}  // namespace gradus::test
