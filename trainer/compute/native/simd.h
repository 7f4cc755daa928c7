// Vectors of the instruction set a *.simd.cc file is being compiled for: each such file is compiled once per instruction
// set, in its own namespace. Nothing from the standard library may be used there: its inline functions would be merged
// across instruction sets and run where they cannot.
#pragma once
#include <cstdint>

#if !defined(RESIDUA_ISA)
#error "compile *.simd.cc through build.mjs"
#endif

#if defined(__AVX512F__)
#define RESIDUA_LANES 16
#elif defined(__AVX2__)
#define RESIDUA_LANES 8
#else
#define RESIDUA_LANES 4
#endif

namespace residua {
namespace RESIDUA_ISA {

constexpr int kLanes = RESIDUA_LANES;
typedef float vf __attribute__((vector_size(RESIDUA_LANES * 4), aligned(4), may_alias));
typedef int32_t vi __attribute__((vector_size(RESIDUA_LANES * 4), aligned(4), may_alias));

static inline vf splat(float x) { return x - vf{}; }
static inline vf load(const float* p) { return *(const vf*)p; }
static inline void store(float* p, vf x) { *(vf*)p = x; }

// The first `count` lanes from p, `fill` in the others.
static inline vf load_part(const float* p, int64_t count, float fill) {
  vf x = splat(fill);
  for (int64_t i = 0; i < count; i++) x[i] = p[i];
  return x;
}

static inline void store_part(float* p, vf x, int64_t count) {
  for (int64_t i = 0; i < count; i++) p[i] = x[i];
}

static inline float lanes_sum(vf x) {
  float sum = 0;
  for (int i = 0; i < kLanes; i++) sum += x[i];
  return sum;
}

static inline float lanes_max(vf x) {
  float most = x[0];
  for (int i = 1; i < kLanes; i++) most = x[i] > most || x[i] != x[i] ? x[i] : most;
  return most;
}

// exp(x) to about 2 units in the last place; 0 and infinity at the ends, NaN stays NaN. Cody-Waite reduction, degree 6.
static inline vf vexp(vf x) {
  const vf low = splat(-104.0f), high = splat(89.0f);
  x = x < low ? low : x;
  x = x > high ? high : x;
  const vf magic = splat(12582912.0f);  // adding 1.5 * 2^23 rounds to the nearest integer
  const vf n = (x * splat(1.44269504f) + magic) - magic;
  vf r = x - n * splat(0.693359375f);
  r = r - n * splat(-2.12194440e-4f);
  vf p = splat(1.9875691500e-4f) * r + splat(1.3981999507e-3f);
  p = p * r + splat(8.3334519073e-3f);
  p = p * r + splat(4.1665795894e-2f);
  p = p * r + splat(1.6666665459e-1f);
  p = p * r + splat(5.0000001201e-1f);
  p = p * (r * r) + r + splat(1.0f);
  // 2^n in two factors, so that subnormal results and overflow come out right.
  const vi whole = __builtin_convertvector(n, vi);
  const vi half = whole >> 1;
  const vi first = (half + 127) << 23;
  const vi second = (whole - half + 127) << 23;
  return p * (vf)first * (vf)second;
}

// tanh(x) to about 2 units in the last place: odd polynomial near 0, else 1 - 2 / (exp(2 |x|) + 1). NaN stays NaN.
static inline vf vtanh(vf x) {
  const vf size = x < splat(0.0f) ? -x : x;
  const vf far = splat(1.0f) - splat(2.0f) / (vexp(size + size) + splat(1.0f));
  const vf z = x * x;
  vf p = splat(-5.70498872745e-3f) * z + splat(2.06390887954e-2f);
  p = p * z + splat(-5.37397155531e-2f);
  p = p * z + splat(1.33314422036e-1f);
  p = p * z + splat(-3.33332819422e-1f);
  const vf near = p * z * x + x;
  return size < splat(0.625f) ? near : x < splat(0.0f) ? -far : far;
}

// erf(x) to about 3 units in the last place: odd polynomial below 1, else 1 - exp(-x^2) / |x| times a polynomial in
// 1 / x^2, one below 2 and one above (the coefficients are Cephes').
static inline vf verf(vf x) {
  const vf size = x < splat(0.0f) ? -x : x, one = splat(1.0f);
  const vf z = x * x;
  vf t = splat(7.853861353153693e-5f) * z + splat(-8.010193625184903e-4f);
  t = t * z + splat(5.188327685732524e-3f);
  t = t * z + splat(-2.685381193529856e-2f);
  t = t * z + splat(1.128358514861418e-1f);
  t = t * z + splat(-3.761262582423300e-1f);
  const vf near = x * (t * z + splat(1.128379165726710f));
  const vf inverse = one / (size < one ? one : size), y = inverse * inverse;
  vf p = splat(2.326819970068386e-2f) * y + splat(-1.387039388740657e-1f);
  p = p * y + splat(3.687424674597105e-1f);
  p = p * y + splat(-5.824733027278666e-1f);
  p = p * y + splat(6.210004621745983e-1f);
  p = p * y + splat(-4.944515323274145e-1f);
  p = p * y + splat(3.404879937665872e-1f);
  p = p * y + splat(-2.741127028184656e-1f);
  p = p * y + splat(5.638259427386472e-1f);
  vf r = splat(-1.047766399936249e+1f) * y + splat(1.297719955372516e+1f);
  r = r * y + splat(-7.495518717768503f);
  r = r * y + splat(2.921019019210786f);
  r = r * y + splat(-1.015265279202700f);
  r = r * y + splat(4.218463358204948e-1f);
  r = r * y + splat(-2.820767439740514e-1f);
  r = r * y + splat(5.641895067754075e-1f);
  const vf far = one - vexp(-z) * inverse * (size < splat(2.0f) ? p : r);
  return size < one ? near : x < splat(0.0f) ? -far : far;
}

}  // namespace RESIDUA_ISA
}  // namespace residua
