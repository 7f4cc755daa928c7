// Element by element: the unary and binary kernels, SwiGLU, GELU, and Adam's update.
#include "isa.h"
#include "simd.h"

namespace residua {
namespace RESIDUA_ISA {
namespace {

// Plain loops over a scalar expression: the compiler vectorises them.
#define EACH(EXPRESSION)                     \
  for (int64_t i = 0; i < n; i++) {          \
    const float v = x[i];                    \
    y[i] = (EXPRESSION);                     \
  }                                          \
  return

inline vf vsigmoid(vf x) { return splat(1.0f) / (splat(1.0f) + vexp(-x)); }

template <class F>
inline void map(const float* x, float* y, int64_t n, F f) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, f(load(x + i)));
  if (i < n) store_part(y + i, f(load_part(x + i, n - i, 0.0f)), n - i);
}

void unary(UnaryOp op, const float* x, float* y, int64_t n, float alpha) {
  switch (op) {
    case kSquare: EACH(v * v);
    case kSqrt: EACH(__builtin_sqrtf(v));
    case kRsqrt: EACH(1.0f / __builtin_sqrtf(v));
    case kExp: return map(x, y, n, [](vf v) { return vexp(v); });
    case kLog: EACH(__builtin_logf(v));
    case kNeg: EACH(-v);
    case kSigmoid: return map(x, y, n, [](vf v) { return vsigmoid(v); });
    case kRelu: EACH(v < 0.0f ? 0.0f : v);
    case kTanh: return map(x, y, n, [](vf v) { return vtanh(v); });
    case kStep: EACH(v != v ? v : v > 0.0f ? 1.0f : alpha);
    case kAbs: EACH(__builtin_fabsf(v));
    case kReciprocal: EACH(1.0f / v);
    case kErf: return map(x, y, n, [](vf v) { return verf(v); });
    case kFloor: EACH(__builtin_floorf(v));
    case kCeil: EACH(__builtin_ceilf(v));
    case kRound: EACH(__builtin_rintf(v));  // halves to even, as tfjs
    case kSign: EACH(v > 0.0f ? 1.0f : v < 0.0f ? -1.0f : 0.0f);
    case kRelu6: EACH(v < 0.0f ? 0.0f : v > 6.0f ? 6.0f : v);
    case kLeakyRelu: EACH(v < 0.0f ? alpha * v : v);
    case kElu: EACH(v >= 0.0f ? v : __builtin_expm1f(v));
    case kSoftplus: EACH(v > 16.0f ? v : __builtin_log1pf(__builtin_expf(v)));
    case kSin: EACH(__builtin_sinf(v));
    case kCos: EACH(__builtin_cosf(v));
  }
}

template <class F>
inline void zip(const float* a, int strideA, const float* b, int strideB, float* y, int64_t n, F f) {
  if (strideA && strideB) {
    for (int64_t i = 0; i < n; i++) y[i] = f(a[i], b[i]);
  } else if (strideA) {
    const float right = b[0];
    for (int64_t i = 0; i < n; i++) y[i] = f(a[i], right);
  } else if (strideB) {
    const float left = a[0];
    for (int64_t i = 0; i < n; i++) y[i] = f(left, b[i]);
  } else {
    const float value = f(a[0], b[0]);
    for (int64_t i = 0; i < n; i++) y[i] = value;
  }
}

void binary(BinaryOp op, const float* a, int sa, const float* b, int sb, float* y, int64_t n) {
  switch (op) {
    case kAdd: return zip(a, sa, b, sb, y, n, [](float p, float q) { return p + q; });
    case kSub: return zip(a, sa, b, sb, y, n, [](float p, float q) { return p - q; });
    case kMul: return zip(a, sa, b, sb, y, n, [](float p, float q) { return p * q; });
    case kDiv: return zip(a, sa, b, sb, y, n, [](float p, float q) { return p / q; });
    // A NaN on either side stays.
    case kMaximum: return zip(a, sa, b, sb, y, n, [](float p, float q) { return p > q || p != p ? p : q; });
    case kMinimum: return zip(a, sa, b, sb, y, n, [](float p, float q) { return p < q || p != p ? p : q; });
    case kSquaredDifference: return zip(a, sa, b, sb, y, n, [](float p, float q) { return (p - q) * (p - q); });
    case kPow: return zip(a, sa, b, sb, y, n, [](float p, float q) { return __builtin_powf(p, q); });
  }
}

// settings: gradient scale, beta1, 1 - beta1, beta2, 1 - beta2, learning rate over the first bias correction,
// 1 / sqrt(second bias correction), epsilon, what is left of the parameter after weight decay.
void adam(float* parameter, const float* gradient, float* first, float* second, int64_t n, const float* settings) {
  const float scale = settings[0], beta1 = settings[1], rest1 = settings[2], beta2 = settings[3], rest2 = settings[4];
  const float rate = settings[5], correction = settings[6], epsilon = settings[7], kept = settings[8];
  for (int64_t i = 0; i < n; i++) {
    const float g = gradient[i] * scale;
    const float m = beta1 * first[i] + rest1 * g;
    const float v = beta2 * second[i] + rest2 * g * g;
    first[i] = m;
    second[i] = v;
    parameter[i] = kept * parameter[i] - rate * m / (__builtin_sqrtf(v) * correction + epsilon);
  }
}

void swiglu(const float* gate, const float* up, float* y, int64_t n) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const vf g = load(gate + i);
    store(y + i, g * vsigmoid(g) * load(up + i));
  }
  if (i < n) {
    const vf g = load_part(gate + i, n - i, 0.0f);
    store_part(y + i, g * vsigmoid(g) * load_part(up + i, n - i, 0.0f), n - i);
  }
}

inline void swiglu_gradient_of(vf g, vf u, vf d, vf& dgate, vf& dup) {
  const vf s = vsigmoid(g);
  dup = d * g * s;
  dgate = d * u * s * (splat(1.0f) + g * (splat(1.0f) - s));
}

void swiglu_gradient(const float* gate, const float* up, const float* dy, float* dgate, float* dup, int64_t n) {
  int64_t i = 0;
  vf a, b;
  for (; i + kLanes <= n; i += kLanes) {
    swiglu_gradient_of(load(gate + i), load(up + i), load(dy + i), a, b);
    store(dgate + i, a);
    store(dup + i, b);
  }
  if (i < n) {
    const int64_t rest = n - i;
    swiglu_gradient_of(load_part(gate + i, rest, 0), load_part(up + i, rest, 0), load_part(dy + i, rest, 0), a, b);
    store_part(dgate + i, a, rest);
    store_part(dup + i, b, rest);
  }
}

// sqrt(2 / pi) (x + 0.044715 x^3)
inline vf gelu_argument(vf x) { return splat(0.7978845608f) * (x + splat(0.044715f) * x * x * x); }

inline vf gelu_of(GeluForm form, vf x) {
  const vf turned = form == kGeluTanh ? vtanh(gelu_argument(x)) : verf(x * splat(0.7071067812f));
  return splat(0.5f) * x * (splat(1.0f) + turned);
}

inline vf gelu_slope(GeluForm form, vf x) {
  const vf half = splat(0.5f), one = splat(1.0f);
  if (form == kGeluErf) {
    const vf density = splat(0.3989422804f) * vexp(-half * x * x);
    return half * (one + verf(x * splat(0.7071067812f))) + x * density;
  }
  const vf t = vtanh(gelu_argument(x));
  const vf inner = splat(0.7978845608f) * (one + splat(3 * 0.044715f) * x * x);
  return half * (one + t) + half * x * (one - t * t) * inner;
}

void gelu(GeluForm form, const float* x, float* y, int64_t n) {
  map(x, y, n, [form](vf v) { return gelu_of(form, v); });
}

void gelu_gradient(GeluForm form, const float* x, const float* dy, float* dx, int64_t n) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(dx + i, load(dy + i) * gelu_slope(form, load(x + i)));
  if (i < n) store_part(dx + i, load_part(dy + i, n - i, 0) * gelu_slope(form, load_part(x + i, n - i, 0)), n - i);
}

}  // namespace

void fill_elementwise(Isa& table) {
  table.unary = unary;
  table.binary = binary;
  table.adam = adam;
  table.swiglu = swiglu;
  table.swiglu_gradient = swiglu_gradient;
  table.gelu = gelu;
  table.gelu_gradient = gelu_gradient;
}

}  // namespace RESIDUA_ISA
}  // namespace residua
