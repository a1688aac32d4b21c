// What this build is and what it uses on this machine.
#pragma once
#include <string>

namespace gradus {

/// The version of Gradus, "major.minor.patch".
const char* version();

/// A report of several lines: version, compiler, instruction set, threads, BLAS (and whether its kernels were
/// chosen again), memory. For bug reports, and for the head of a run's log.
std::string about();

}  // namespace gradus
