// Loops over one row: sums, maxima, products, exponentials, and the filter behind top-k. The order of additions is fixed
// by the length alone.
#include "isa.h"
#include "simd.h"
#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace residua {
namespace RESIDUA_ISA {
namespace {

// Sums this long are taken in float32 lanes, and their totals in float64.
constexpr int64_t kSumBlock = 4096;

float sum_block(const float* x, int64_t n) {
  vf s0{}, s1{}, s2{}, s3{};
  int64_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    s0 += load(x + i);
    s1 += load(x + i + kLanes);
    s2 += load(x + i + 2 * kLanes);
    s3 += load(x + i + 3 * kLanes);
  }
  for (; i + kLanes <= n; i += kLanes) s0 += load(x + i);
  float rest = 0;
  for (; i < n; i++) rest += x[i];
  return lanes_sum((s0 + s1) + (s2 + s3)) + rest;
}

float sum(const float* x, int64_t n) {
  if (n <= kSumBlock) return sum_block(x, n);
  double total = 0;
  for (int64_t i = 0; i < n; i += kSumBlock) total += sum_block(x + i, n - i < kSumBlock ? n - i : kSumBlock);
  return (float)total;
}

inline vf vmax(vf a, vf b) { return (a > b) | (a != a) ? a : b; }

float max(const float* x, int64_t n) {
  float most = -__builtin_inff();
  int64_t i = 0;
  if (n >= kLanes) {
    vf lanes = load(x);
    for (i = kLanes; i + kLanes <= n; i += kLanes) lanes = vmax(lanes, load(x + i));
    most = lanes_max(lanes);
  }
  for (; i < n; i++) most = most > x[i] || most != most ? most : x[i];
  return most;
}

float dot(const float* a, const float* b, int64_t n) {
  vf s0{}, s1{}, s2{}, s3{};
  int64_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    s0 += load(a + i) * load(b + i);
    s1 += load(a + i + kLanes) * load(b + i + kLanes);
    s2 += load(a + i + 2 * kLanes) * load(b + i + 2 * kLanes);
    s3 += load(a + i + 3 * kLanes) * load(b + i + 3 * kLanes);
  }
  for (; i + kLanes <= n; i += kLanes) s0 += load(a + i) * load(b + i);
  float rest = 0;
  for (; i < n; i++) rest += a[i] * b[i];
  return lanes_sum((s0 + s1) + (s2 + s3)) + rest;
}

void axpy(float alpha, const float* x, float* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] += alpha * x[i];
}

void scale(float alpha, float* x, int64_t n) {
  for (int64_t i = 0; i < n; i++) x[i] *= alpha;
}

float exp_sum(const float* x, float shift, float* y, int64_t n) {
  vf total{};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const vf e = vexp(load(x + i) - splat(shift));
    if (y) store(y + i, e);
    total += e;
  }
  float sum = lanes_sum(total);
  if (i < n) {
    const vf e = vexp(load_part(x + i, n - i, 0.0f) - splat(shift));
    if (y) store_part(y + i, e, n - i);
    for (int64_t r = 0; r < n - i; r++) sum += e[r];
  }
  return sum;
}

int collect_above(const float* values, const float* bias, float threshold, int n, int* indices, float* kept) {
  int found = 0, i = 0;
#if defined(__AVX512F__)
  const __m512 limit = _mm512_set1_ps(threshold);
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (; i + 16 <= n; i += 16) {
    const __m512 v = _mm512_add_ps(_mm512_loadu_ps(values + i), _mm512_loadu_ps(bias + i));
    const __mmask16 above = _mm512_cmp_ps_mask(v, limit, _CMP_GT_OQ);
    if (!above) continue;
    _mm512_mask_compressstoreu_ps(kept + found, above, v);
    _mm512_mask_compressstoreu_epi32(indices + found, above, _mm512_add_epi32(lanes, _mm512_set1_epi32(i)));
    found += __builtin_popcount(above);
  }
#else
  for (; i + kLanes <= n; i += kLanes) {
    const vf v = load(values + i) + load(bias + i);
    const vi above = v > splat(threshold);
    int any = 0;
    for (int r = 0; r < kLanes; r++) any |= above[r];
    if (!any) continue;
    for (int r = 0; r < kLanes; r++) {
      if (!above[r]) continue;
      indices[found] = i + r;
      kept[found++] = v[r];
    }
  }
#endif
  for (; i < n; i++) {
    const float v = values[i] + bias[i];
    if (!(v > threshold)) continue;
    indices[found] = i;
    kept[found++] = v;
  }
  return found;
}

}  // namespace

void fill_rows(Isa& table) {
  table.sum = sum;
  table.max = max;
  table.dot = dot;
  table.axpy = axpy;
  table.scale = scale;
  table.exp_sum = exp_sum;
  table.collect_above = collect_above;
}

}  // namespace RESIDUA_ISA
}  // namespace residua
