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
  float scale() const { return 1.0f / std::sqrt((float)c); }
  // Keys that the queries up to (not including) `query` may see.
  int64_t keys(int64_t query) const { return s - t + query; }
};

Shape shape_of(Call& call, int at) {
  const Shape shape{call.size(at, "B"), call.size(at + 1, "H"), call.size(at + 2, "G"),
                    call.size(at + 3, "T"), call.size(at + 4, "S"), call.size(at + 5, "C")};
  if (shape.g == 0 || shape.h % shape.g != 0 || shape.s < shape.t) {
    call.refuse("expected H a multiple of G and S >= T, got [B, H, G, T, S, C] " +
                shape_text({shape.b, shape.h, shape.g, shape.t, shape.s, shape.c}));
  }
  return shape;
}

// A stride that is no power of two: rows of a block then spread over the cache sets.
int64_t stride_of(int64_t keys) { return keys + 16; }

// scores[i, j] = scale * q_i k_j for the keys each query may see.
void score(const Shape& shape, const float* q, const float* k, int64_t queries, int64_t keys, float* scores) {
  gemm_alone(Operand::plain(q, shape.c), Operand::transposed(k, shape.c), scores, stride_of(keys), queries, keys,
             shape.c, false);
}

void forward_head(const Shape& shape, const float* q, const float* k, const float* v, float* out, float* log_sum) {
  float* scores = scratch(kTileA, (size_t)(kQueries * stride_of(shape.s)));
  for (int64_t t0 = 0; t0 < shape.t; t0 += kQueries) {
    const int64_t t1 = std::min(shape.t, t0 + kQueries), keys = shape.keys(t1), stride = stride_of(keys);
    score(shape, q + t0 * shape.c, k, t1 - t0, keys, scores);
    for (int64_t t = t0; t < t1; t++) {
      float* row = scores + (t - t0) * stride;
      const int64_t seen = shape.keys(t + 1);
      isa().scale(shape.scale(), row, seen);
      const float most = isa().max(row, seen), total = isa().exp_sum(row, most, row, seen);
      isa().scale(1.0f / total, row, seen);
      std::memset(row + seen, 0, (keys - seen) * sizeof(float));
      log_sum[t] = most + std::log(total);
    }
    gemm_alone(Operand::plain(scores, stride), Operand::plain(v, shape.c), out + t0 * shape.c, shape.c, t1 - t0,
               shape.c, keys, false);
  }
}

// attention(q, k, v, out, logSum, B, H, G, T, S, C)
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

// For one block of queries: P = exp(scores - logSum); dV += Pᵀ dO; dS = P * (dO Vᵀ - rowsum(dO * O)) * scale;
// dQ = dS K; dK += dSᵀ Q.
void backward_block(const Shape& shape, const HeadGradient& h, int64_t t0, int64_t t1) {
  const int64_t keys = shape.keys(t1), stride = stride_of(keys), c = shape.c, queries = t1 - t0;
  float* p = scratch(kTileA, (size_t)(kQueries * stride_of(shape.s)));
  float* ds = scratch(kTileB, (size_t)(kQueries * stride_of(shape.s)));
  const float *q = h.q + t0 * c, *dout = h.dout + t0 * c;
  score(shape, q, h.k, queries, keys, p);
  gemm_alone(Operand::plain(dout, c), Operand::transposed(h.v, c), ds, stride, queries, keys, c, false);
  for (int64_t t = t0; t < t1; t++) {
    float *row = p + (t - t0) * stride, *drow = ds + (t - t0) * stride;
    const int64_t seen = shape.keys(t + 1);
    isa().scale(shape.scale(), row, seen);
    isa().exp_sum(row, h.log_sum[t], row, seen);
    const float rowsum = isa().dot(h.dout + t * c, h.out + t * c, c);
    isa().binary(kSub, drow, 1, &rowsum, 0, drow, seen);
    isa().binary(kMul, drow, 1, row, 1, drow, seen);
    isa().scale(shape.scale(), drow, seen);
    std::memset(row + seen, 0, (keys - seen) * sizeof(float));
    std::memset(drow + seen, 0, (keys - seen) * sizeof(float));
  }
  gemm_alone(Operand::transposed(p, stride), Operand::plain(dout, c), h.dv, c, keys, c, queries, true);
  gemm_alone(Operand::plain(ds, stride), Operand::plain(h.k, c), h.dq + t0 * c, c, queries, c, keys, false);
  gemm_alone(Operand::transposed(ds, stride), Operand::plain(q, c), h.dk, c, keys, c, queries, true);
}

// attentionGradient(q, k, v, out, logSum, dout, dq, dk, dv, B, H, G, T, S, C)
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
        backward_block(shape, h, t0, std::min(shape.t, t0 + kQueries));
      }
    }
  });
}

const Binding bindings[] = {{"attention", attention}, {"attentionGradient", attention_gradient}};

}  // namespace
}  // namespace residua
