// Blocking and packing around the micro-kernel (Goto and van de Geijn 2008). An element of C is the same sum in the same
// order whatever the blocks and the number of threads: depth is cut at multiples of kDepth only, and by lanes where A has
// few rows.
#include "gemm.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "isa.h"
#include "pool.h"

namespace residua {
namespace {

// Columns of B packed at once, shared by all threads: kDepth x kPanelCols floats are 3 MiB.
constexpr int64_t kPanelCols = 2016;
// Under this many multiply-adds threads cost more than they bring (a wake-up is about 10 microseconds).
constexpr int64_t kSharedFrom = 1 << 18;

// Rows up to which B is not packed.
constexpr int64_t kFewRows = 16;
// Columns of such a product that a thread takes at once, at least.
constexpr int64_t kSlimCols = 16;

int64_t up(int64_t value, int64_t step) { return (value + step - 1) / step * step; }

// Packs `count` strips-to-be of an operand, `width` wide: out is [ceil(count / width)][depth][width], zero-padded.
// `across` steps from one packed lane to the next, `along` from one depth to the next.
void pack(const float* source, int64_t across, int64_t along, int64_t count, int64_t depth, int64_t width, float* out) {
  const Isa& table = isa();
  for (int64_t s = 0; s < count; s += width, out += depth * width) {
    const int64_t lanes = std::min(width, count - s);
    const float* from = source + s * across;
    if (across != 1) {
      table.pack_across(from, across, (int)lanes, (int)width, (int)depth, out);
      continue;
    }
    for (int64_t k = 0; k < depth; k++) {
      std::memcpy(out + k * width, from + k * along, lanes * sizeof(float));
      if (lanes < width) std::memset(out + k * width + lanes, 0, (width - lanes) * sizeof(float));
    }
  }
}

void pack_left(Operand a, int64_t row, int64_t rows, int64_t k, int64_t depth, float* out) {
  // across must be the strided direction exactly when the depth direction is contiguous
  pack(a.at(row, k), a.rowStride, a.colStride, rows, depth, isa().rows, out);
}

void pack_right(Operand b, int64_t k, int64_t depth, int64_t col, int64_t cols, float* out) {
  pack(b.at(k, col), b.colStride, b.rowStride, cols, depth, isa().cols, out);
}

// C[rows, cols] (+)= packed A times packed B, both of one depth block.
void multiply_packed(const float* a, const float* b, int64_t rows, int64_t cols, int64_t depth, float* c, int64_t ldc,
                     bool accumulate) {
  const Isa& table = isa();
  for (int64_t j = 0; j < cols; j += table.cols) {
    const int nr = (int)std::min<int64_t>(table.cols, cols - j);
    for (int64_t i = 0; i < rows; i += table.rows) {
      const int mr = (int)std::min<int64_t>(table.rows, rows - i);
      table.micro((int)depth, a + i * depth, b + j * depth, c + i * ldc + j, ldc, mr, nr, accumulate);
    }
  }
}

void clear(float* c, int64_t ldc, int64_t m, int64_t n) {
  for (int64_t i = 0; i < m; i++) std::memset(c + i * ldc, 0, n * sizeof(float));
}

struct Blocks {
  int64_t rows, cols;
};

// Blocks of C small enough that every thread gets a few; big enough that packing A again for each column block is cheap.
Blocks blocks_for(int64_t m, int64_t n) {
  const int64_t wanted = 4 * thread_count(), mr = isa().rows, nr = isa().cols;
  int64_t rows = kBlockRows, cols = up(n, nr);
  while (rows > 4 * mr && (m + rows - 1) / rows < wanted) rows = std::max(4 * mr, up(rows / 2, mr));
  const int64_t row_blocks = (m + rows - 1) / rows;
  if (row_blocks < wanted) {
    const int64_t pieces = (wanted + row_blocks - 1) / row_blocks;
    cols = std::max(up((n + pieces - 1) / pieces, nr), std::min(up(n, nr), 4 * nr));
  }
  return {rows, cols};
}

// With few rows, packing B costs more than the products: it is read once, where it lies, if its columns are contiguous.
bool is_slim(Operand a, Operand b, int64_t m, int64_t k, bool accumulate) {
  return m <= kFewRows && k > 0 && a.colStride == 1 && b.rowStride == 1 && !accumulate;
}

void gemm_slim(Operand a, Operand b, float* c, int64_t ldc, int64_t m, int64_t from, int64_t to, int64_t k) {
  constexpr int64_t kColumns = 4;
  for (int64_t j = from; j < to; j += kColumns) {
    const int n = (int)std::min(kColumns, to - j);
    isa().dots(a.data, a.rowStride, (int)m, b.at(0, j), b.colStride, n, k, c + j, ldc);
  }
}

}  // namespace

void gemm(Operand a, Operand b, float* c, int64_t ldc, int64_t m, int64_t n, int64_t k, bool accumulate) {
  if (m * n * k < kSharedFrom || thread_count() == 1) return gemm_alone(a, b, c, ldc, m, n, k, accumulate);
  if (is_slim(a, b, m, k, accumulate)) {
    const int64_t grain = std::max(kSlimCols, up(n / (8 * thread_count()), kSlimCols));
    return parallel_for(n, grain, [&](int64_t from, int64_t to) { gemm_slim(a, b, c, ldc, m, from, to, k); });
  }
  const int64_t nr = isa().cols, panel_cols = std::min(kPanelCols, up(n, nr)), panel_depth = std::min(kDepth, k);
  float* panel = scratch(kPackRight, (size_t)(panel_depth * up(panel_cols, nr)));
  constexpr int64_t kStrips = 4;
  for (int64_t j = 0; j < n; j += kPanelCols) {
    const int64_t cols = std::min(kPanelCols, n - j);
    const Blocks block = blocks_for(m, cols);
    const int64_t row_blocks = (m + block.rows - 1) / block.rows, col_blocks = (cols + block.cols - 1) / block.cols;
    for (int64_t p = 0; p < k; p += kDepth) {
      const int64_t depth = std::min(kDepth, k - p);
      parallel_for(cols, kStrips * nr, [&](int64_t from, int64_t to) {
        pack_right(b, p, depth, j + from, to - from, panel + from * depth);
      });
      parallel_chunks(row_blocks * col_blocks, [&](int64_t chunk) {
        const int64_t i = chunk / col_blocks * block.rows, col = chunk % col_blocks * block.cols;
        const int64_t rows = std::min(block.rows, m - i);
        float* left = scratch(kPackLeft, (size_t)(up(rows, isa().rows) * depth));
        pack_left(a, i, rows, p, depth, left);
        multiply_packed(left, panel + col * depth, rows, std::min(block.cols, cols - col), depth,
                        c + i * ldc + j + col, ldc, accumulate || p > 0);
      });
    }
  }
  if (k == 0 && !accumulate) clear(c, ldc, m, n);
}

void gemm_alone(Operand a, Operand b, float* c, int64_t ldc, int64_t m, int64_t n, int64_t k, bool accumulate) {
  constexpr int64_t kAloneCols = 480;
  if (is_slim(a, b, m, k, accumulate)) return gemm_slim(a, b, c, ldc, m, 0, n, k);
  if (k == 0 && !accumulate) clear(c, ldc, m, n);
  const int64_t mr = isa().rows, nr = isa().cols, depth_most = std::min(kDepth, k);
  float* right = scratch(kPackRight, (size_t)(depth_most * up(std::min(kAloneCols, n), nr)));
  float* left = scratch(kPackLeft, (size_t)(depth_most * up(std::min(kBlockRows, m), mr)));
  for (int64_t j = 0; j < n; j += kAloneCols) {
    const int64_t cols = std::min(kAloneCols, n - j);
    for (int64_t p = 0; p < k; p += kDepth) {
      const int64_t depth = std::min(kDepth, k - p);
      pack_right(b, p, depth, j, cols, right);
      for (int64_t i = 0; i < m; i += kBlockRows) {
        const int64_t rows = std::min(kBlockRows, m - i);
        pack_left(a, i, rows, p, depth, left);
        multiply_packed(left, right, rows, cols, depth, c + i * ldc + j, ldc, accumulate || p > 0);
      }
    }
  }
}

PackedLeft::PackedLeft(Operand a, int64_t count, int64_t k) : data(nullptr), rows(count), depth(k) {
  const int64_t padded = up(count, isa().rows);
  float* out = scratch(kPackLeft, (size_t)(padded * k));
  for (int64_t p = 0; p < k; p += kDepth) pack_left(a, 0, count, p, std::min(kDepth, k - p), out + padded * p);
  data = out;
}

PackedRight::PackedRight(Operand b, int64_t depth, int64_t columns)
    : data_(nullptr), depth_(depth), columns_(columns), tileFloats_(up(kTileCols, isa().cols) * depth) {
  const size_t bytes = ((size_t)(tiles() * tileFloats_) * sizeof(float) + 63) / 64 * 64;
  data_ = static_cast<float*>(std::aligned_alloc(64, bytes ? bytes : 64));
  if (!data_) throw std::bad_alloc();
  const int64_t blocks = (depth + kDepth - 1) / kDepth;
  parallel_chunks(tiles() * blocks, [&](int64_t chunk) {
    const int64_t t = chunk / blocks, p = chunk % blocks * kDepth;
    float* out = data_ + t * tileFloats_ + up(tile_cols(t), isa().cols) * p;
    pack_right(b, p, std::min(kDepth, depth - p), t * kTileCols, tile_cols(t), out);
  });
}

PackedRight::~PackedRight() { std::free(data_); }

int64_t PackedRight::tile_cols(int64_t tile) const { return std::min(kTileCols, columns_ - tile * kTileCols); }

void multiply_tile(const PackedLeft& a, const PackedRight& b, int64_t tile, float* out, int64_t ldc) {
  const int64_t cols = b.tile_cols(tile), padded_rows = up(a.rows, isa().rows), padded_cols = up(cols, isa().cols);
  for (int64_t p = 0; p < a.depth; p += kDepth) {
    const int64_t depth = std::min(kDepth, a.depth - p);
    multiply_packed(a.data + padded_rows * p, b.tile(tile) + padded_cols * p, a.rows, cols, depth, out, ldc, p > 0);
  }
}

}  // namespace residua
