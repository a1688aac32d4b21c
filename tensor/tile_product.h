// Products of float32 matrices on the processor's matrix tiles, where it has them. Internal to tensor/.
#pragma once
#include <gradus/tensor/block_product.h>

#include <cstdint>
#include <span>

namespace gradus {

/// True where the instruction set in use has tiles, and a product of this shape gains by them if it is cut
/// into so many parts.
bool suits_tiles(std::int64_t m, std::int64_t n, std::int64_t k, std::int64_t parts = 1);

/// C = start + the sum of the products, which share m, n and C; start is that of the first, and `alpha` is 1
/// where there are several. On one thread, with float32's accuracy (kernels/tile_product.h). False, with C as
/// it was where that is what is added to, if there are numbers that the tiles cannot multiply, infinities and
/// NaN among them.
bool multiply_on_tiles(std::span<const MatrixProduct<float>> terms);

}  // namespace gradus
