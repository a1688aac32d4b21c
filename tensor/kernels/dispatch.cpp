#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/additive_score.h>
#include <gradus/tensor/kernels/attention.h>
#include <gradus/tensor/kernels/block_product.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/elementwise.h>
#include <gradus/tensor/kernels/gru.h>
#include <gradus/tensor/kernels/layer_norm.h>
#include <gradus/tensor/kernels/lstm.h>
#include <gradus/tensor/kernels/optim.h>
#include <gradus/tensor/kernels/random.h>
#include <gradus/tensor/kernels/reduce.h>
#include <gradus/tensor/kernels/softmax.h>
#include <gradus/tensor/kernels/tile_product.h>
#include <gradus/tensor/kernels/transpose.h>

#include <atomic>
#include <cstdlib>
#include <string>

// Declares the family's tables and defines how to get the one in use.
#if defined(GRADUS_HAS_X86_KERNELS)
#define GRADUS_KERNEL_FAMILY(Table, table)                                                                 \
  namespace gradus {                                                                                       \
  namespace baseline {                                                                                     \
  extern const Table table;                                                                                \
  }                                                                                                        \
  namespace avx2 {                                                                                         \
  extern const Table table;                                                                                \
  }                                                                                                        \
  namespace avx512 {                                                                                       \
  extern const Table table;                                                                                \
  }                                                                                                        \
  template <>                                                                                              \
  const Table& kernels<Table>() {                                                                          \
    static const Table* const tables[] = {&baseline::table, &avx2::table, &avx512::table, &avx512::table}; \
    return *tables[static_cast<int>(instruction_set())];                                                   \
  }                                                                                                        \
  }
#else
#define GRADUS_KERNEL_FAMILY(Table, table) \
  namespace gradus {                       \
  namespace baseline {                     \
  extern const Table table;                \
  }                                        \
  template <>                              \
  const Table& kernels<Table>() {          \
    return baseline::table;                \
  }                                        \
  }
#endif

namespace gradus {
namespace {

InstructionSet choose_at_start() {
  if (const char* asked = std::getenv("GRADUS_ISA")) {
    std::string supported;
    for (const InstructionSet set : all_instruction_sets) {
      if (!is_supported(set)) continue;
      if (std::string_view(asked) == name_of(set)) return set;
      supported += (supported.empty() ? "" : ", ") + std::string(name_of(set));
    }
    throw Error("GRADUS_ISA", "'" + std::string(asked) +
                                  "' is not an instruction set of this machine; it has " + supported);
  }
  InstructionSet best = InstructionSet::baseline;
  for (const InstructionSet set : all_instruction_sets) {
    if (is_supported(set)) best = set;
  }
  return best;
}

constexpr std::uint8_t not_chosen = 255;
constinit std::atomic<std::uint8_t> in_use{not_chosen};

}  // namespace

const char* name_of(InstructionSet set) {
  switch (set) {
    case InstructionSet::baseline: return "baseline";
    case InstructionSet::avx2: return "avx2";
    case InstructionSet::avx512: return "avx512";
    case InstructionSet::amx: return "amx";
  }
  return "?";
}

bool is_supported(InstructionSet set) {
  if (set == InstructionSet::baseline) return true;
#if defined(GRADUS_HAS_X86_KERNELS)
  if (set == InstructionSet::avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return set == InstructionSet::avx512 ? avx512 : avx512 && amx::tiles_are_supported();
#else
  return false;
#endif
}

InstructionSet instruction_set() {
  std::uint8_t set = in_use.load(std::memory_order_relaxed);
  if (set == not_chosen) {
    const auto best = static_cast<std::uint8_t>(choose_at_start());
    // Another thread may have chosen by hand in between: that one counts, and `set` becomes it.
    if (in_use.compare_exchange_strong(set, best, std::memory_order_relaxed)) set = best;
  }
  return static_cast<InstructionSet>(set);
}

void set_instruction_set(InstructionSet set) {
  if (!is_supported(set))
    throw Error("set_instruction_set", std::string(name_of(set)) + " is not supported here");
  in_use.store(static_cast<std::uint8_t>(set), std::memory_order_relaxed);
}

}  // namespace gradus

GRADUS_KERNEL_FAMILY(ElementwiseKernels, elementwise_kernels)
GRADUS_KERNEL_FAMILY(RandomKernels, random_kernels)
GRADUS_KERNEL_FAMILY(GruKernels, gru_kernels)
GRADUS_KERNEL_FAMILY(AdditiveScoreKernels, additive_score_kernels)
GRADUS_KERNEL_FAMILY(AttentionKernels, attention_kernels)
GRADUS_KERNEL_FAMILY(BlockProductKernels, block_product_kernels)
GRADUS_KERNEL_FAMILY(OptimKernels, optim_kernels)
GRADUS_KERNEL_FAMILY(ReduceKernels, reduce_kernels)
GRADUS_KERNEL_FAMILY(SoftmaxKernels, softmax_kernels)
GRADUS_KERNEL_FAMILY(LayerNormKernels, layer_norm_kernels)
GRADUS_KERNEL_FAMILY(LstmKernels, lstm_kernels)
GRADUS_KERNEL_FAMILY(TransposeKernels, transpose_kernels)
