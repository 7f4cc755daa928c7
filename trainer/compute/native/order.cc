// Kernels that look along rows: the greatest k, where the greatest or least lies, running sums, and reductions of other
// kinds than the sum and maximum of float32 (reduce.cc).
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "napi.h"
#include "pool.h"

namespace residua {
namespace {

constexpr int64_t kGrain = 16384;
int64_t row_grain(int64_t cols) { return std::max<int64_t>(1, kGrain / std::max<int64_t>(1, cols)); }

template <class T>
struct Entry {
  T value;
  int32_t index;
  // Descending, ties by index; NaN comes last.
  bool operator<(const Entry& other) const {
    if (value != other.value) return value > other.value || (other.value != other.value && value == value);
    return index < other.index;
  }
};

// The k greatest of a row, descending. Candidates above the k-th best so far gather in 2k places, then the worse half goes.
template <class T>
void top_of_row(const T* x, int64_t n, int64_t k, std::vector<Entry<T>>& kept, T* values, int32_t* indices) {
  kept.clear();
  const size_t room = (size_t)std::min(n, std::max<int64_t>(2 * k, 64));
  bool full = false;
  Entry<T> limit{};
  for (int64_t i = 0; i < n; i++) {
    const Entry<T> entry{x[i], (int32_t)i};
    if (full && !(entry < limit)) continue;
    kept.push_back(entry);
    if (kept.size() < room || (int64_t)kept.size() <= k) continue;
    std::nth_element(kept.begin(), kept.begin() + (k - 1), kept.end());
    kept.resize((size_t)k);
    limit = kept[(size_t)k - 1];
    full = true;
  }
  std::partial_sort(kept.begin(), kept.begin() + k, kept.end());
  for (int64_t i = 0; i < k; i++) {
    values[i] = kept[(size_t)i].value;
    indices[i] = kept[(size_t)i].index;
  }
}

template <class T>
void top_of_rows(const T* x, T* values, int32_t* indices, int64_t rows, int64_t n, int64_t k) {
  parallel_for(rows, row_grain(n), [&](int64_t r, int64_t end) {
    std::vector<Entry<T>> kept;
    for (; r < end; r++) top_of_row(x + r * n, n, k, kept, values + r * k, indices + r * k);
  });
}

// topK(x, values, indices, rows, N, K): float32 or int32.
void top_k(Call& call) {
  const int64_t rows = call.size(3, "rows"), n = call.size(4, "N"), k = call.size(5, "K");
  if (k > n) call.refuse("expected K of at most N = " + std::to_string(n) + ", got " + std::to_string(k));
  const Elements x = call.elements(0, "x", rows * n), values = call.elements(1, "values", rows * k);
  int32_t* indices = call.ints(2, "indices", rows * k);
  if (x.type != values.type || x.type == Element::kBool) call.refuse("expected x and values as float32 or both int32");
  if (rows * k == 0) return;
  if (x.type == Element::kInt) {
    return top_of_rows((const int32_t*)x.data, (int32_t*)values.data, indices, rows, n, k);
  }
  top_of_rows((const float*)x.data, (float*)values.data, indices, rows, n, k);
}

// argExtreme(x, y, A, R, least): index of the first greatest (least) of every row, as tfjs does: NaN is never greater.
void arg_extreme(Call& call) {
  const int64_t rows = call.size(2, "A"), n = call.size(3, "R");
  const bool least = call.flag(4, "least");
  const Elements x = call.elements(0, "x", rows * n);
  int32_t* y = call.ints(1, "y", rows);
  const auto run = [&](const auto* values) {
    parallel_for(rows, row_grain(n), [&](int64_t r, int64_t end) {
      for (; r < end; r++) {
        const auto* row = values + r * n;
        int64_t best = 0;
        for (int64_t i = 1; i < n; i++) {
          if (least ? row[i] < row[best] : row[i] > row[best]) best = i;
        }
        y[r] = (int32_t)best;
      }
    });
  };
  switch (x.type) {
    case Element::kFloat: return run((const float*)x.data);
    case Element::kInt: return run((const int32_t*)x.data);
    case Element::kBool: return run((const uint8_t*)x.data);
  }
}

// Running sums of float32 are taken in float64: a sum of many would otherwise lose the small ones.
template <class T, class Total>
void cumsum_rows(const T* x, T* y, int64_t rows, int64_t n, bool exclusive, bool reverse) {
  parallel_for(rows, row_grain(n), [&](int64_t r, int64_t end) {
    for (; r < end; r++) {
      const T* in = x + r * n;
      T* out = y + r * n;
      Total total = 0;
      for (int64_t j = 0; j < n; j++) {
        const int64_t i = reverse ? n - 1 - j : j;
        const T value = in[i];
        if (exclusive) out[i] = (T)total;
        total += (Total)value;
        if (!exclusive) out[i] = (T)total;
      }
    }
  });
}

// cumsum(x, y, rows, N, exclusive, reverse): float32 or int32, along rows.
void cumsum(Call& call) {
  const int64_t rows = call.size(2, "rows"), n = call.size(3, "N");
  const bool exclusive = call.flag(4, "exclusive"), reverse = call.flag(5, "reverse");
  const Elements x = call.elements(0, "x", rows * n), y = call.elements(1, "y", rows * n);
  if (x.type != y.type || x.type == Element::kBool) call.refuse("expected x and y as float32 or both int32");
  if (x.type == Element::kInt) {
    return cumsum_rows<int32_t, uint32_t>((const int32_t*)x.data, (int32_t*)y.data, rows, n, exclusive, reverse);
  }
  cumsum_rows<float, double>((const float*)x.data, (float*)y.data, rows, n, exclusive, reverse);
}

template <class T, class F>
void fold_rows(const T* x, T* y, int64_t rows, int64_t n, T start, F f) {
  parallel_for(rows, row_grain(n), [&](int64_t r, int64_t end) {
    for (; r < end; r++) {
      T value = start;
      for (int64_t i = 0; i < n; i++) value = f(value, x[r * n + i]);
      y[r] = value;
    }
  });
}

enum Fold { kMinOfFloats, kProdOfFloats, kSumOfInts, kMaxOfInts, kMinOfInts, kAll, kAny, kFolds };

// fold(op, x, y, A, R): x [A, R] to y [A], both of the type the operation names.
void fold(Call& call) {
  const auto op = (Fold)call.choice(0, "op", kFolds);
  const int64_t rows = call.size(3, "A"), n = call.size(4, "R");
  const auto of_floats = [&](float start, auto f) {
    fold_rows(call.floats(1, "x", rows * n), call.floats(2, "y", rows), rows, n, start, f);
  };
  const auto of_ints = [&](int32_t start, auto f) {
    fold_rows(call.ints(1, "x", rows * n), call.ints(2, "y", rows), rows, n, start, f);
  };
  const auto of_bools = [&](uint8_t start, auto f) {
    fold_rows(call.bools(1, "x", rows * n), call.bools(2, "y", rows), rows, n, start, f);
  };
  using Limits = std::numeric_limits<int32_t>;
  switch (op) {
    // A NaN stays.
    case kMinOfFloats:
      return of_floats(std::numeric_limits<float>::infinity(), [](float p, float q) { return p < q || p != p ? p : q; });
    case kProdOfFloats: return of_floats(1.0f, [](float p, float q) { return p * q; });
    case kSumOfInts: return of_ints(0, [](int32_t p, int32_t q) { return (int32_t)((uint32_t)p + (uint32_t)q); });
    case kMaxOfInts: return of_ints(Limits::min(), [](int32_t p, int32_t q) { return p > q ? p : q; });
    case kMinOfInts: return of_ints(Limits::max(), [](int32_t p, int32_t q) { return p < q ? p : q; });
    case kAll: return of_bools(1, [](uint8_t p, uint8_t q) { return (uint8_t)(p && q); });
    case kAny: return of_bools(0, [](uint8_t p, uint8_t q) { return (uint8_t)(p || q); });
    case kFolds: return;
  }
}

const Binding bindings[] = {{"topK", top_k}, {"argExtreme", arg_extreme}, {"cumsum", cumsum}, {"fold", fold}};

}  // namespace
}  // namespace residua
