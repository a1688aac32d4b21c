// See tile_product.h. Along k the tiles take pairs of numbers; here a pair is two numbers that lie half a
// step apart, because these are put together by a shift, and the order within a step is the same for A and B.
#include <gradus/tensor/kernels/tile_product.h>

#include <gradus/tensor/kernels/math.h>

#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace gradus::amx {
namespace {

constexpr std::int64_t tile_bytes = 1024, tile_rows = 16, row_bytes = 64, parts = 3;

struct Parts {
  __m512i of[parts];  // each in the upper halves of the elements
};

/// x as a sum of three bfloat16 numbers. `poison` becomes NaN where x is not finite or rounds to infinity.
GRADUS_INLINE Parts split(__m512 x, __m512& poison) {
  const __m512i half = _mm512_set1_epi32(0x8000), upper = _mm512_set1_epi32(static_cast<int>(0xffff0000));
  const __m512i first = _mm512_and_si512(_mm512_add_epi32(_mm512_castps_si512(x), half), upper);
  const __m512 rest = _mm512_sub_ps(x, _mm512_castsi512_ps(first));
  const __m512i second = _mm512_and_si512(_mm512_add_epi32(_mm512_castps_si512(rest), half), upper);
  // At most eight bits are left, or, of a number below 2^-110, bits that have no place in bfloat16.
  const __m512 third = _mm512_sub_ps(rest, _mm512_castsi512_ps(second));
  poison = _mm512_add_ps(poison, third);
  return {{first, second, _mm512_and_si512(_mm512_castps_si512(third), upper)}};
}

/// Pairs of bfloat16: the lower halves from `low`, the upper ones from `high`.
GRADUS_INLINE __m512i pair(__m512i low, __m512i high) {
  return _mm512_or_si512(_mm512_srli_epi32(low, 16), high);
}

/// Up to 16 numbers, zeros behind them.
GRADUS_INLINE __m512 load(const float* x, std::int64_t count) {
  if (count <= 0) return _mm512_setzero_ps();
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>(count >= 16 ? 0xffffu : (1u << count) - 1), x);
}

GRADUS_INLINE __m512i rows_of_four(const std::byte* tile, std::int64_t row, std::int64_t column) {
  const auto quarter = [&](std::int64_t i) {
    return _mm_load_si128(reinterpret_cast<const __m128i*>(tile + (row + 4 * i) * row_bytes + column * 4));
  };
  __m512i v = _mm512_castsi128_si512(quarter(0));
  v = _mm512_inserti32x4(v, quarter(1), 1);
  v = _mm512_inserti32x4(v, quarter(2), 2);
  return _mm512_inserti32x4(v, quarter(3), 3);
}

/// The transpose of a tile of 16 by 16 pairs.
GRADUS_INLINE void transpose(const std::byte* from, std::byte* to) {
  for (int column = 0; column < 16; column += 4) {
    const __m512i a = rows_of_four(from, 0, column), b = rows_of_four(from, 1, column),
                  c = rows_of_four(from, 2, column), d = rows_of_four(from, 3, column);
    const __m512i ab_low = _mm512_unpacklo_epi32(a, b), ab_high = _mm512_unpackhi_epi32(a, b),
                  cd_low = _mm512_unpacklo_epi32(c, d), cd_high = _mm512_unpackhi_epi32(c, d);
    std::byte* row = to + column * row_bytes;
    _mm512_store_si512(row, _mm512_unpacklo_epi64(ab_low, cd_low));
    _mm512_store_si512(row + row_bytes, _mm512_unpackhi_epi64(ab_low, cd_low));
    _mm512_store_si512(row + 2 * row_bytes, _mm512_unpacklo_epi64(ab_high, cd_high));
    _mm512_store_si512(row + 3 * row_bytes, _mm512_unpackhi_epi64(ab_high, cd_high));
  }
}

/// Row `r` of the tiles of one half of a step, for strips whose numbers lie side by side along k: vector `r`.
template <bool whole>
GRADUS_INLINE void load_along_k(const Strip& s, std::int64_t l, std::int64_t r, __m512& low, __m512& high) {
  constexpr std::int64_t ahead = 64;
  const float* x = s.data + r * s.stride + l;
  if constexpr (whole) {
    _mm_prefetch(x + ahead, _MM_HINT_T0);
    _mm_prefetch(x + ahead + 16, _MM_HINT_T0);
    low = _mm512_loadu_ps(x);
    high = _mm512_loadu_ps(x + 16);
  } else {
    low = load(x, r < s.vectors ? s.k - l : 0);
    high = load(x + 16, r < s.vectors ? s.k - l - 16 : 0);
  }
}

/// Row `r` for strips that lie across k: 16 vectors from `first` on, at k = l + r and half a step behind.
template <bool whole>
GRADUS_INLINE void load_across_k(const Strip& s, std::int64_t l, std::int64_t r, std::int64_t first,
                                 __m512& low, __m512& high) {
  const float* x = s.data + (l + r) * s.stride + first;
  if constexpr (whole) {
    _mm_prefetch(x + 32 * s.stride, _MM_HINT_T0);
    _mm_prefetch(x + 48 * s.stride, _MM_HINT_T0);
    low = _mm512_loadu_ps(x);
    high = _mm512_loadu_ps(x + 16 * s.stride);
  } else {
    low = load(x, l + r < s.k ? s.vectors - first : 0);
    high = load(x + 16 * s.stride, l + r + 16 < s.k ? s.vectors - first : 0);
  }
}

/// A step, from k = l on. `whole`: neither vectors nor k end within it.
template <bool whole, bool k_contiguous, bool transposed>
GRADUS_INLINE void pack_step(const Strip& s, std::int64_t l, std::byte* packed, __m512& poison) {
  for (std::int64_t half = 0; half < 2; ++half) {
    alignas(row_bytes) std::byte turned[parts][tile_bytes];
    for (std::int64_t r = 0; r < tile_rows; ++r) {
      __m512 low, high;
      if constexpr (k_contiguous) load_along_k<whole>(s, l, half * tile_rows + r, low, high);
      else load_across_k<whole>(s, l, r, half * tile_rows, low, high);
      const Parts low_parts = split(low, poison), high_parts = split(high, poison);
      for (std::int64_t part = 0; part < parts; ++part) {
        std::byte* tile = transposed ? turned[part] : packed + (part * 2 + half) * tile_bytes;
        _mm512_store_si512(tile + r * row_bytes, pair(low_parts.of[part], high_parts.of[part]));
      }
    }
    if constexpr (transposed) {
      for (std::int64_t part = 0; part < parts; ++part)
        transpose(turned[part], packed + (part * 2 + half) * tile_bytes);
    }
  }
}

template <bool k_contiguous, bool transposed>
bool pack(const Strip& s, std::byte* packed) {
  __m512 poison = _mm512_setzero_ps();
  std::int64_t l = 0;
  if (s.vectors == block_size) {
    for (; s.k - l >= block_size; l += block_size, packed += step_bytes)
      pack_step<true, k_contiguous, transposed>(s, l, packed, poison);
  }
  for (; l < s.k; l += block_size, packed += step_bytes)
    pack_step<false, k_contiguous, transposed>(s, l, packed, poison);
  return _mm512_cmp_ps_mask(poison, poison, _CMP_UNORD_Q) == 0;
}

/// Tiles 0 to 3 hold C, 4 and 5 the rows of a part of A, 6 and 7 the columns of a part of B.
GRADUS_INLINE void multiply_parts() {
  _tile_dpbf16ps(0, 4, 6);
  _tile_dpbf16ps(1, 4, 7);
  _tile_dpbf16ps(2, 5, 6);
  _tile_dpbf16ps(3, 5, 7);
}
GRADUS_INLINE void load_a(const std::byte* step, std::int64_t part) {
  _tile_loadd(4, step + 2 * part * tile_bytes, row_bytes);
  _tile_loadd(5, step + (2 * part + 1) * tile_bytes, row_bytes);
}
GRADUS_INLINE void load_b(const std::byte* step, std::int64_t part) {
  _tile_loadd(6, step + 2 * part * tile_bytes, row_bytes);
  _tile_loadd(7, step + (2 * part + 1) * tile_bytes, row_bytes);
}

/// A whole block of C.
GRADUS_INLINE void multiply_block(const TileBlock& p) {
  constexpr std::int64_t size = sizeof(float);
  if (p.start) {
    const float* lower = p.start + tile_rows * p.start_stride;
    _tile_loadd(0, p.start, p.start_stride * size);
    _tile_loadd(1, p.start + tile_rows, p.start_stride * size);
    _tile_loadd(2, lower, p.start_stride * size);
    _tile_loadd(3, lower + tile_rows, p.start_stride * size);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  const std::byte *a = p.a, *b = p.b;
  for (std::int64_t step = 0; step < p.steps; ++step, a += step_bytes, b += step_bytes) {
    // The smallest first, so that the parts of a number that is multiplied by 1 add up to itself; and each
    // product shares a factor with the one before.
    load_a(a, 2), load_b(b, 0), multiply_parts();
    load_a(a, 1), multiply_parts();
    load_b(b, 1), multiply_parts();
    load_a(a, 0), multiply_parts();
    load_b(b, 2), multiply_parts();
    load_b(b, 0), multiply_parts();
  }
  float* lower = p.c + tile_rows * p.c_stride;
  _tile_stored(0, p.c, p.c_stride * size);
  _tile_stored(1, p.c + tile_rows, p.c_stride * size);
  _tile_stored(2, lower, p.c_stride * size);
  _tile_stored(3, lower + tile_rows, p.c_stride * size);
}

void copy(std::int64_t rows, std::int64_t columns, const float* from, std::int64_t from_stride, float* to,
          std::int64_t to_stride) {
  for (std::int64_t i = 0; i < rows; ++i) {
    __builtin_memcpy(to + i * to_stride, from + i * from_stride,
                     static_cast<std::size_t>(columns) * sizeof(float));
  }
}

// What the processor reads to learn the sizes of the tiles (Intel's manual, LDTILECFG).
struct alignas(64) Configuration {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t bytes_of_row[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
constexpr Configuration configuration;

}  // namespace

bool pack_rows(const Strip& s, std::byte* packed) {
  return s.k_contiguous ? pack<true, false>(s, packed) : pack<false, true>(s, packed);
}

bool pack_columns(const Strip& s, std::byte* packed) {
  return s.k_contiguous ? pack<true, true>(s, packed) : pack<false, false>(s, packed);
}

void multiply(const TileBlock& p) {
  // GCC does not know that tile loads read memory.
  if (p.rows == block_size && p.columns == block_size) {
    asm volatile("" ::: "memory");
    return multiply_block(p);
  }
  alignas(64) float whole[block_size * block_size];
  TileBlock q = p;
  q.c = whole, q.c_stride = block_size;
  if (p.start) {
    copy(p.rows, p.columns, p.start, p.start_stride, whole, block_size);
    q.start = whole, q.start_stride = block_size;
  }
  asm volatile("" ::: "memory");
  multiply_block(q);
  copy(p.rows, p.columns, whole, block_size, p.c, p.c_stride);
}

void open_tiles() { _tile_loadconfig(&configuration); }
void close_tiles() { _tile_release(); }

bool tiles_are_supported() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned bf16_bit = 1u << 22, tile_bit = 1u << 24;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d & bf16_bit) || !(d & tile_bit)) return false;
  // Linux gives the tiles only to who asks for them (arch_prctl(2)).
  constexpr long request_permission = 0x1023, tile_data = 18;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

}  // namespace gradus::amx
