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

// A piece of the product takes so many steps of k, and of C so many rows and columns, that its packed
// operands lie in the second cache.
constexpr std::int64_t most_steps = 16, most_rows = 256, most_columns = 512;

/// Rows of op(A), or columns of op(B), packed by blocks of block_size of them.
struct Packed {
  std::byte* data;
  std::int64_t steps;
  std::byte* block(std::int64_t index) const { return data + index * steps * step_bytes; }
};

/// Rows [i, i + rows) of op(A), k from l on. False where a number cannot be packed.
bool pack_a(const MatrixProduct<float>& p, std::int64_t i, std::int64_t rows, std::int64_t l,
            std::int64_t depth, const Packed& packed) {
  bool done = true;
  for (std::int64_t at = 0; at < rows; at += block_size) {
    const float* data = p.a + (p.a_transposed ? l * p.a_stride + i + at : (i + at) * p.a_stride + l);
    done &= amx::pack_rows({data, p.a_stride, !p.a_transposed, std::min(block_size, rows - at), depth},
                           packed.block(at / block_size));
  }
  return done;
}

/// Columns [j, j + columns) of op(B), k from l on. False where a number cannot be packed.
bool pack_b(const MatrixProduct<float>& p, std::int64_t j, std::int64_t columns, std::int64_t l,
            std::int64_t depth, const Packed& packed) {
  bool done = true;
  for (std::int64_t at = 0; at < columns; at += block_size) {
    const float* data = p.b + (p.b_transposed ? (j + at) * p.b_stride + l : l * p.b_stride + j + at);
    done &= amx::pack_columns({data, p.b_stride, p.b_transposed, std::min(block_size, columns - at), depth},
                              packed.block(at / block_size));
  }
  return done;
}

/// A piece of C, all of whose rows and columns are packed: C = start + A B.
struct Piece {
  std::int64_t rows, columns;
  const float* start;
  std::int64_t start_stride;
  float* c;
  std::int64_t c_stride;
};

/// The columns of a block of B stay in the first cache while the rows of A go by.
void multiply_piece(const Piece& p, const Packed& a, const Packed& b) {
  const std::int64_t row_blocks = ceil_div(p.rows, block_size),
                     column_blocks = ceil_div(p.columns, block_size);
  const std::int64_t next_bytes = b.steps * step_bytes / row_blocks / 64 * 64;
  amx::open_tiles();
  for (std::int64_t column = 0; column < column_blocks; ++column) {
    const std::byte* next = b.block(std::min(column + 1, column_blocks - 1));
    for (std::int64_t row = 0; row < row_blocks; ++row) {
      const std::int64_t i = row * block_size, j = column * block_size;
      amx::multiply({std::min(block_size, p.rows - i), std::min(block_size, p.columns - j), a.steps,
                     a.block(row), b.block(column), p.start ? p.start + i * p.start_stride + j : nullptr,
                     p.start_stride, p.c + i * p.c_stride + j, p.c_stride,
                     row + 1 < row_blocks ? p.c + (i + block_size) * p.c_stride + j : p.c + j + block_size,
                     next + row * next_bytes, next_bytes});
    }
  }
  amx::close_tiles();
}

/// C = start + op(A) op(B). False where a number cannot be packed.
bool multiply_in_pieces(const MatrixProduct<float>& p) {
  const std::int64_t most_depth = most_steps * block_size;
  const auto room_for = [&](std::int64_t vectors) {
    return ceil_div(vectors, block_size) * ceil_div(std::min(p.k, most_depth), block_size) * step_bytes;
  };
  const Workspace<std::byte> room_a(room_for(std::min(p.m, most_rows))),
      room_b(room_for(std::min(p.n, most_columns)));
  for (std::int64_t l = 0; l < p.k; l += most_depth) {
    const std::int64_t depth = std::min(most_depth, p.k - l), steps = ceil_div(depth, block_size);
    const Packed a{room_a.data(), steps}, b{room_b.data(), steps};
    const float* start = l == 0 ? p.start : p.c;
    const std::int64_t start_stride = l == 0 ? p.start_stride : p.c_stride;
    for (std::int64_t j = 0; j < p.n; j += most_columns) {
      const std::int64_t columns = std::min(most_columns, p.n - j);
      if (!pack_b(p, j, columns, l, depth, b)) return false;
      for (std::int64_t i = 0; i < p.m; i += most_rows) {
        const std::int64_t rows = std::min(most_rows, p.m - i);
        // One set of rows is packed once for all columns.
        if ((p.m > most_rows || j == 0) && !pack_a(p, i, rows, l, depth, a)) return false;
        multiply_piece({rows, columns, start ? start + i * start_stride + j : nullptr, start_stride,
                        p.c + i * p.c_stride + j, p.c_stride},
                       a, b);
      }
    }
  }
  return true;
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
