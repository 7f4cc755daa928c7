// Matrix products in float32: C (+)= A B for operands with any two strides, so a transpose costs nothing but another way
// of packing. Also the pieces a fused kernel needs to run tile by tile without ever holding all of C:
//
//   PackedRight weights(Operand::transposed(encoder_FD, D), D, F);       // once per call, threads share it
//   parallel_for(B, kBlockRows, [&](int64_t b0, int64_t b1) {
//     PackedLeft rows(Operand::plain(hidden_BD + b0 * D, D), b1 - b0, D);
//     float* tile = scratch(kTileA, kBlockRows * kTileStride);
//     for (int64_t t = 0; t < weights.tiles(); t++) {
//       multiply_tile(rows, weights, t, tile, kTileStride);              // tile[b1 - b0, weights.tile_cols(t)]
//       // columns of the tile are features t * kTileCols ...
//     }
//   });
#pragma once
#include <cstddef>
#include <cstdint>

namespace residua {

// Depth packed at once: a kRows x kDepth panel of A and a kDepth x kCols panel of B stay in the first-level cache.
constexpr int64_t kDepth = 384;
// Rows a thread packs and multiplies at once: with kDepth, under a third of a 1 MiB second-level cache.
constexpr int64_t kBlockRows = 192;
// Columns of one tile of a PackedRight.
constexpr int64_t kTileCols = 1008;
// A power of two here puts every row of a tile in the same cache sets: 2.4 times slower (measured).
constexpr int64_t kTileStride = kTileCols + 16;

// A matrix seen through strides: element (r, c) is data[r * rowStride + c * colStride]; one of the strides is 1.
struct Operand {
  const float* data;
  int64_t rowStride;
  int64_t colStride;

  static Operand plain(const float* data, int64_t columns) { return {data, columns, 1}; }
  // The transpose of a row-major matrix that has `columns` columns.
  static Operand transposed(const float* data, int64_t columns) { return {data, 1, columns}; }
  const float* at(int64_t row, int64_t col) const { return data + row * rowStride + col * colStride; }
};

// C[m, n] = A[m, k] B[k, n], or C += with accumulate; C is row-major with row stride ldc. Shares the work among threads.
void gemm(Operand a, Operand b, float* c, int64_t ldc, int64_t m, int64_t n, int64_t k, bool accumulate);
// The same on the calling thread alone, for work that is already shared out. Uses kPackLeft and kPackRight.
void gemm_alone(Operand a, Operand b, float* c, int64_t ldc, int64_t m, int64_t n, int64_t k, bool accumulate);

// Up to kBlockRows rows of A over its whole depth, packed in the calling thread's kPackLeft scratch.
struct PackedLeft {
  PackedLeft(Operand a, int64_t rows, int64_t depth);
  const float* data;
  int64_t rows;
  int64_t depth;
};

// All of B[depth, columns], packed by all threads, in tiles of kTileCols columns. Owns its memory.
class PackedRight {
 public:
  PackedRight(Operand b, int64_t depth, int64_t columns);
  ~PackedRight();
  PackedRight(const PackedRight&) = delete;
  PackedRight& operator=(const PackedRight&) = delete;

  int64_t tiles() const { return (columns_ + kTileCols - 1) / kTileCols; }
  int64_t tile_cols(int64_t tile) const;
  const float* tile(int64_t tile) const { return data_ + tile * tileFloats_; }
  int64_t depth() const { return depth_; }
  int64_t columns() const { return columns_; }

 private:
  float* data_;
  int64_t depth_;
  int64_t columns_;
  int64_t tileFloats_;
};

// out[a.rows, b.tile_cols(tile)] = A times that tile; row stride ldc (kTileStride, or any stride not a power of two).
void multiply_tile(const PackedLeft& a, const PackedRight& b, int64_t tile, float* out, int64_t ldc);

}  // namespace residua
