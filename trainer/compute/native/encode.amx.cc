// Screening (encode.h) with AMX tiles of bfloat16. Compiled only where the compiler knows them and run only where the
// system grants them; like *.simd.cc it uses nothing of the standard library.
#include "encode.h"

#ifdef RESIDUA_AMX
#pragma GCC target("avx2,fma,avx512f,avx512dq,avx512vl,avx512bw,avx512bf16,amx-tile,amx-bf16")
#include <immintrin.h>

#include "gemm.h"

namespace residua {
namespace amx {
namespace {

struct alignas(64) TileConfig {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

inline __mmask16 first_lanes(int count) { return count >= 16 ? 0xffff : count <= 0 ? 0 : (__mmask16)((1 << count) - 1); }

inline __m512 widen(__m256i half) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16)); }

// One row to bfloat16, 64 bytes every `stride` bytes.
void round_row(const float* row, int depth, int steps, unsigned char* out, int64_t stride, float* squares,
               float* residual_squares) {
  __m512 square0 = _mm512_setzero_ps(), square1 = square0, rest0 = square0, rest1 = square0;
  for (int s = 0; s < steps; s++, out += stride) {
    const int at = s * kScreenDepth;
    const __m512 low = _mm512_maskz_loadu_ps(first_lanes(depth - at), row + at);
    const __m512 high = _mm512_maskz_loadu_ps(first_lanes(depth - at - 16), row + at + 16);
    const __m512i rounded = (__m512i)_mm512_cvtne2ps_pbh(high, low);
    _mm512_store_si512(out, rounded);
    const __m512 low_back = widen(_mm512_castsi512_si256(rounded));
    const __m512 high_back = widen(_mm512_extracti64x4_epi64(rounded, 1));
    const __m512 low_rest = _mm512_sub_ps(low, low_back), high_rest = _mm512_sub_ps(high, high_back);
    square0 = _mm512_fmadd_ps(low_back, low_back, square0);
    square1 = _mm512_fmadd_ps(high_back, high_back, square1);
    rest0 = _mm512_fmadd_ps(low_rest, low_rest, rest0);
    rest1 = _mm512_fmadd_ps(high_rest, high_rest, rest1);
  }
  *squares = _mm512_reduce_add_ps(_mm512_add_ps(square0, square1));
  *residual_squares = _mm512_reduce_add_ps(_mm512_add_ps(rest0, rest1));
}

void pack_rows(const float* const* rows, int lanes, int depth, int steps, int half, unsigned char* out, float* squares,
               float* residual_squares) {
  out += half * 1024;
  for (int r = 0; r < lanes; r++) {
    round_row(rows[r], depth, steps, out + r * 64, kScreenStepBytes, squares + r, residual_squares + r);
  }
  for (int r = lanes; r < 16; r++) {
    for (int s = 0; s < steps; s++) _mm512_store_si512(out + s * kScreenStepBytes + r * 64, _mm512_setzero_si512());
  }
}

// 16 x 16 words of 32 bits, from rows 64 bytes apart to columns.
inline void transpose_16(const unsigned char* from, unsigned char* to) {
  __m512i a[16], b[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; i++) a[i] = _mm512_load_si512(from + i * 64);
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
    b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    a[i] = _mm512_unpacklo_epi64(b[i], b[i + 2]);
    a[i + 1] = _mm512_unpackhi_epi64(b[i], b[i + 2]);
    a[i + 2] = _mm512_unpacklo_epi64(b[i + 1], b[i + 3]);
    a[i + 3] = _mm512_unpackhi_epi64(b[i + 1], b[i + 3]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    b[i] = _mm512_shuffle_i32x4(a[i], a[i + 4], 0x88);
    b[i + 4] = _mm512_shuffle_i32x4(a[i], a[i + 4], 0xdd);
    b[i + 8] = _mm512_shuffle_i32x4(a[i + 8], a[i + 12], 0x88);
    b[i + 12] = _mm512_shuffle_i32x4(a[i + 8], a[i + 12], 0xdd);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    _mm512_store_si512(to + i * 64, _mm512_shuffle_i32x4(b[i], b[i + 8], 0x88));
    _mm512_store_si512(to + (i + 8) * 64, _mm512_shuffle_i32x4(b[i], b[i + 8], 0xdd));
    _mm512_store_si512(to + (i + 4) * 64, _mm512_shuffle_i32x4(b[i + 4], b[i + 12], 0x88));
    _mm512_store_si512(to + (i + 12) * 64, _mm512_shuffle_i32x4(b[i + 4], b[i + 12], 0xdd));
  }
}

void pack_features(const float* const* rows, int lanes, int depth, int steps, int half, unsigned char* out, float* squares,
                   float* residual_squares, unsigned char* work) {
  for (int r = 0; r < lanes; r++) round_row(rows[r], depth, steps, work + r * 64, 1024, squares + r, residual_squares + r);
  for (int r = lanes; r < 16; r++) {
    for (int s = 0; s < steps; s++) _mm512_store_si512(work + s * 1024 + r * 64, _mm512_setzero_si512());
  }
  for (int s = 0; s < steps; s++) transpose_16(work + s * 1024, out + s * kScreenStepBytes + half * 1024);
}

// The acts of 32 rows and 32 features as tiles leave them: [half of features][row][16].
struct ActBlock {
  alignas(64) float acts[2 * kScreenSide * 16];
  int64_t group, panel;
};
constexpr int kActVectors = 2 * kScreenSide;

inline void append(const ScreenRows& rows, int64_t row, int first, __m512 bound, __mmask16 above) {
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const int32_t count = rows.count[row];
  const int64_t at = row * rows.stride + count;
  _mm512_storeu_ps(rows.uppers + at, _mm512_maskz_compress_ps(above, bound));
  _mm512_storeu_si512(rows.features + at,
                      _mm512_maskz_compress_epi32(above, _mm512_add_epi32(lanes, _mm512_set1_epi32(first))));
  rows.count[row] = count + __builtin_popcount(above);
  if (rows.count[row] > rows.full[row]) rows.overflow(rows.sink, row);
}

// Upper bounds of some vectors of a block; the rare ones above a row's threshold are appended to its candidates.
inline void filter(const ScreenFeatures& f, const ScreenRows& rows, const ActBlock& block, int from, int end) {
  for (int v = from; v < end; v++) {
    const int64_t first = block.panel * kScreenSide + v / kScreenSide * 16, row = block.group * kScreenSide + v % kScreenSide;
    __m512 bound = _mm512_fmadd_ps(_mm512_set1_ps(rows.norm[row]), _mm512_load_ps(f.e + first),
                                   _mm512_set1_ps(rows.slack[row]));
    bound = _mm512_fmadd_ps(_mm512_set1_ps(rows.residual[row]), _mm512_load_ps(f.n + first), bound);
    bound = _mm512_add_ps(bound, _mm512_load_ps(f.upper + first));
    bound = _mm512_add_ps(bound, _mm512_load_ps(block.acts + v * 16));
    const __mmask16 above = _mm512_cmp_ps_mask(bound, _mm512_set1_ps(rows.threshold[row]), _CMP_GT_OQ);
    if (__builtin_expect(above != 0, 0)) append(rows, row, (int)first, bound, above);
  }
}

// Multiplies one panel with one group while the block before, already stored, is filtered: tiles and vectors work at the
// same time only if their instructions stand close together.
inline void multiply(const ScreenFeatures& f, const ScreenRows& rows, ActBlock& out, const ActBlock* before,
                     const unsigned char* next, int64_t lines) {
  const int64_t bytes = f.steps * kScreenStepBytes;
  const unsigned char* left = rows.tiles + out.group * bytes;
  const unsigned char* right = f.tiles + out.panel * bytes;
  const int vectors = before ? (kActVectors + f.steps - 1) / f.steps : 0;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  int from = 0;
  for (int s = 0; s < f.steps; s++, left += kScreenStepBytes, right += kScreenStepBytes) {
    _tile_loadd(4, left, 64);
    _tile_loadd(6, right, 64);
    _tile_loadd(5, left + 1024, 64);
    _tile_loadd(7, right + 1024, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
    for (int64_t line = 0; line < lines; line++, next += 64) _mm_prefetch((const char*)next, _MM_HINT_T1);
    if (vectors == 0) continue;
    const int end = from + vectors < kActVectors ? from + vectors : kActVectors;
    filter(f, rows, *before, from, end);
    from = end;
  }
  _tile_stored(0, out.acts, 64);
  _tile_stored(2, out.acts + 16 * 16, 64);
  _tile_stored(1, out.acts + 32 * 16, 64);
  _tile_stored(3, out.acts + 48 * 16, 64);
}

void scan(const ScreenFeatures& f, const ScreenRows& rows, int64_t first, int64_t last) {
  if (first >= last || rows.groups == 0) return;
  const TileConfig config;
  _tile_loadconfig(&config);
  ActBlock blocks[2];
  const int64_t bytes = f.steps * kScreenStepBytes;
  // The next panel comes from far away: its lines are asked for while this one is multiplied.
  const int64_t lines = (bytes / 64 + rows.groups * f.steps - 1) / (rows.groups * f.steps);
  int turn = 0;
  for (int64_t panel = first; panel < last; panel++) {
    const unsigned char* next = f.tiles + (panel + 1 < last ? panel + 1 : panel) * bytes;
    for (int64_t group = 0; group < rows.groups; group++, turn ^= 1, next += lines * f.steps * 64) {
      blocks[turn].group = group;
      blocks[turn].panel = panel;
      const bool is_first = panel == first && group == 0;
      multiply(f, rows, blocks[turn], is_first ? nullptr : &blocks[turn ^ 1], next, lines);
    }
  }
  filter(f, rows, blocks[turn ^ 1], 0, kActVectors);
  _tile_release();
}

void lower_bounds(const ScreenFeatures& f, const ScreenRows& rows, int64_t row, float* lowers) {
  const __m512 norm = _mm512_set1_ps(rows.norm[row]), residual = _mm512_set1_ps(rows.residual[row]);
  const __m512 slack = _mm512_set1_ps(rows.slack[row]);
  const int64_t from = row * rows.stride;
  for (int32_t i = 0; i < rows.count[row]; i += 16) {
    const __mmask16 some = first_lanes(rows.count[row] - i);
    const __m512i at = _mm512_maskz_loadu_epi32(some, rows.features + from + i);
    __m512 margin = _mm512_fmadd_ps(norm, _mm512_i32gather_ps(at, f.e, 4), slack);
    margin = _mm512_fmadd_ps(residual, _mm512_i32gather_ps(at, f.n, 4), margin);
    // Twice the margin, and what rounding the bias up added: 2^-18 is 64 units of rounding.
    const __m512 bias = _mm512_abs_ps(_mm512_i32gather_ps(at, f.upper, 4));
    const __m512 width = _mm512_fmadd_ps(bias, _mm512_set1_ps(0x1p-18f), _mm512_add_ps(margin, margin));
    const __m512 lower = _mm512_sub_ps(_mm512_maskz_loadu_ps(some, rows.uppers + from + i), width);
    _mm512_storeu_ps(lowers + i, _mm512_mask_mov_ps(_mm512_set1_ps(-1.0f), some, lower));
  }
}

inline int64_t count_from(const int32_t* values, int64_t count, int32_t least) {
  int64_t found = 0;
  const __m512i limit = _mm512_set1_epi32(least);
  for (int64_t i = 0; i < count; i += 16) {
    found += __builtin_popcount(_mm512_cmpge_epi32_mask(_mm512_loadu_si512(values + i), limit));
  }
  return found;
}

// A positive value that at least k of the values reach, and at most `enough` where ties allow; 0 when fewer than k are
// positive. Up to 15 values behind the last are read and must be negative.
float reached_by(const float* values, int64_t count, int64_t k, int64_t enough) {
  // Positive floats sort like the integers of the same bits; negative ones are negative integers.
  const int32_t* bits = (const int32_t*)values;
  int32_t low = 1, high = 0x7f800000;
  if (count < k || count_from(bits, count, low) < k) return 0;
  while (high - low > 1) {
    const int32_t middle = low + (high - low) / 2;
    const int64_t above = count_from(bits, count, middle);
    if (above < k) {
      high = middle;
      continue;
    }
    low = middle;
    if (above <= enough) break;
  }
  return _mm512_cvtss_f32(_mm512_castsi512_ps(_mm512_set1_epi32(low)));
}

void tighten(const ScreenFeatures& f, const ScreenRows& rows, int64_t row, int64_t k, bool exactly, float* lowers) {
  lower_bounds(f, rows, row, lowers);
  const int64_t count = rows.count[row];
  const float floor = reached_by(lowers, count, k, exactly ? k : k + k / 8);
  if (floor == 0) return;
  rows.threshold[row] = floor;
  const __m512 limit = _mm512_set1_ps(floor);
  float* uppers = rows.uppers + row * rows.stride;
  int32_t* features = rows.features + row * rows.stride;
  int32_t kept = 0;
  for (int64_t i = 0; i < count; i += 16) {
    const __m512 upper = _mm512_maskz_loadu_ps(first_lanes((int)(count - i)), uppers + i);
    const __m512i feature = _mm512_maskz_loadu_epi32(first_lanes((int)(count - i)), features + i);
    const __mmask16 stays = _mm512_cmp_ps_mask(upper, limit, _CMP_GE_OQ);
    _mm512_storeu_ps(uppers + kept, _mm512_maskz_compress_ps(stays, upper));
    _mm512_storeu_si512(features + kept, _mm512_maskz_compress_epi32(stays, feature));
    kept += __builtin_popcount(stays);
  }
  rows.count[row] = kept;
}

// Four depths of 16 rows as four vectors, by depth.
inline void gather_4(const float* const* rows, int64_t at, __m512 (&out)[4]) {
  __m512 z[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    z[i] = _mm512_castps128_ps512(_mm_loadu_ps(rows[i] + at));
    z[i] = _mm512_insertf32x4(z[i], _mm_loadu_ps(rows[4 + i] + at), 1);
    z[i] = _mm512_insertf32x4(z[i], _mm_loadu_ps(rows[8 + i] + at), 2);
    z[i] = _mm512_insertf32x4(z[i], _mm_loadu_ps(rows[12 + i] + at), 3);
  }
  const __m512d low01 = _mm512_castps_pd(_mm512_unpacklo_ps(z[0], z[1]));
  const __m512d high01 = _mm512_castps_pd(_mm512_unpackhi_ps(z[0], z[1]));
  const __m512d low23 = _mm512_castps_pd(_mm512_unpacklo_ps(z[2], z[3]));
  const __m512d high23 = _mm512_castps_pd(_mm512_unpackhi_ps(z[2], z[3]));
  out[0] = _mm512_castpd_ps(_mm512_unpacklo_pd(low01, low23));
  out[1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low01, low23));
  out[2] = _mm512_castpd_ps(_mm512_unpacklo_pd(high01, high23));
  out[3] = _mm512_castpd_ps(_mm512_unpackhi_pd(high01, high23));
}

// Sixteen products at once, each added up as the float32 micro-kernel does; the next sixteen rows are asked for meanwhile.
void products_16(const float* x, const float* const* rows, const float* const* next, int64_t depth, float* out) {
  __m512 total = _mm512_setzero_ps();
  for (int64_t p = 0; p < depth; p += kDepth) {
    const int64_t end = depth - p < kDepth ? depth : p + kDepth;
    __m512 sum = _mm512_setzero_ps();
    int64_t at = p;
    for (; at + 4 <= end; at += 4) {
      // Sixteen values to a line: four rows' lines every four depths.
#pragma GCC unroll 4
      for (int i = 0; i < 4; i++) _mm_prefetch((const char*)(next[at & 12 | i] + (at & ~15)), _MM_HINT_T1);
      __m512 columns[4];
      gather_4(rows, at, columns);
#pragma GCC unroll 4
      for (int i = 0; i < 4; i++) sum = _mm512_fmadd_ps(_mm512_set1_ps(x[at + i]), columns[i], sum);
    }
    for (; at < end; at++) {
      float column[16];
      for (int r = 0; r < 16; r++) column[r] = rows[r][at];
      sum = _mm512_fmadd_ps(_mm512_set1_ps(x[at]), _mm512_loadu_ps(column), sum);
    }
    total = _mm512_add_ps(total, sum);
  }
  _mm512_storeu_ps(out, total);
}

void products(const float* x, const float* weights, const int32_t* rows, int64_t count, int64_t depth, float* out) {
  const float *row[16], *next[16];
  const auto pick = [&](int64_t first, const float** picked) {
    for (int r = 0; r < 16; r++) picked[r] = weights + rows[first + r < count ? first + r : count - 1] * depth;
  };
  if (count > 0) pick(0, next);
  for (int64_t first = 0; first < count; first += 16) {
    for (int r = 0; r < 16; r++) row[r] = next[r];
    if (first + 16 < count) pick(first + 16, next);
    float block[16];
    products_16(x, row, next, depth, block);
    const int64_t lanes = count - first < 16 ? count - first : 16;
    for (int64_t r = 0; r < lanes; r++) out[first + r] = block[r];
  }
}

}  // namespace

extern const Screen screen;
const Screen screen = {pack_rows, pack_features, scan, tighten, lower_bounds, reached_by, products};

}  // namespace amx
}  // namespace residua
#endif
