// The sparse half of a dictionary's step, cut into slices of columns: a slice of every row it touches fits in registers,
// and slices write disjoint columns, so gradients need no atomics and come out the same for any number of threads.
#pragma once
#include <cstdint>

namespace residua {

// The hierarchical loss of some rows, in the columns d0 .. d0 + width - 1. Matrices are row-major with row stride `stride`.
struct HierarchicalSlice {
  const float* target;        // at (first row, d0)
  const float* acts;          // [rows, k]
  const int32_t* indices;     // [rows, k], all within the decoder
  const float* decoder;       // at column d0
  const float* bias;          // at d0
  const uint8_t* in_budgets;  // [k]: 1 where j = i + 1 is one of the budgets
  int64_t rows;
  int64_t k;
  int64_t stride;
  int width;                  // at most Isa::slice_width
  float scale;                // 2 / (|J| B D)
  float* reconstruction;      // at (first row, d0)
  float* grad_acts;           // [rows, k]: this slice's share, overwritten
  float* grad_decoder;        // at column d0, added to
  float* grad_bias;           // at d0, added to
};

// grad_encoder[indices[b, i]] += grad_acts[b, i] hidden[b], in a slice of columns; acts of gradient 0 are skipped.
struct EncoderGradientSlice {
  const float* hidden;     // at (first row, d0)
  const float* grad_acts;  // [rows, k]
  const int32_t* indices;
  int64_t rows;
  int64_t k;
  int64_t stride;
  int width;
  float* grad_encoder;     // at column d0
};

}  // namespace residua
