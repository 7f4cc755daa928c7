// Kernels of the other types: comparisons and logic, whose results are bool; int32 arithmetic; choosing by a condition;
// casts. Bools are bytes of 0 or 1. Results are those of tfjs' JavaScript kernels, wrap-around included.
#include <cmath>
#include <cstring>
#include <type_traits>

#include "broadcast.h"
#include "napi.h"
#include "pool.h"

namespace residua {
namespace {

constexpr int64_t kGrain = 16384;

enum Comparison { kEqual, kNotEqual, kGreater, kGreaterEqual, kLess, kLessEqual, kAnd, kOr, kComparisons };
enum Arithmetic { kAddInts, kSubInts, kMulInts, kMaxInts, kMinInts, kFloorDiv, kMod, kArithmetics };

// y = f(a, b) over a broadcast shape.
template <class T, class R, class F>
void zip(const Broadcast& shape, const T* a, const T* b, R* y, F f) {
  const int strideA = shape.strideA(), strideB = shape.strideB();
  shape.each_run([&](int64_t i, int64_t j, int64_t at, int64_t n) {
    const T *left = a + i, *right = b + j;
    R* out = y + at;
    if (strideA == 1 && strideB == 1) {
      for (int64_t k = 0; k < n; k++) out[k] = f(left[k], right[k]);
    } else if (strideB == 0) {
      for (int64_t k = 0; k < n; k++) out[k] = f(left[k * strideA], right[0]);
    } else {
      for (int64_t k = 0; k < n; k++) out[k] = f(left[k * strideA], right[k * strideB]);
    }
  });
}

template <class T>
void compare_as(Comparison op, const Broadcast& shape, const T* a, const T* b, uint8_t* y) {
  switch (op) {
    case kEqual: return zip(shape, a, b, y, [](T p, T q) { return (uint8_t)(p == q); });
    case kNotEqual: return zip(shape, a, b, y, [](T p, T q) { return (uint8_t)(p != q); });
    case kGreater: return zip(shape, a, b, y, [](T p, T q) { return (uint8_t)(p > q); });
    case kGreaterEqual: return zip(shape, a, b, y, [](T p, T q) { return (uint8_t)(p >= q); });
    case kLess: return zip(shape, a, b, y, [](T p, T q) { return (uint8_t)(p < q); });
    case kLessEqual: return zip(shape, a, b, y, [](T p, T q) { return (uint8_t)(p <= q); });
    case kAnd: return zip(shape, a, b, y, [](T p, T q) { return (uint8_t)(p != 0 && q != 0); });
    case kOr: return zip(shape, a, b, y, [](T p, T q) { return (uint8_t)(p != 0 || q != 0); });
    case kComparisons: return;
  }
}

// compare(op, a, b, y, shape, stridesA, stridesB, sizeA, sizeB): a and b of one type, y bool.
void compare(Call& call) {
  const auto op = (Comparison)call.choice(0, "op", kComparisons);
  const Broadcast shape(call, 4);
  const Elements a = call.elements(1, "a", call.size(7, "sizeA")), b = call.elements(2, "b", call.size(8, "sizeB"));
  uint8_t* y = call.bools(3, "y", shape.size());
  if (a.type != b.type) call.refuse("expected a and b of one type, got two");
  switch (a.type) {
    case Element::kFloat: return compare_as(op, shape, (const float*)a.data, (const float*)b.data, y);
    case Element::kInt: return compare_as(op, shape, (const int32_t*)a.data, (const int32_t*)b.data, y);
    case Element::kBool: return compare_as(op, shape, (const uint8_t*)a.data, (const uint8_t*)b.data, y);
  }
}

// Towards minus infinity; 0 for a divisor of 0, as JavaScript stores infinity and NaN.
inline int64_t floor_div(int64_t p, int64_t q) {
  if (q == 0) return 0;
  const int64_t quotient = p / q;
  return quotient * q != p && (p < 0) != (q < 0) ? quotient - 1 : quotient;
}

// arithmetic(op, a, b, y, shape, stridesA, stridesB, sizeA, sizeB): int32, sums wrap around.
void arithmetic(Call& call) {
  const auto op = (Arithmetic)call.choice(0, "op", kArithmetics);
  const Broadcast shape(call, 4);
  const int32_t* a = call.ints(1, "a", call.size(7, "sizeA"));
  const int32_t* b = call.ints(2, "b", call.size(8, "sizeB"));
  int32_t* y = call.ints(3, "y", shape.size());
  const auto each = [&](auto f) { zip(shape, a, b, y, [f](int32_t p, int32_t q) { return (int32_t)(uint32_t)f(p, q); }); };
  switch (op) {
    case kAddInts: return each([](int64_t p, int64_t q) { return p + q; });
    case kSubInts: return each([](int64_t p, int64_t q) { return p - q; });
    case kMulInts: return each([](int64_t p, int64_t q) { return p * q; });
    case kMaxInts: return each([](int64_t p, int64_t q) { return p > q ? p : q; });
    case kMinInts: return each([](int64_t p, int64_t q) { return p < q ? p : q; });
    case kFloorDiv: return each(floor_div);
    case kMod: return each([](int64_t p, int64_t q) { return q == 0 ? 0 : p - floor_div(p, q) * q; });
    case kArithmetics: return;
  }
}

template <class T>
void select_words(const uint8_t* condition, const T* a, const T* b, T* y, int64_t n, int64_t inner) {
  parallel_for(n, std::max<int64_t>(1, kGrain / inner), [&](int64_t i, int64_t end) {
    if (inner == 1) {
      for (; i < end; i++) y[i] = condition[i] ? a[i] : b[i];
    }
    for (; i < end; i++) std::memcpy(y + i * inner, (condition[i] ? a : b) + i * inner, inner * sizeof(T));
  });
}

// select(condition, a, b, y, n, inner): every condition chooses `inner` values that lie together, from a where it holds.
void select(Call& call) {
  const int64_t n = call.size(4, "n"), inner = call.size(5, "inner");
  const uint8_t* condition = call.bools(0, "condition", n);
  const Elements a = call.elements(1, "a", n * inner), b = call.elements(2, "b", n * inner);
  const Elements y = call.elements(3, "y", n * inner);
  if (a.type != b.type || a.type != y.type) call.refuse("expected a, b and y of one type, got several");
  if (n * inner == 0) return;
  if (a.bytes() == 1) {
    return select_words(condition, (const uint8_t*)a.data, (const uint8_t*)b.data, (uint8_t*)y.data, n, inner);
  }
  select_words(condition, (const uint32_t*)a.data, (const uint32_t*)b.data, (uint32_t*)y.data, n, inner);
}

// JavaScript's ToInt32: towards zero, around at 2^32, 0 for what is no number.
inline int32_t to_int(float v) {
  if (v > -2147483648.0f && v < 2147483648.0f) return (int32_t)v;
  if (!std::isfinite(v)) return 0;
  return (int32_t)(uint32_t)(int64_t)std::fmod((double)v, 4294967296.0);
}

template <class To, class From>
inline To converted(From v) {
  if constexpr (std::is_same_v<To, uint8_t>) return v != 0;
  if constexpr (std::is_same_v<To, int32_t> && std::is_same_v<From, float>) return to_int(v);
  return (To)v;
}

template <class To, class From>
void cast_to(const From* x, To* y, int64_t n) {
  parallel_for(n, kGrain, [&](int64_t i, int64_t end) {
    for (; i < end; i++) y[i] = converted<To, From>(x[i]);
  });
}

template <class From>
void cast_from(const From* x, const Elements& y, int64_t n) {
  switch (y.type) {
    case Element::kFloat: return cast_to(x, (float*)y.data, n);
    case Element::kInt: return cast_to(x, (int32_t*)y.data, n);
    case Element::kBool: return cast_to(x, (uint8_t*)y.data, n);
  }
}

// cast(x, y, n)
void cast(Call& call) {
  const int64_t n = call.size(2, "n");
  const Elements x = call.elements(0, "x", n), y = call.elements(1, "y", n);
  switch (x.type) {
    case Element::kFloat: return cast_from((const float*)x.data, y, n);
    case Element::kInt: return cast_from((const int32_t*)x.data, y, n);
    case Element::kBool: return cast_from((const uint8_t*)x.data, y, n);
  }
}

const Binding bindings[] = {{"compare", compare}, {"arithmetic", arithmetic}, {"select", select}, {"cast", cast}};

}  // namespace
}  // namespace residua
