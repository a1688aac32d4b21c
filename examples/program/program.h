// What the programs share: how they begin, how they end, and what they say when something goes wrong.
#pragma once
#include <functional>

namespace program {

/// Runs the body of a main function and gives the status to leave with: what `body` returns, or 1 and one
/// message on standard error where it throws or where standard output did not take everything.
///
/// Before that: a standard stream that is closed is kept closed, so that no file is opened in its place; and
/// where memory runs out, what tensors have given back is freed first.
///
/// Under a limit of address space (ulimit -v) a program that is linked with this starts itself again, before
/// any library does, with OPENBLAS_NUM_THREADS=1: OpenBLAS would start threads of its own before main, each
/// with 128 MiB, and wait for ever where it does not get them. Gradus never uses those threads.
int run(const char* name, const std::function<int()>& body);

}  // namespace program
