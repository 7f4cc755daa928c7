// Causal attention with grouped key heads, forward and backward, block by block of queries: no T x S tensor outlives a
// block; only the log-sum-exp of each query is kept (FlashAttention, 2205.14135, without its inner tiling of keys).
// One chunk is one (batch, key head) with all its query heads, so gradients of keys are summed in a fixed order.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "gemm.h"
#include "isa.h"
#include "napi.h"
#include "pool.h"

namespace residua {
namespace {

// Queries handled at once: with 256 keys the block of scores is 96 KiB, so scores and gradients stay in the L2 cache.
constexpr int64_t kQueries = 96;

struct Shape {
  int64_t b, h, g, t, s, c;
  float scale;
  float soft_cap;  // 0: none
  int64_t window;  // keys a query sees, itself included; 0: all
  // Keys before the end of what query `query` sees, and the first it sees.
  int64_t seen(int64_t query) const { return s - t + query + 1; }
  int64_t first(int64_t query) const { return window == 0 ? 0 : std::max<int64_t>(0, seen(query) - window); }
};

Shape shape_of(Call& call, int at) {
  const Shape shape{call.size(at, "B"),     call.size(at + 1, "H"), call.size(at + 2, "G"),
                    call.size(at + 3, "T"), call.size(at + 4, "S"), call.size(at + 5, "C"),
                    (float)call.number(at + 6, "scale"), (float)call.number(at + 7, "softCap"),
                    call.size(at + 8, "window")};
  if (shape.g == 0 || shape.h % shape.g != 0 || shape.s < shape.t) {
    call.refuse("expected H a multiple of G and S >= T, got [B, H, G, T, S, C] " +
                shape_text({shape.b, shape.h, shape.g, shape.t, shape.s, shape.c}));
  }
  return shape;
}

// A block of queries t0..t1-1 and the keys from..to-1 that any of them sees.
struct Block {
  int64_t t0, t1, from, to;
  int64_t queries() const { return t1 - t0; }
  int64_t keys() const { return to - from; }
};

Block block_at(const Shape& shape, int64_t t0) {
  const int64_t t1 = std::min(shape.t, t0 + kQueries);
  return {t0, t1, shape.first(t0), shape.seen(t1 - 1)};
}

// A stride that is no power of two: rows of a block then spread over the cache sets.
int64_t stride_of(int64_t keys) { return keys + 16; }

// row[j] = logit of the j-th key this query sees: scale * q k, capped as cap * tanh(logit / cap) (Gemma 2, 2408.00118).
void turn_into_logits(const Shape& shape, float* row, int64_t count) {
  if (shape.soft_cap == 0) return isa().scale(shape.scale, row, count);
  isa().scale(shape.scale / shape.soft_cap, row, count);
  isa().unary(kTanh, row, row, count, 0);
  isa().scale(shape.soft_cap, row, count);
}

// Of one row of a block: what the query does not see becomes 0.
void clear_unseen(float* row, int64_t begin, int64_t end, int64_t keys) {
  std::memset(row, 0, begin * sizeof(float));
  std::memset(row + end, 0, (keys - end) * sizeof(float));
}

void forward_head(const Shape& shape, const float* q, const float* k, const float* v, float* out, float* log_sum) {
  const int64_t c = shape.c;
  float* scores = scratch(kTileA, (size_t)(kQueries * stride_of(shape.s)));
  for (int64_t t0 = 0; t0 < shape.t; t0 += kQueries) {
    const Block block = block_at(shape, t0);
    const int64_t keys = block.keys(), stride = stride_of(keys);
    gemm_alone(Operand::plain(q + t0 * c, c), Operand::transposed(k + block.from * c, c), scores, stride,
               block.queries(), keys, c, false);
    for (int64_t t = t0; t < block.t1; t++) {
      float* row = scores + (t - t0) * stride;
      const int64_t begin = shape.first(t) - block.from, end = shape.seen(t) - block.from, count = end - begin;
      turn_into_logits(shape, row + begin, count);
      const float most = isa().max(row + begin, count), total = isa().exp_sum(row + begin, most, row + begin, count);
      isa().scale(1.0f / total, row + begin, count);
      clear_unseen(row, begin, end, keys);
      log_sum[t] = most + std::log(total);
    }
    gemm_alone(Operand::plain(scores, stride), Operand::plain(v + block.from * c, c), out + t0 * c, c,
               block.queries(), c, keys, false);
  }
}

// attention(q, k, v, out, logSum, B, H, G, T, S, C, scale, softCap, window)
void attention(Call& call) {
  const Shape shape = shape_of(call, 5);
  const int64_t query_floats = shape.t * shape.c, key_floats = shape.s * shape.c;
  const float* q = call.floats(0, "q", shape.b * shape.h * query_floats);
  const float* k = call.floats(1, "k", shape.b * shape.g * key_floats);
  const float* v = call.floats(2, "v", shape.b * shape.g * key_floats);
  float* out = call.floats(3, "out", shape.b * shape.h * query_floats);
  float* log_sum = call.floats(4, "logSum", shape.b * shape.h * shape.t);
  const int64_t heads = shape.h / shape.g;
  parallel_chunks(shape.b * shape.h, [&](int64_t head) {
    const int64_t group = head / heads;
    forward_head(shape, q + head * query_floats, k + group * key_floats, v + group * key_floats,
                 out + head * query_floats, log_sum + head * shape.t);
  });
}

struct HeadGradient {
  const float *q, *k, *v, *out, *log_sum, *dout;
  float *dq, *dk, *dv;
};

// drow = gradient of the scores q k of one query: P * (dO Vᵀ - rowsum(dO * O)) * slope, with P left in row. The slope of
// cap * tanh(scale * qk / cap) is scale * (1 - (logit / cap)^2).
void backward_row(const Shape& shape, float log_sum, float rowsum, float* row, float* drow, int64_t count) {
  turn_into_logits(shape, row, count);
  isa().binary(kSub, drow, 1, &rowsum, 0, drow, count);
  if (shape.soft_cap != 0) {
    const float inverse = 1.0f / (shape.soft_cap * shape.soft_cap);
    for (int64_t i = 0; i < count; i++) drow[i] *= 1.0f - row[i] * row[i] * inverse;
  }
  isa().exp_sum(row, log_sum, row, count);
  isa().binary(kMul, drow, 1, row, 1, drow, count);
  isa().scale(shape.scale, drow, count);
}

// For one block of queries: P = softmax of the logits; dV += Pᵀ dO; dS as in backward_row; dQ = dS K; dK += dSᵀ Q.
void backward_block(const Shape& shape, const HeadGradient& h, const Block& block) {
  const int64_t keys = block.keys(), stride = stride_of(keys), c = shape.c, queries = block.queries();
  float* p = scratch(kTileA, (size_t)(kQueries * stride_of(shape.s)));
  float* ds = scratch(kTileB, (size_t)(kQueries * stride_of(shape.s)));
  const float *q = h.q + block.t0 * c, *dout = h.dout + block.t0 * c;
  const float *k = h.k + block.from * c, *v = h.v + block.from * c;
  gemm_alone(Operand::plain(q, c), Operand::transposed(k, c), p, stride, queries, keys, c, false);
  gemm_alone(Operand::plain(dout, c), Operand::transposed(v, c), ds, stride, queries, keys, c, false);
  for (int64_t t = block.t0; t < block.t1; t++) {
    float *row = p + (t - block.t0) * stride, *drow = ds + (t - block.t0) * stride;
    const int64_t begin = shape.first(t) - block.from, end = shape.seen(t) - block.from;
    const float rowsum = isa().dot(h.dout + t * c, h.out + t * c, c);
    backward_row(shape, h.log_sum[t], rowsum, row + begin, drow + begin, end - begin);
    clear_unseen(row, begin, end, keys);
    clear_unseen(drow, begin, end, keys);
  }
  gemm_alone(Operand::transposed(p, stride), Operand::plain(dout, c), h.dv + block.from * c, c, keys, c, queries, true);
  gemm_alone(Operand::plain(ds, stride), Operand::plain(k, c), h.dq + block.t0 * c, c, queries, c, keys, false);
  gemm_alone(Operand::transposed(ds, stride), Operand::plain(q, c), h.dk + block.from * c, c, keys, c, queries, true);
}

// attentionGradient(q, k, v, out, logSum, dout, dq, dk, dv, B, H, G, T, S, C, scale, softCap, window)
void attention_gradient(Call& call) {
  const Shape shape = shape_of(call, 9);
  const int64_t query_floats = shape.t * shape.c, key_floats = shape.s * shape.c;
  const int64_t all_queries = shape.b * shape.h * query_floats, all_keys = shape.b * shape.g * key_floats;
  const HeadGradient all{call.floats(0, "q", all_queries), call.floats(1, "k", all_keys), call.floats(2, "v", all_keys),
                         call.floats(3, "out", all_queries), call.floats(4, "logSum", shape.b * shape.h * shape.t),
                         call.floats(5, "dout", all_queries), call.floats(6, "dq", all_queries),
                         call.floats(7, "dk", all_keys), call.floats(8, "dv", all_keys)};
  const int64_t heads = shape.h / shape.g;
  parallel_chunks(shape.b * shape.g, [&](int64_t group) {
    HeadGradient h = all;
    h.k += group * key_floats, h.v += group * key_floats, h.dk += group * key_floats, h.dv += group * key_floats;
    std::memset(h.dk, 0, key_floats * sizeof(float));
    std::memset(h.dv, 0, key_floats * sizeof(float));
    for (int64_t head = group * heads; head < (group + 1) * heads; head++) {
      const int64_t at = head * query_floats;
      h.q = all.q + at, h.out = all.out + at, h.dout = all.dout + at, h.dq = all.dq + at;
      h.log_sum = all.log_sum + head * shape.t;
      for (int64_t t0 = 0; t0 < shape.t; t0 += kQueries) {
        backward_block(shape, h, block_at(shape, t0));
      }
    }
  });
}

const Binding bindings[] = {{"attention", attention}, {"attentionGradient", attention_gradient}};

}  // namespace
}  // namespace residua
