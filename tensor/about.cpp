#include <gradus/tensor/about.h>
#include <gradus/tensor/blas.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/memory.h>
#include <gradus/tensor/parallel.h>

#include <omp.h>

namespace gradus {
namespace {

std::string compiler() {
#if defined(__clang__)
  return "Clang " __clang_version__;
#else
  return "GCC " __VERSION__;
#endif
}

std::string supported_sets() {
  std::string text;
  for (InstructionSet set : all_instruction_sets) {
    if (!is_supported(set)) continue;
    if (!text.empty()) text += ", ";
    text += name_of(set);
  }
  return text;
}

std::string mebibytes(std::size_t bytes) { return std::to_string((bytes + (1 << 19)) >> 20) + " MiB"; }

}  // namespace

const char* version() { return GRADUS_VERSION; }

std::string about() {
  const MemoryStatistics memory = memory_statistics();
  std::string text = std::string("Gradus ") + version() + "\n";
  text += "compiler         " + compiler() + "\n";
  text += std::string("instruction set  ") + name_of(instruction_set()) + " (of " + supported_sets() + ")\n";
  text += "threads          " + std::to_string(num_threads()) + " (of " +
          std::to_string(omp_get_num_procs()) + " processors)\n";
  text += "BLAS             " + blas_description() + "\n";
  text += "memory           " + mebibytes(memory.used_bytes) + " in use, at most " +
          mebibytes(memory.peak_bytes) + " so far, " + mebibytes(memory.cached_bytes) + " kept for reuse, " +
          std::to_string(memory.system_calls) + " requests to the system\n";
  return text;
}

}  // namespace gradus
