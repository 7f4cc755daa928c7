// Slices of the hierarchical loss and of the encoder's gradient (dictionary.h), four vectors wide.
#include "dictionary.h"

#include "isa.h"
#include "simd.h"
#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace residua {
namespace RESIDUA_ISA {
namespace {

constexpr int kVectors = 4;
constexpr int kWidth = kVectors * kLanes;
// Rows of a dictionary are met at random: asking for one this many acts ahead hides the wait for memory.
constexpr int kAhead = 6;

inline float total(vf x) {
#if defined(__AVX512F__)
  return _mm512_reduce_add_ps((__m512)x);
#else
  return lanes_sum(x);
#endif
}

inline void prefetch(const float* p) {
  __builtin_prefetch(p);
  if (kWidth > 16) __builtin_prefetch(p + 16);
  if (kWidth > 32) __builtin_prefetch(p + 32);
  if (kWidth > 48) __builtin_prefetch(p + 48);
}

// The first `width` of kWidth values; whole slices skip the counting.
template <bool kWhole>
inline void get(const float* p, int width, vf (&x)[kVectors]) {
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; v++) {
    if (kWhole) {
      x[v] = load(p + v * kLanes);
    } else {
      const int left = width - v * kLanes;
      x[v] = left > 0 ? load_part(p + v * kLanes, left < kLanes ? left : kLanes, 0.0f) : vf{};
    }
  }
}

template <bool kWhole>
inline void put(float* p, int width, const vf (&x)[kVectors]) {
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; v++) {
    if (kWhole) {
      store(p + v * kLanes, x[v]);
    } else {
      const int left = width - v * kLanes;
      if (left > 0) store_part(p + v * kLanes, x[v], left < kLanes ? left : kLanes);
    }
  }
}

// p += alpha x
template <bool kWhole>
inline void add_to(float* p, int width, float alpha, const vf (&x)[kVectors]) {
  vf old[kVectors];
  get<kWhole>(p, width, old);
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; v++) old[v] += splat(alpha) * x[v];
  put<kWhole>(p, width, old);
}

// Up: x̂ grows act by act. Down: at each budget the error joins the suffix sum S, then act i gets e_i S and gives back
// its share, so that x̂_j for every j is met without being kept. Returns the sum of squared errors over the budgets.
template <bool kWhole>
double hierarchical_rows(const HierarchicalSlice& s) {
  double squares = 0;
  const int width = s.width;
  for (int64_t b = 0; b < s.rows; b++) {
    const float* acts = s.acts + b * s.k;
    const int32_t* indices = s.indices + b * s.k;
    vf hat[kVectors], row[kVectors], target[kVectors], suffix[kVectors] = {}, square{};
    get<kWhole>(s.bias, width, hat);
    for (int64_t i = 0; i < s.k; i++) {
      if (i + kAhead < s.k) prefetch(s.decoder + indices[i + kAhead] * s.decoder_stride);
      get<kWhole>(s.decoder + indices[i] * s.decoder_stride, width, row);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; v++) hat[v] += splat(acts[i]) * row[v];
    }
    put<kWhole>(s.reconstruction + b * s.stride, width, hat);
    get<kWhole>(s.target + b * s.stride, width, target);
    for (int64_t i = s.k - 1; i >= 0; i--) {
      if (i >= kAhead) prefetch(s.grad_decoder + indices[i - kAhead] * s.decoder_stride);
      if (s.in_budgets[i]) {
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; v++) {
          const vf error = hat[v] - target[v];
          square += error * error;
          suffix[v] += error;
        }
      }
      get<kWhole>(s.decoder + indices[i] * s.decoder_stride, width, row);
      vf product{};
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; v++) {
        product += row[v] * suffix[v];
        hat[v] -= splat(acts[i]) * row[v];
      }
      s.grad_acts[b * s.k + i] = s.scale * total(product);
      add_to<kWhole>(s.grad_decoder + indices[i] * s.decoder_stride, width, s.scale * acts[i], suffix);
    }
    add_to<kWhole>(s.grad_bias, width, s.scale, suffix);
    // Lanes past the width hold 0 - 0: they add nothing.
    squares += total(square);
  }
  return squares;
}

template <bool kWhole>
void encoder_features(const EncoderGradientSlice& s) {
  vf hidden_sum[kVectors];
  get<kWhole>(s.grad_hidden, s.width, hidden_sum);
  for (int64_t f = 0; f < s.features; f++) {
    vf sum[kVectors] = {}, row[kVectors];
    if (s.adds) get<kWhole>(s.grad_encoder + f * s.stride, s.width, sum);
    for (int32_t i = s.starts[f]; i < s.starts[f + 1]; i++) {
      const float* hidden = s.hidden + (int64_t)s.rows[i] * kWidth;
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; v++) sum[v] += splat(s.gradients[i]) * load(hidden + v * kLanes);
    }
    put<kWhole>(s.grad_encoder + f * s.stride, s.width, sum);
    if (s.grad_bias[f] == 0) continue;
    get<kWhole>(s.encoder + f * s.stride, s.width, row);
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) hidden_sum[v] += splat(s.grad_bias[f]) * row[v];
  }
  put<kWhole>(s.grad_hidden, s.width, hidden_sum);
}

double hierarchical_slice(const HierarchicalSlice& s) {
  return s.width == kWidth ? hierarchical_rows<true>(s) : hierarchical_rows<false>(s);
}

void encoder_gradient_slice(const EncoderGradientSlice& s) {
  return s.width == kWidth ? encoder_features<true>(s) : encoder_features<false>(s);
}

// A key's place is the number of larger ones.
void order_keys(const uint64_t* keys, int64_t n, uint64_t* out) {
  typedef int64_t vk __attribute__((vector_size(kLanes * 4), aligned(8), may_alias));
  constexpr int kKeys = kLanes / 2;
  const int64_t* values = (const int64_t*)keys;
  for (int64_t i = 0; i < n; i += kKeys) {
    vk mine, larger = {};
    if (i + kKeys <= n) {
      mine = *(const vk*)(values + i);
    } else {
      for (int r = 0; r < kKeys; r++) mine[r] = i + r < n ? values[i + r] : 0;
    }
    for (int64_t j = 0; j < n; j++) larger -= (vk)((values[j] - vk{}) > mine);
    for (int r = 0; r < kKeys && i + r < n; r++) out[larger[r]] = keys[i + r];
  }
}

}  // namespace

void fill_dictionary(Isa& table) {
  table.slice_width = kWidth;
  table.hierarchical_slice = hierarchical_slice;
  table.encoder_gradient_slice = encoder_gradient_slice;
  table.order_keys = order_keys;
}

}  // namespace RESIDUA_ISA
}  // namespace residua
