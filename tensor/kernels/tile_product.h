// Products of float32 matrices on the processor's matrix tiles (Intel AMX). The tiles multiply bfloat16
// numbers and add up in float32; every float32 number is split into three bfloat16 numbers, which together
// hold all of its 24 bits, and six of the nine products are made: those left out are below 2^-23 of the
// whole. The result is as accurate as that of float32 arithmetic (Henry, Tang and Heinecke 2019, "Leveraging
// the bfloat16 artificial intelligence datatype for higher-precision computations"). Parts and products below
// 2^-126 count as zero.
//
// One source, compiled for InstructionSet::amx alone.
#pragma once
#include <cstddef>
#include <cstdint>

namespace gradus::amx {

/// Rows and columns of a block of C, and the part of k that a step multiplies: two tiles of 16 by 16.
inline constexpr std::int64_t block_size = 32;
/// What a packed block of A or B takes for each step: three parts of two tiles.
inline constexpr std::int64_t step_bytes = std::int64_t{3} * 2 * 1024;

/// What one operand of a product gives to a block: up to block_size rows of op(A), or columns of op(B), all
/// along k. `vectors` counts them.
struct Strip {
  const float* data;
  std::int64_t stride;
  bool k_contiguous;  // the numbers along k lie side by side, and the vectors `stride` apart; else the
                      // opposite
  std::int64_t vectors, k;
};

/// Packs rows of op(A), or columns of op(B), for multiply: ceil(k / block_size) steps, filled up with zeros.
/// False where a number cannot be split: infinities, NaN, and what rounds to infinity in bfloat16.
bool pack_rows(const Strip& strip, std::byte* packed);
bool pack_columns(const Strip& strip, std::byte* packed);

/// C (rows, columns) = start + A B of packed blocks.
struct TileBlock {
  std::int64_t rows, columns, steps;
  const std::byte* a;
  const std::byte* b;
  const float* start;         // (rows, columns), C itself to add to it; null: zeros
  std::int64_t start_stride;  // 0 where all rows are the same
  float* c;
  std::int64_t c_stride;
};
/// Between open_tiles and close_tiles of the same thread.
void multiply(const TileBlock& p);

void open_tiles();
void close_tiles();

/// True where the processor has the tiles and the system lets this process use them.
bool tiles_are_supported();

}  // namespace gradus::amx
