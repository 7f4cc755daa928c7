// Two operands read as if both had the shape of the output: a stride of 0 repeats an axis. Knows no operation.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>

#include "napi.h"
#include "pool.h"

namespace residua {

struct Broadcast {
  int rank = 0;
  const int32_t *shape = nullptr, *stridesA = nullptr, *stridesB = nullptr;
  int64_t rows = 1, inner = 0;

  // From the arguments shape, stridesA, stridesB at `index` and after it.
  Broadcast(Call& call, int index) {
    constexpr int64_t kMaxRank = 16;
    int64_t axes = 0;
    shape = call.ints(index, "shape", &axes);
    stridesA = call.ints(index + 1, "stridesA", axes);
    stridesB = call.ints(index + 2, "stridesB", axes);
    if (axes < 1 || axes > kMaxRank) call.refuse("expected 1 to 16 axes, got " + std::to_string(axes));
    rank = (int)axes;
    inner = shape[rank - 1];
    for (int d = 0; d + 1 < rank; d++) rows *= shape[d];
  }

  int64_t size() const { return rows * inner; }
  int strideA() const { return stridesA[rank - 1]; }
  int strideB() const { return stridesB[rank - 1]; }

  // Where row `row` of the output (all axes but the last) begins in both operands.
  void offsets(int64_t row, int64_t& offsetA, int64_t& offsetB) const {
    offsetA = offsetB = 0;
    for (int d = rank - 2; d >= 0; d--) {
      const int64_t at = row % shape[d];
      row /= shape[d];
      offsetA += at * stridesA[d];
      offsetB += at * stridesB[d];
    }
  }

  // Calls work(offsetA, offsetB, offsetY, n) for runs of the output along its last axis, shared out among threads.
  template <class Work>
  void each_run(const Work& work) const {
    // Elements per chunk: 64 KiB of each operand, so a chunk stays in cache and outweighs the hand-over.
    constexpr int64_t kGrain = 16384;
    if (rows == 1) {
      parallel_for(inner, kGrain, [&](int64_t i, int64_t end) { work(i * strideA(), i * strideB(), i, end - i); });
      return;
    }
    parallel_for(rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, inner)), [&](int64_t row, int64_t end) {
      for (; row < end; row++) {
        int64_t offsetA, offsetB;
        offsets(row, offsetA, offsetB);
        work(offsetA, offsetB, row * inner, inner);
      }
    });
  }
};

}  // namespace residua
