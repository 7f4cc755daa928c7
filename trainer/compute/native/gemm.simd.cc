// The GEMM micro-kernel: kRows x kCols of C held in registers while both packed panels stream by; and packing across
// strides in 4 x 4 transposed blocks. Register budget: 24 of 32 (AVX-512, NEON), 12 of 16 (AVX2, SSE) hold C.
#include "isa.h"
#include "simd.h"

namespace residua {
namespace RESIDUA_ISA {
namespace {

#if RESIDUA_LANES == 16
constexpr int kRows = 12, kVectors = 2;
#elif RESIDUA_LANES == 8
constexpr int kRows = 4, kVectors = 3;
#elif defined(RESIDUA_NEON)
constexpr int kRows = 8, kVectors = 3;
#else
constexpr int kRows = 4, kVectors = 2;
#endif
constexpr int kCols = kVectors * kLanes;

void micro(int kc, const float* a, const float* b, float* c, int64_t ldc, int mr, int nr, bool accumulate) {
  vf sum[kRows][kVectors];
#pragma GCC unroll 12
  for (int i = 0; i < kRows; i++) {
#pragma GCC unroll 3
    for (int j = 0; j < kVectors; j++) sum[i][j] = vf{};
  }
  for (int k = 0; k < kc; k++, a += kRows, b += kCols) {
#ifdef RESIDUA_NEON
    // A product takes its left factor from any lane: 24 sums, 3 right and 2 left vectors stay within 32 registers.
    const vf lefts[kRows / kLanes] = {load(a), load(a + kLanes)};
    // Small ARM cores follow one stream of loads at a time; eight steps ahead is about one trip to the L2 cache.
    __builtin_prefetch(a + 8 * kRows);
    __builtin_prefetch(b + 8 * kCols);
#endif
    vf right[kVectors];
#pragma GCC unroll 3
    for (int j = 0; j < kVectors; j++) right[j] = load(b + j * kLanes);
#pragma GCC unroll 12
    for (int i = 0; i < kRows; i++) {
#ifdef RESIDUA_NEON
      const vf left = splat(lefts[i / kLanes][i % kLanes]);
#else
      const vf left = splat(a[i]);
#endif
#pragma GCC unroll 3
      for (int j = 0; j < kVectors; j++) sum[i][j] += left * right[j];
    }
  }
  if (mr == kRows && nr == kCols) {
#pragma GCC unroll 12
    for (int i = 0; i < kRows; i++) {
      float* row = c + i * ldc;
#pragma GCC unroll 3
      for (int j = 0; j < kVectors; j++) {
        const vf old = accumulate ? load(row + j * kLanes) : vf{};
        store(row + j * kLanes, old + sum[i][j]);
      }
    }
    return;
  }
  float tile[kRows * kCols];
#pragma GCC unroll 12
  for (int i = 0; i < kRows; i++) {
#pragma GCC unroll 3
    for (int j = 0; j < kVectors; j++) store(tile + i * kCols + j * kLanes, sum[i][j]);
  }
  for (int i = 0; i < mr; i++) {
    for (int j = 0; j < nr; j++) {
      float& out = c[i * ldc + j];
      out = accumulate ? out + tile[i * kCols + j] : tile[i * kCols + j];
    }
  }
}

typedef float quad __attribute__((vector_size(16), aligned(4), may_alias));
typedef int32_t quad_index __attribute__((vector_size(16)));

inline quad shuffle(quad a, quad b, quad_index order) {
#if defined(__clang__)
  quad out;
  for (int i = 0; i < 4; i++) out[i] = order[i] < 4 ? a[order[i]] : b[order[i] - 4];
  return out;
#else
  return __builtin_shuffle(a, b, order);
#endif
}

// Four rows of four, transposed, to out, out + width, ...
inline void transpose_4x4(const float* source, int64_t stride, float* out, int width) {
  const quad r0 = *(const quad*)source, r1 = *(const quad*)(source + stride);
  const quad r2 = *(const quad*)(source + 2 * stride), r3 = *(const quad*)(source + 3 * stride);
  const quad low01 = shuffle(r0, r1, quad_index{0, 4, 1, 5}), high01 = shuffle(r0, r1, quad_index{2, 6, 3, 7});
  const quad low23 = shuffle(r2, r3, quad_index{0, 4, 1, 5}), high23 = shuffle(r2, r3, quad_index{2, 6, 3, 7});
  *(quad*)out = shuffle(low01, low23, quad_index{0, 1, 4, 5});
  *(quad*)(out + width) = shuffle(low01, low23, quad_index{2, 3, 6, 7});
  *(quad*)(out + 2 * width) = shuffle(high01, high23, quad_index{0, 1, 4, 5});
  *(quad*)(out + 3 * width) = shuffle(high01, high23, quad_index{2, 3, 6, 7});
}

void pack_across(const float* source, int64_t stride, int count, int width, int depth, float* out) {
  const int whole_depth = depth & ~3;
  int r = 0;
  for (; r + 4 <= count; r += 4) {
    const float* from = source + r * stride;
    for (int k = 0; k < whole_depth; k += 4) transpose_4x4(from + k, stride, out + k * width + r, width);
    for (int k = whole_depth; k < depth; k++) {
      for (int t = 0; t < 4; t++) out[k * width + r + t] = from[t * stride + k];
    }
  }
  for (; r < width; r++) {
    for (int k = 0; k < depth; k++) out[k * width + r] = r < count ? source[r * stride + k] : 0.0f;
  }
}

inline float lane_total(vf x) {
  const quad* parts = (const quad*)&x;
  quad sum = parts[0];
  for (int i = 1; i < kLanes / 4; i++) sum += parts[i];
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

// C[kM, kN] = rows of A times rows of B, both read where they lie. An element is the same sum whatever kM and kN are.
template <int kM, int kN>
void dot_block(const float* a, int64_t lda, const float* b, int64_t ldb, int64_t k, float* c, int64_t ldc) {
  vf sum[kM][kN];
#pragma GCC unroll 4
  for (int i = 0; i < kM; i++) {
#pragma GCC unroll 4
    for (int j = 0; j < kN; j++) sum[i][j] = vf{};
  }
  int64_t at = 0;
  for (; at + kLanes <= k; at += kLanes) {
    vf right[kN];
#pragma GCC unroll 4
    for (int j = 0; j < kN; j++) right[j] = load(b + j * ldb + at);
#pragma GCC unroll 4
    for (int i = 0; i < kM; i++) {
      const vf left = load(a + i * lda + at);
#pragma GCC unroll 4
      for (int j = 0; j < kN; j++) sum[i][j] += left * right[j];
    }
  }
  for (int i = 0; i < kM; i++) {
    for (int j = 0; j < kN; j++) {
      float total = lane_total(sum[i][j]);
      for (int64_t r = at; r < k; r++) total += a[i * lda + r] * b[j * ldb + r];
      c[i * ldc + j] = total;
    }
  }
}

template <int kM>
void dot_rows(const float* a, int64_t lda, const float* b, int64_t ldb, int n, int64_t k, float* c, int64_t ldc) {
  if (n == 4) return dot_block<kM, 4>(a, lda, b, ldb, k, c, ldc);
  for (int j = 0; j < n; j++) dot_block<kM, 1>(a, lda, b + j * ldb, ldb, k, c + j, ldc);
}

void dots(const float* a, int64_t lda, int m, const float* b, int64_t ldb, int n, int64_t k, float* c, int64_t ldc) {
  constexpr int kMost = kLanes == 8 || kLanes * sizeof(float) == 16 ? 2 : 4;
  int i = 0;
  for (; i + kMost <= m; i += kMost) dot_rows<kMost>(a + i * lda, lda, b, ldb, n, k, c + i * ldc, ldc);
  for (; i < m; i++) dot_rows<1>(a + i * lda, lda, b, ldb, n, k, c + i * ldc, ldc);
}

}  // namespace

void fill_gemm(Isa& table) {
  table.rows = kRows;
  table.cols = kCols;
  table.micro = micro;
  table.pack_across = pack_across;
  table.dots = dots;
}

}  // namespace RESIDUA_ISA
}  // namespace residua
