// One source of a kernel, compiled once per instruction set; one table of them chosen when the program
// starts.
//
// A family `foo` is a header kernels/foo.h with a struct FooKernels of function pointers, and a source
// kernels/foo_kernels.cpp that is compiled with GRADUS_ISA = baseline, avx2, avx512 and defines
//
//   namespace gradus::GRADUS_ISA {
//   namespace { ...static functions... }
//   extern const FooKernels foo_kernels;
//   const FooKernels foo_kernels = {...};
//   }
//
// Nothing in such a source may have external inline linkage (no std:: function templates, no inline functions
// from shared headers): the linker might keep the AVX-512 copy for everyone. A family is entered in
// dispatch.cpp. With amx the kernels are those of avx512, and large products of matrices go by
// tile_product.h.
#pragma once
#include <cstdint>
#include <string_view>

namespace gradus {

enum class InstructionSet : std::uint8_t { baseline, avx2, avx512, amx };
/// From the least to the best.
inline constexpr InstructionSet all_instruction_sets[] = {InstructionSet::baseline, InstructionSet::avx2,
                                                          InstructionSet::avx512, InstructionSet::amx};

/// "baseline", "avx2", "avx512", "amx".
const char* name_of(InstructionSet set);
/// True where this processor can run it and this build holds it.
bool is_supported(InstructionSet set);
/// The one in use. At the start the best that is supported, or the one that the environment's GRADUS_ISA
/// names.
InstructionSet instruction_set();
/// Chooses by hand, for the whole process; throws where it is not supported. Not while operations run.
void set_instruction_set(InstructionSet set);

/// The family's table for the instruction set in use.
template <class Table>
const Table& kernels();

}  // namespace gradus
