// Sums, maxima and softmax. Every partial sum covers a fixed number of rows and partial sums are added in order, so a
// result does not depend on the number of threads.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "isa.h"
#include "napi.h"
#include "pool.h"

namespace residua {
namespace {

constexpr int64_t kGrain = 16384;
// Rows whose sum one chunk makes.
constexpr int64_t kRowsPerPartial = 256;
constexpr int64_t kElementsPerPartial = 65536;

int64_t row_grain(int64_t cols) { return std::max<int64_t>(1, kGrain / std::max<int64_t>(1, cols)); }

// One row, long: blocks in parallel, their sums in float64.
float sum_long(const float* x, int64_t n) {
  const int64_t blocks = (n + kElementsPerPartial - 1) / kElementsPerPartial;
  std::vector<float> partial(blocks);
  parallel_for(n, kElementsPerPartial, [&](int64_t i, int64_t end) {
    partial[i / kElementsPerPartial] = isa().sum(x + i, end - i);
  });
  double total = 0;
  for (float part : partial) total += part;
  return (float)total;
}

void sum_rows(const float* x, float* y, int64_t outer, int64_t n, float scale) {
  if (outer <= 4 && n > kElementsPerPartial) {
    for (int64_t a = 0; a < outer; a++) y[a] = scale * sum_long(x + a * n, n);
    return;
  }
  parallel_for(outer, row_grain(n), [&](int64_t a, int64_t end) {
    for (; a < end; a++) y[a] = scale * isa().sum(x + a * n, n);
  });
}

// y[a, c] = scale * sum over r of x[a, r, c]
void sum_columns(const float* x, float* y, int64_t outer, int64_t rows, int64_t cols, float scale) {
  const int64_t blocks = std::max<int64_t>(1, (rows + kRowsPerPartial - 1) / kRowsPerPartial);
  std::vector<float> partials(blocks > 1 ? outer * blocks * cols : 0);
  float* partial = blocks > 1 ? partials.data() : y;
  parallel_for(outer * blocks, row_grain(cols * std::min(rows, kRowsPerPartial)), [&](int64_t chunk, int64_t end) {
    for (; chunk < end; chunk++) {
      const int64_t a = chunk / blocks, r0 = chunk % blocks * kRowsPerPartial;
      const int64_t r1 = std::min(rows, r0 + kRowsPerPartial);
      float* into = partial + chunk * cols;
      std::memset(into, 0, cols * sizeof(float));
      for (int64_t r = r0; r < r1; r++) isa().axpy(1.0f, x + (a * rows + r) * cols, into, cols);
    }
  });
  for (int64_t a = 0; a < outer && blocks > 1; a++) {
    float* into = y + a * cols;
    std::memcpy(into, partial + a * blocks * cols, cols * sizeof(float));
    for (int64_t b = 1; b < blocks; b++) isa().axpy(1.0f, partial + (a * blocks + b) * cols, into, cols);
  }
  if (scale != 1.0f) isa().scale(scale, y, outer * cols);
}

// sum(x, y, A, R, C, scale): x [A, R, C] to y [A, C].
void sum(Call& call) {
  const int64_t outer = call.size(2, "A"), n = call.size(3, "R"), cols = call.size(4, "C");
  const float* x = call.floats(0, "x", outer * n * cols);
  float* y = call.floats(1, "y", outer * cols);
  const float scale = (float)call.number(5, "scale");
  if (cols == 1) return sum_rows(x, y, outer, n, scale);
  sum_columns(x, y, outer, n, cols, scale);
}

// max(x, y, A, R): x [A, R] to y [A].
void max(Call& call) {
  const int64_t outer = call.size(2, "A"), n = call.size(3, "R");
  const float* x = call.floats(0, "x", outer * n);
  float* y = call.floats(1, "y", outer);
  parallel_for(outer, row_grain(n), [&](int64_t a, int64_t end) {
    for (; a < end; a++) y[a] = isa().max(x + a * n, n);
  });
}

// softmax(x, y, rows, cols, log): softmax of every row, or its logarithm.
void softmax(Call& call) {
  const int64_t rows = call.size(2, "rows"), cols = call.size(3, "cols");
  const float* x = call.floats(0, "x", rows * cols);
  float* y = call.floats(1, "y", rows * cols);
  const bool log = call.flag(4, "log");
  parallel_for(rows, row_grain(cols), [&](int64_t r, int64_t end) {
    for (; r < end; r++) {
      const float *in = x + r * cols, most = isa().max(in, cols);
      float* out = y + r * cols;
      const float total = isa().exp_sum(in, most, log ? nullptr : out, cols);
      if (log) {
        const float shift = most + std::log(total);
        isa().binary(kSub, in, 1, &shift, 0, out, cols);
      } else {
        isa().scale(1.0f / total, out, cols);
      }
    }
  });
}

const Binding bindings[] = {{"sum", sum}, {"max", max}, {"softmax", softmax}};

}  // namespace
}  // namespace residua
