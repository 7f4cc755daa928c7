// Element-wise kernels for JavaScript, shared out among threads; broadcasting by strides of 0.
#include "broadcast.h"
#include "isa.h"
#include "napi.h"
#include "pool.h"

namespace residua {
namespace {

// Elements per chunk: 64 KiB of each operand, so a chunk stays in cache and outweighs the hand-over.
constexpr int64_t kGrain = 16384;

void unary(Call& call) {
  const auto op = (UnaryOp)call.choice(0, "op", kUnaryOps);
  const int64_t n = call.size(3, "n");
  const float* x = call.floats(1, "x", n);
  float* y = call.floats(2, "y", n);
  const float alpha = (float)call.number(4, "alpha");
  parallel_for(n, kGrain, [&](int64_t i, int64_t end) { isa().unary(op, x + i, y + i, end - i, alpha); });
}

// binary(op, a, b, y, shape, stridesA, stridesB, sizeA, sizeB): y is row-major over shape; strides of 0 repeat.
void binary(Call& call) {
  const auto op = (BinaryOp)call.choice(0, "op", kBinaryOps);
  const Broadcast shape(call, 4);
  const float* a = call.floats(1, "a", call.size(7, "sizeA"));
  const float* b = call.floats(2, "b", call.size(8, "sizeB"));
  float* y = call.floats(3, "y", shape.size());
  shape.each_run([&](int64_t i, int64_t j, int64_t at, int64_t n) {
    isa().binary(op, a + i, shape.strideA(), b + j, shape.strideB(), y + at, n);
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

// gelu(form, x, y, n) and geluGradient(form, x, dy, dx, n)
void gelu(Call& call) {
  const auto form = (GeluForm)call.choice(0, "form", 2);
  const int64_t n = call.size(3, "n");
  const float* x = call.floats(1, "x", n);
  float* y = call.floats(2, "y", n);
  parallel_for(n, kGrain, [&](int64_t i, int64_t end) { isa().gelu(form, x + i, y + i, end - i); });
}

void gelu_gradient(Call& call) {
  const auto form = (GeluForm)call.choice(0, "form", 2);
  const int64_t n = call.size(4, "n");
  const float *x = call.floats(1, "x", n), *dy = call.floats(2, "dy", n);
  float* dx = call.floats(3, "dx", n);
  parallel_for(n, kGrain, [&](int64_t i, int64_t end) { isa().gelu_gradient(form, x + i, dy + i, dx + i, end - i); });
}

const Binding bindings[] = {
    {"unary", unary},
    {"binary", binary},
    {"swiglu", swiglu},
    {"swigluGradient", swiglu_gradient},
    {"gelu", gelu},
    {"geluGradient", gelu_gradient},
};

}  // namespace
}  // namespace residua
