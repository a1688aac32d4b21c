#include <gradus/tensor/tile_product.h>

#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/tile_product.h>
#include <gradus/tensor/workspace.h>

#include <algorithm>
#include <cstddef>

namespace gradus {

bool suits_tiles(std::int64_t m, std::int64_t n, std::int64_t k, std::int64_t parts) {
  constexpr std::int64_t least_work = 1 << 20;
  return instruction_set() == InstructionSet::amx && std::min({m, n, k}) >= 32 &&
         m * n * k >= parts * least_work;
}

#if defined(GRADUS_HAS_X86_KERNELS)

namespace {

using amx::block_size, amx::step_bytes;

// What is packed at once. Of op(A), a block of rows for so many steps of k: it stays in the first cache while
// the columns go by. Of op(B), so many steps and columns: they stay in the second.
constexpr std::int64_t most_a_steps = 4, most_b_steps = 16, most_columns = 512;

/// Columns [j, j + columns) of op(B), k from l on, by blocks. False where a number cannot be packed.
bool pack_columns(const MatrixProduct<float>& p, std::int64_t j, std::int64_t columns, std::int64_t l,
                  std::int64_t depth, std::byte* packed) {
  const std::int64_t block_bytes = ceil_div(depth, block_size) * step_bytes;
  bool done = true;
  for (const std::int64_t end = j + columns; j < end; j += block_size, packed += block_bytes) {
    const float* data = p.b + (p.b_transposed ? j * p.b_stride + l : l * p.b_stride + j);
    done &= amx::pack_columns({data, p.b_stride, p.b_transposed, std::min(block_size, end - j), depth}, packed);
  }
  return done;
}

/// Some columns of C, whose op(B) is packed, and a part of k.
struct Piece {
  std::int64_t j, columns, l, depth;
  const std::byte* b;
};

/// Adds A B of a piece to a block of rows of C, or to `start` where the piece is the first. False where a
/// number cannot be packed.
bool multiply_rows(const MatrixProduct<float>& p, std::int64_t i, const Piece& piece) {
  alignas(64) std::byte a[most_a_steps * step_bytes];
  const std::int64_t rows = std::min(block_size, p.m - i), b_steps = ceil_div(piece.depth, block_size);
  for (std::int64_t step = 0; step < b_steps; step += most_a_steps) {
    const std::int64_t steps = std::min(most_a_steps, b_steps - step), l = piece.l + step * block_size;
    const float* data = p.a + (p.a_transposed ? l * p.a_stride + i : i * p.a_stride + l);
    const std::int64_t depth = std::min(steps * block_size, piece.l + piece.depth - l);
    if (!amx::pack_rows({data, p.a_stride, !p.a_transposed, rows, depth}, a)) return false;
    const float* start = l == 0 ? p.start : p.c;
    const std::int64_t start_stride = l == 0 ? p.start_stride : p.c_stride;
    for (std::int64_t j = 0; j < piece.columns; j += block_size) {
      float* c = p.c + i * p.c_stride + piece.j + j;
      amx::multiply({rows, std::min(block_size, piece.columns - j), steps, a,
                     piece.b + (j / block_size * b_steps + step) * step_bytes,
                     start ? start + i * start_stride + piece.j + j : nullptr, start_stride, c, p.c_stride});
    }
  }
  return true;
}

/// C = start + op(A) op(B). False where a number cannot be packed.
bool multiply_in_pieces(const MatrixProduct<float>& p) {
  const std::int64_t most_depth = most_b_steps * block_size;
  const Workspace<std::byte> b(ceil_div(std::min(p.n, most_columns), block_size) *
                               ceil_div(std::min(p.k, most_depth), block_size) * step_bytes);
  bool done = true;
  amx::open_tiles();
  for (std::int64_t l = 0; l < p.k && done; l += most_depth) {
    for (std::int64_t j = 0; j < p.n && done; j += most_columns) {
      const Piece piece{j, std::min(most_columns, p.n - j), l, std::min(most_depth, p.k - l), b.data()};
      done = pack_columns(p, j, piece.columns, l, piece.depth, b.data());
      for (std::int64_t i = 0; i < p.m && done; i += block_size) done = multiply_rows(p, i, piece);
    }
  }
  amx::close_tiles();
  return done;
}

}  // namespace

bool multiply_on_tiles(std::span<const MatrixProduct<float>> terms) {
  const MatrixProduct<float>& p = terms[0];
  if (p.start != p.c && p.alpha == 1 && terms.size() == 1) return multiply_in_pieces(p);
  // Beside C, which stays as it is until all numbers are known to be fit for the tiles.
  const Workspace<float> sums(p.m * p.n);
  if (p.k == 0) std::fill_n(sums.data(), p.m * p.n, 0.0f);
  for (const MatrixProduct<float>& term : terms) {
    MatrixProduct<float> beside = term;
    beside.c = sums.data(), beside.c_stride = p.n;
    beside.start = &term == terms.data() ? nullptr : beside.c, beside.start_stride = p.n;
    if (!multiply_in_pieces(beside)) return false;
  }
  for (std::int64_t i = 0; i < p.m; ++i) {
    const float* sum = sums.data() + i * p.n;
    const float* start = p.start ? p.start + i * p.start_stride : nullptr;
    float* c = p.c + i * p.c_stride;
    for (std::int64_t j = 0; j < p.n; ++j) c[j] = start ? start[j] + p.alpha * sum[j] : p.alpha * sum[j];
  }
  return true;
}

#else

bool multiply_on_tiles(std::span<const MatrixProduct<float>>) { return false; }

#endif

}  // namespace gradus
