// Element-wise kernels for JavaScript, shared out among threads; broadcasting by strides of 0.
#include <algorithm>
#include <string>

#include "isa.h"
#include "napi.h"
#include "pool.h"

namespace residua {
namespace {

// Elements per chunk: 64 KiB of each operand, so a chunk stays in cache and outweighs the hand-over.
constexpr int64_t kGrain = 16384;
constexpr int kMaxRank = 16;

void unary(Call& call) {
  const auto op = (UnaryOp)call.size(0, "op");
  const int64_t n = call.size(3, "n");
  const float* x = call.floats(1, "x", n);
  float* y = call.floats(2, "y", n);
  const float alpha = (float)call.number(4, "alpha");
  parallel_for(n, kGrain, [&](int64_t i, int64_t end) { isa().unary(op, x + i, y + i, end - i, alpha); });
}

struct Broadcast {
  int rank;
  const int32_t *shape, *stridesA, *stridesB;
  int64_t rows, inner;
};

// Where row `row` of the output (all axes but the last) begins in both operands.
void row_offsets(const Broadcast& b, int64_t row, int64_t& offsetA, int64_t& offsetB) {
  offsetA = offsetB = 0;
  for (int d = b.rank - 2; d >= 0; d--) {
    const int64_t at = row % b.shape[d];
    row /= b.shape[d];
    offsetA += at * b.stridesA[d];
    offsetB += at * b.stridesB[d];
  }
}

// binary(op, a, b, y, shape, stridesA, stridesB, sizeA, sizeB): y is row-major over shape; strides of 0 repeat.
void binary(Call& call) {
  const auto op = (BinaryOp)call.size(0, "op");
  int64_t rank = 0;
  Broadcast b{};
  b.shape = call.ints(4, "shape", &rank);
  b.stridesA = call.ints(5, "stridesA", rank);
  b.stridesB = call.ints(6, "stridesB", rank);
  b.rank = (int)rank;
  if (rank < 1 || rank > kMaxRank) call.refuse("expected 1 to 16 axes, got " + std::to_string(rank));
  b.inner = b.shape[rank - 1];
  b.rows = 1;
  for (int d = 0; d + 1 < b.rank; d++) b.rows *= b.shape[d];
  const float* left = call.floats(1, "a", call.size(7, "sizeA"));
  const float* right = call.floats(2, "b", call.size(8, "sizeB"));
  float* y = call.floats(3, "y", b.rows * b.inner);
  const int strideA = b.stridesA[rank - 1], strideB = b.stridesB[rank - 1];
  if (b.rows == 1) {
    parallel_for(b.inner, kGrain, [&](int64_t i, int64_t end) {
      isa().binary(op, left + i * strideA, strideA, right + i * strideB, strideB, y + i, end - i);
    });
    return;
  }
  parallel_for(b.rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, b.inner)), [&](int64_t row, int64_t end) {
    for (; row < end; row++) {
      int64_t offsetA, offsetB;
      row_offsets(b, row, offsetA, offsetB);
      isa().binary(op, left + offsetA, strideA, right + offsetB, strideB, y + row * b.inner, b.inner);
    }
  });
}

// swiglu(gate, up, y, n) and swigluGradient(gate, up, dy, dgate, dup, n)
void swiglu(Call& call) {
  const int64_t n = call.size(3, "n");
  const float *gate = call.floats(0, "gate", n), *up = call.floats(1, "up", n);
  float* y = call.floats(2, "y", n);
  parallel_for(n, kGrain, [&](int64_t i, int64_t end) { isa().swiglu(gate + i, up + i, y + i, end - i); });
}

void swiglu_gradient(Call& call) {
  const int64_t n = call.size(5, "n");
  const float *gate = call.floats(0, "gate", n), *up = call.floats(1, "up", n), *dy = call.floats(2, "dy", n);
  float *dgate = call.floats(3, "dgate", n), *dup = call.floats(4, "dup", n);
  parallel_for(n, kGrain, [&](int64_t i, int64_t end) {
    isa().swiglu_gradient(gate + i, up + i, dy + i, dgate + i, dup + i, end - i);
  });
}

const Binding bindings[] = {
    {"unary", unary}, {"binary", binary}, {"swiglu", swiglu}, {"swigluGradient", swiglu_gradient}};

}  // namespace
}  // namespace residua
