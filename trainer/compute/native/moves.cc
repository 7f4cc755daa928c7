// Kernels that move values without computing: strided copies out of a tensor (transpose, slice, tile) and into one
// (concatenation, padding), and gathering rows; of float32, int32 and bool alike. And the sum of rows by index.
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
// Side of the square that is transposed at once: 32 x 32 values of both sides fit the first-level cache.
constexpr int64_t kSquare = 32;

struct View {
  int rank = 0;
  const int32_t *shape = nullptr, *strides = nullptr;
  int64_t offset = 0, size = 1;

  // From the arguments shape, strides, offset at `index` and after it.
  View(Call& call, int index) {
    int64_t axes = 0;
    shape = call.ints(index, "shape", &axes);
    strides = call.ints(index + 1, "strides", axes);
    offset = call.size(index + 2, "offset");
    if (axes < 1 || axes > kMaxRank) call.refuse("expected 1 to 16 axes, got " + std::to_string(axes));
    rank = (int)axes;
    for (int d = 0; d < rank; d++) size *= shape[d];
  }

  int64_t inner() const { return shape[rank - 1]; }
  int64_t stride() const { return strides[rank - 1]; }

  void check_inside(Call& call, const char* what, int64_t length) const {
    int64_t least = offset, most = offset;
    for (int d = 0; d < rank; d++) {
      const int64_t reach = (int64_t)(shape[d] - 1) * strides[d];
      (reach < 0 ? least : most) += reach;
    }
      if (least < 0 || most >= length) {
      call.refuse(std::string("expected a view inside ") + what + ", got one that ends outside");
    }
  }

  // Where row `row` begins, over all axes but `skip` and the last.
  int64_t row_offset(int64_t row, int skip) const {
    int64_t at = offset;
    for (int d = rank - 2; d >= 0; d--) {
      if (d == skip) continue;
      at += row % shape[d] * strides[d];
      row /= shape[d];
    }
    return at;
  }

  int64_t grain() const { return std::max<int64_t>(1, kGrain / std::max<int64_t>(1, inner())); }
};

template <class T>
void copy_inner(const T* x, int64_t stride, T* y, int64_t n) {
  if (stride == 1) {
    std::memcpy(y, x, n * sizeof(T));
  } else if (stride == 0) {
    std::fill(y, y + n, x[0]);
  } else {
    for (int64_t i = 0; i < n; i++) y[i] = x[i * stride];
  }
}

// The last axis of y and axis `across` (contiguous in x) change places: square by square.
template <class T>
void copy_crosswise(const T* x, T* y, const View& v, int across) {
  const int64_t inner = v.inner(), stride = v.stride(), depth = v.shape[across];
  int64_t step = inner;  // of axis `across` in y
  for (int d = across + 1; d + 1 < v.rank; d++) step *= v.shape[d];
  const int64_t bands = (depth + kSquare - 1) / kSquare, planes = v.size / (inner * depth);
  parallel_for(planes * bands, std::max<int64_t>(1, kGrain / (kSquare * inner)), [&](int64_t chunk, int64_t end) {
    for (; chunk < end; chunk++) {
      const int64_t plane = chunk / bands, k0 = chunk % bands * kSquare, k1 = std::min(depth, k0 + kSquare);
      const T* from = x + v.row_offset(plane, across);
      // Axes after `across` are the quick ones of `plane`; axes before it move y by whole blocks.
      const int64_t quick = step / inner;
      T* to = y + plane / quick * (step * depth) + plane % quick * inner;
      for (int64_t i0 = 0; i0 < inner; i0 += kSquare) {
        const int64_t i1 = std::min(inner, i0 + kSquare);
        for (int64_t k = k0; k < k1; k++) {
          for (int64_t i = i0; i < i1; i++) to[k * step + i] = from[i * stride + k];
        }
      }
    }
  });
}

template <class T>
void copy_view(const T* x, T* y, const View& v) {
  if (v.stride() > 1) {
    for (int d = 0; d + 1 < v.rank; d++) {
      if (v.strides[d] == 1 && v.shape[d] > 1) return copy_crosswise(x, y, v, d);
    }
  }
  if (v.size == v.inner() && v.stride() == 1) {
    parallel_for(v.size, 4 * kGrain, [&](int64_t i, int64_t end) { copy_inner(x + v.offset + i, 1, y + i, end - i); });
    return;
  }
  parallel_for(v.size / v.inner(), v.grain(), [&](int64_t row, int64_t end) {
    for (; row < end; row++) copy_inner(x + v.row_offset(row, -1), v.stride(), y + row * v.inner(), v.inner());
  });
}

// The pair of arrays x and y, of one type.
struct Pair {
  Elements x, y;

  Pair(Call& call, int64_t sizeX, int64_t sizeY) : x(call.elements(0, "x", sizeX)), y(call.elements(1, "y", sizeY)) {
    if (x.type != y.type) call.refuse("expected x and y of one type, got two");
  }

  // Calls work(x, y) with pointers to words of the right size.
  template <class Work>
  void run(const Work& work) const {
    if (x.bytes() == 1) return work(static_cast<const uint8_t*>(x.data), static_cast<uint8_t*>(y.data));
    work(static_cast<const uint32_t*>(x.data), static_cast<uint32_t*>(y.data));
  }
};

// copy(x, y, shape, strides, offset, sizeX): y, row-major over shape, reads x at offset + sum of index * stride.
void copy(Call& call) {
  const View view(call, 2);
  const int64_t sizeX = call.size(5, "sizeX");
  const Pair pair(call, sizeX, view.size);
  if (view.size == 0) return;
  view.check_inside(call, "x", sizeX);
  pair.run([&](const auto* x, auto* y) { copy_view(x, y, view); });
}

// place(x, y, shape, strides, offset, sizeY): x, row-major over shape, goes into y at offset + sum of index * stride.
void place(Call& call) {
  const View view(call, 2);
  const int64_t sizeY = call.size(5, "sizeY");
  const Pair pair(call, view.size, sizeY);
  if (view.size == 0) return;
  view.check_inside(call, "y", sizeY);
  pair.run([&](const auto* x, auto* y) {
    const int64_t inner = view.inner(), stride = view.stride();
    parallel_for(view.size / inner, view.grain(), [&](int64_t row, int64_t end) {
      for (; row < end; row++) {
        const auto* from = x + row * inner;
        auto* to = y + view.row_offset(row, -1);
        if (stride == 1) std::memcpy(to, from, inner * sizeof *x);
        for (int64_t i = 0; i < inner && stride != 1; i++) to[i * stride] = from[i];
      }
    });
  });
}

// gather(x, indices, y, outer, dim, inner): y[o, i] = x[o, indices[i]], rows of `inner` values.
void gather(Call& call) {
  const int64_t outer = call.size(3, "outer"), dim = call.size(4, "dim"), inner = call.size(5, "inner");
  int64_t count = 0;
  const int32_t* indices = call.ints(1, "indices", &count);
  const Elements x = call.elements(0, "x", outer * dim * inner), y = call.elements(2, "y", outer * count * inner);
  if (x.type != y.type) call.refuse("expected x and y of one type, got two");
  for (int64_t i = 0; i < count; i++) {
    if (indices[i] < 0 || indices[i] >= dim) {
      // tfjs' own words, which callers may know.
      throw std::invalid_argument("GatherV2: the index value " + std::to_string(indices[i]) + " is not in [0, " +
                                  std::to_string(dim - 1) + "]");
    }
  }
  const int64_t bytes = inner * x.bytes();
  const char* from = static_cast<const char*>(x.data);
  char* to = static_cast<char*>(y.data);
  parallel_for(outer * count, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, inner)), [&](int64_t r, int64_t end) {
    for (; r < end; r++) std::memcpy(to + r * bytes, from + (r / count * dim + indices[r % count]) * bytes, bytes);
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
