// Kernels that move values without computing: strided copies (transpose, slice, tile), gathering rows, and their sum by
// index.
#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include "isa.h"
#include "napi.h"
#include "pool.h"

namespace residua {
namespace {

constexpr int64_t kGrain = 16384;
constexpr int kMaxRank = 16;
// Side of the square that is transposed at once: 32 x 32 floats of both sides fit the first-level cache.
constexpr int64_t kSquare = 32;

struct View {
  int rank;
  const int32_t* shape;
  const int32_t* strides;
};

// The offset in x of output row `row`, over the axes `view.shape` without the axes `skip` and the last.
int64_t offset_of(const View& v, int64_t row, int skip) {
  int64_t offset = 0;
  for (int d = v.rank - 2; d >= 0; d--) {
    if (d == skip) continue;
    offset += row % v.shape[d] * v.strides[d];
    row /= v.shape[d];
  }
  return offset;
}

void copy_inner(const float* x, int64_t stride, float* y, int64_t n) {
  if (stride == 1) {
    std::memcpy(y, x, n * sizeof(float));
  } else if (stride == 0) {
    std::fill(y, y + n, x[0]);
  } else {
    for (int64_t i = 0; i < n; i++) y[i] = x[i * stride];
  }
}

// The last axis of y and axis `across` (contiguous in x) change places: square by square.
void copy_crosswise(const float* x, float* y, const View& v, int across, int64_t size) {
  const int64_t inner = v.shape[v.rank - 1], stride = v.strides[v.rank - 1], depth = v.shape[across];
  int64_t step = inner;  // of axis `across` in y
  for (int d = across + 1; d + 1 < v.rank; d++) step *= v.shape[d];
  const int64_t bands = (depth + kSquare - 1) / kSquare, planes = size / (inner * depth);
  parallel_for(planes * bands, std::max<int64_t>(1, kGrain / (kSquare * inner)), [&](int64_t chunk, int64_t end) {
    for (; chunk < end; chunk++) {
      const int64_t plane = chunk / bands, k0 = chunk % bands * kSquare, k1 = std::min(depth, k0 + kSquare);
      const float* from = x + offset_of(v, plane, across);
      // Axes after `across` are the quick ones of `plane`; axes before it move y by whole blocks.
      const int64_t quick = step / inner;
      float* to = y + plane / quick * (step * depth) + plane % quick * inner;
      for (int64_t i0 = 0; i0 < inner; i0 += kSquare) {
        const int64_t i1 = std::min(inner, i0 + kSquare);
        for (int64_t k = k0; k < k1; k++) {
          for (int64_t i = i0; i < i1; i++) to[k * step + i] = from[i * stride + k];
        }
      }
    }
  });
}

// copy(x, y, shape, strides, offset, sizeX): y, row-major over shape, reads x at offset + sum of index * stride.
void copy(Call& call) {
  int64_t rank = 0;
  View v{};
  v.shape = call.ints(2, "shape", &rank);
  v.strides = call.ints(3, "strides", rank);
  v.rank = (int)rank;
  if (rank < 1 || rank > kMaxRank) call.refuse("expected 1 to 16 axes, got " + std::to_string(rank));
  int64_t size = 1, last = call.size(4, "offset");
  const int64_t offset = last, sizeX = call.size(5, "sizeX");
  for (int d = 0; d < v.rank; d++) {
    size *= v.shape[d];
    last += (int64_t)(v.shape[d] - 1) * v.strides[d];
  }
  const float* x = call.floats(0, "x", sizeX) + offset;
  float* y = call.floats(1, "y", size);
  if (size == 0) return;
  if (last >= sizeX) call.refuse("expected a view inside x, got one that ends behind it");
  const int64_t inner = v.shape[v.rank - 1], stride = v.strides[v.rank - 1];
  if (stride > 1) {
    for (int d = 0; d + 1 < v.rank; d++) {
      if (v.strides[d] == 1 && v.shape[d] > 1) return copy_crosswise(x, y, v, d, size);
    }
  }
  if (size == inner && stride == 1) {
    parallel_for(inner, 4 * kGrain, [&](int64_t i, int64_t end) { copy_inner(x + i, 1, y + i, end - i); });
    return;
  }
  parallel_for(size / inner, std::max<int64_t>(1, kGrain / inner), [&](int64_t row, int64_t end) {
    for (; row < end; row++) copy_inner(x + offset_of(v, row, -1), stride, y + row * inner, inner);
  });
}

// place(x, y, rows, width, offset, stride, sizeY): row r of x goes to y at offset + r * stride (concatenation).
void place(Call& call) {
  const int64_t rows = call.size(2, "rows"), width = call.size(3, "width"), offset = call.size(4, "offset");
  const int64_t stride = call.size(5, "stride"), sizeY = call.size(6, "sizeY");
  const float* x = call.floats(0, "x", rows * width);
  float* y = call.floats(1, "y", sizeY);
  if (rows == 0 || width == 0) return;
  if (offset + (rows - 1) * stride + width > sizeY) call.refuse("expected rows inside y, got rows that end behind it");
  parallel_for(rows, std::max<int64_t>(1, kGrain / width), [&](int64_t r, int64_t end) {
    for (; r < end; r++) std::memcpy(y + offset + r * stride, x + r * width, width * sizeof(float));
  });
}

// gather(x, indices, y, outer, dim, inner): y[o, i] = x[o, indices[i]], rows of `inner` values.
void gather(Call& call) {
  const int64_t outer = call.size(3, "outer"), dim = call.size(4, "dim"), inner = call.size(5, "inner");
  int64_t count = 0;
  const int32_t* indices = call.ints(1, "indices", &count);
  const float* x = call.floats(0, "x", outer * dim * inner);
  float* y = call.floats(2, "y", outer * count * inner);
  for (int64_t i = 0; i < count; i++) {
    if (indices[i] < 0 || indices[i] >= dim) {
      // tfjs' own words, which callers may know.
      throw std::invalid_argument("GatherV2: the index value " + std::to_string(indices[i]) + " is not in [0, " +
                                  std::to_string(dim - 1) + "]");
    }
  }
  parallel_for(outer * count, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, inner)), [&](int64_t r, int64_t end) {
    for (; r < end; r++) {
      const float* from = x + (r / count * dim + indices[r % count]) * inner;
      std::memcpy(y + r * inner, from, inner * sizeof(float));
    }
  });
}

// segmentSum(x, ids, y, N, D, V): y[v] = sum of the rows of x whose id is v; ids outside 0..V-1 are dropped. Each chunk
// owns some columns and walks the rows in order.
void segment_sum(Call& call) {
  constexpr int64_t kColumns = 64;
  const int64_t n = call.size(3, "N"), d = call.size(4, "D"), v = call.size(5, "V");
  const float* x = call.floats(0, "x", n * d);
  const int32_t* ids = call.ints(1, "ids", n);
  float* y = call.floats(2, "y", v * d);
  parallel_for(d, kColumns, [&](int64_t c, int64_t end) {
    for (int64_t s = 0; s < v; s++) std::memset(y + s * d + c, 0, (end - c) * sizeof(float));
    for (int64_t i = 0; i < n; i++) {
      if (ids[i] >= 0 && ids[i] < v) isa().axpy(1.0f, x + i * d + c, y + ids[i] * d + c, end - c);
    }
  });
}

const Binding bindings[] = {{"copy", copy}, {"place", place}, {"gather", gather}, {"segmentSum", segment_sum}};

}  // namespace
}  // namespace residua
