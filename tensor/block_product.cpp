#include <gradus/tensor/block_product.h>
#include <gradus/tensor/kernels/block_product.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/packed_weights.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tensor/workspace.h>

#include <algorithm>
#include <cstring>

namespace gradus {
namespace {

// Sizes of blocks, in elements. A panel of B, panel_depth rows of panel_width, stays in the first cache while
// the rows of A go by; what a unit of work reads of A and writes of C stays in the second. The panels of one
// pass are at most pass_elements together, but are always enough for a few units.
constexpr std::int64_t panel_width = 32, panel_depth = 256;
constexpr std::int64_t unit_rows = 128, unit_panels = 8;
constexpr std::int64_t pass_elements = 1 << 20, fewest_panels = 16;
// Up to so many rows of A, transposing B costs more than it saves; up to a few less, BLAS has kernels without
// packing of its own.
constexpr std::int64_t few_rows = 32, fewest_rows = 9;

/// Parts of [0, total) that are as even as can be and none larger than `most`.
class Parts {
 public:
  Parts(std::int64_t total, std::int64_t most) : total_(total), count_(ceil_div(total, most)) {}
  std::int64_t count() const { return count_; }
  std::int64_t begin(std::int64_t i) const { return total_ * i / count_; }
  std::int64_t size(std::int64_t i) const { return begin(i + 1) - begin(i); }

 private:
  std::int64_t total_, count_;
};

/// How many panels a unit of work takes: as many as there may be, or fewer where a product that is worth
/// sharing among threads would come to less than 8 units.
std::int64_t panels_of_a_unit(std::int64_t work, std::int64_t row_parts, std::int64_t panels) {
  constexpr std::int64_t worth_sharing = 1 << 22, units = 8;
  if (work < worth_sharing || row_parts >= units) return unit_panels;
  return std::min(unit_panels, ceil_div(panels, ceil_div(units, row_parts)));
}

/// op(B) in panels: panel_width columns of it, row after row, then the next ones.
template <class T>
struct Panels {
  const T* data;
  std::int64_t depth;
  const T* at(std::int64_t panel, std::int64_t l) const { return data + (panel * depth + l) * panel_width; }
};

/// Columns [j, j + width) of op(B).
template <class T>
void pack_panel(const MatrixProduct<T>& p, std::int64_t j, std::int64_t width, T* panel) {
  if (p.b_transposed) {
    kernels<BlockProductKernels>().of<T>().transpose(width, p.k, p.b + j * p.b_stride, p.b_stride, panel,
                                                     panel_width);
    return;
  }
  for (std::int64_t l = 0; l < p.k; ++l) {
    const T* row = p.b + l * p.b_stride + j;
    if (width == panel_width) std::memcpy(panel + l * panel_width, row, panel_width * sizeof(T));
    else std::copy_n(row, width, panel + l * panel_width);
  }
}

/// Columns [first, first + columns) of op(B).
template <class T>
void pack(const MatrixProduct<T>& p, std::int64_t first, std::int64_t columns, T* panels) {
  const std::int64_t size = p.k * panel_width, at_once = std::max<std::int64_t>(1, (1 << 15) / size);
  parallel_for(ceil_div(columns, panel_width), at_once, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t panel = begin; panel < end; ++panel) {
      const std::int64_t j = panel * panel_width;
      pack_panel(p, first + j, std::min(panel_width, columns - j), panels + panel * size);
    }
  });
}

/// Columns [first, first + columns) of C.
template <class T>
void multiply_pass(const MatrixProduct<T>& p, std::int64_t first, std::int64_t columns,
                   const Panels<T>& panels) {
  const BlockProductFunctions<T>& block = kernels<BlockProductKernels>().of<T>();
  const std::int64_t panel_count = ceil_div(columns, panel_width);
  const Parts depths(p.k, panel_depth), row_parts(p.m, unit_rows);
  const Parts groups(panel_count, panels_of_a_unit(p.m * columns * p.k, row_parts.count(), panel_count));
  const auto width_of = [&](std::int64_t panel) {
    return std::min(panel_width, columns - panel * panel_width);
  };
  parallel_for(row_parts.count() * groups.count(), 1, [&](std::int64_t unit, std::int64_t) {
    const std::int64_t row_part = unit / groups.count(), group = unit % groups.count();
    const std::int64_t i = row_parts.begin(row_part), rows = row_parts.size(row_part);
    for (std::int64_t piece = 0; piece < depths.count(); ++piece) {
      const std::int64_t l = depths.begin(piece), depth = depths.size(piece);
      const T* a = p.a + (p.a_transposed ? l * p.a_stride + i : i * p.a_stride + l);
      for (std::int64_t panel = groups.begin(group); panel < groups.begin(group + 1); ++panel) {
        const std::int64_t j = first + panel * panel_width;
        T* c = p.c + i * p.c_stride + j;
        BlockProduct<T> product{rows,
                                width_of(panel),
                                depth,
                                a,
                                p.a_stride,
                                p.a_transposed,
                                panels.at(panel, l),
                                panel_width,
                                c,
                                p.c_stride,
                                p.alpha,
                                c,
                                p.c_stride,
                                panels.at(panel + 1 < groups.begin(group + 1) ? panel + 1 : panel, l),
                                depth * panel_width * std::int64_t{sizeof(T)}};
        if (piece == 0) {
          product.start = p.start ? p.start + i * p.start_stride + j : nullptr;
          product.start_stride = p.start_stride;
        }
        block.multiply(product);
      }
    }
  });
}

}  // namespace

bool suits_blocks(std::int64_t m, std::int64_t n, std::int64_t k, bool a_transposed, bool b_transposed) {
  if (k == 0 || m < fewest_rows) return false;
  // A transposed matrix is read across its rows: it has to lie in the cache.
  if (a_transposed) return m > few_rows && n >= panel_width && m * k <= 1 << 15;
  if (m <= few_rows) return b_transposed;
  // A long k beside many columns is what BLAS's kernels are best at.
  return n >= panel_width && (k <= 512 || n <= 256);
}

template <class T>
void multiply_blocks(const MatrixProduct<T>& p) {
  if (p.m <= few_rows) {
    const BlockProductFunctions<T>& block = kernels<BlockProductKernels>().of<T>();
    const std::int64_t columns = std::max<std::int64_t>(4, (1 << 17) / (p.m * p.k) / 4 * 4);
    parallel_for(p.n, columns, [&](std::int64_t begin, std::int64_t end) {
      block.multiply_rows({p.m, end - begin, p.k, p.a, p.a_stride, false, p.b + begin * p.b_stride,
                           p.b_stride, p.c + begin, p.c_stride, p.alpha, p.start ? p.start + begin : nullptr,
                           p.start_stride});
    });
    return;
  }
  const std::int64_t elements = ceil_div(p.n, panel_width) * panel_width * p.k;
  const auto pack_all = [](const void* product, void* memory) {
    const auto& whole = *static_cast<const MatrixProduct<T>*>(product);
    pack(whole, 0, whole.n, static_cast<T*>(memory));
  };
  const void* packed = PackedWeights::find({p.b, p.b_stride, p.k, p.n, p.b_transposed},
                                           static_cast<std::size_t>(elements) * sizeof(T), pack_all, &p);
  if (packed) return multiply_pass(p, 0, p.n, Panels<T>{static_cast<const T*>(packed), p.k});
  const std::int64_t most = std::max(fewest_panels, pass_elements / (p.k * panel_width)) * panel_width;
  const Workspace<T> room(std::min(elements, most * p.k));
  for (std::int64_t j = 0; j < p.n; j += most) {
    const std::int64_t columns = std::min(most, p.n - j);
    pack(p, j, columns, room.data());
    multiply_pass(p, j, columns, Panels<T>{room.data(), p.k});
  }
}

template void multiply_blocks(const MatrixProduct<float>&);
template void multiply_blocks(const MatrixProduct<double>&);

}  // namespace gradus
