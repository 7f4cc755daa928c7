// The sparse half of a dictionary's step, cut into slices of columns: a slice of every row it touches fits in registers,
// and slices write disjoint columns, so gradients need no atomics and come out the same for any number of threads.
#pragma once
#include <cstdint>

namespace residua {

// The hierarchical loss of some rows, in the columns d0 .. d0 + width - 1. Matrices are row-major with row stride `stride`;
// decoder and its gradient have a stride of their own, since they may be copies of just these columns.
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
  int64_t decoder_stride;
  int width;                  // at most Isa::slice_width
  float scale;                // 2 / (|J| B D)
  float* reconstruction;      // at (first row, d0)
  float* grad_acts;           // [rows, k]: this slice's share, overwritten
  float* grad_decoder;        // at column d0, added to
  float* grad_bias;           // at d0, added to
};

// grad_encoder[f] = sum over the acts of feature f of gradient times hidden row, in a slice of columns; and the sum over
// features of bias gradient times encoder row. Acts come feature by feature, so that each row is written once.
struct EncoderGradientSlice {
  const float* hidden;        // [rows, slice_width]: a copy of the slice's columns
  const int32_t* starts;      // [features + 1]: feature f has the acts starts[f] .. starts[f + 1] - 1
  const int32_t* rows;        // of each act
  const float* gradients;     // of each act
  int64_t features;
  int64_t stride;             // of the encoder and its gradient
  int width;
  const float* encoder;       // at column d0
  const float* grad_bias;     // [features], of these rows
  float* grad_encoder;        // at column d0
  bool adds;                  // to what is in grad_encoder; else overwrites it
  float* grad_hidden;         // at d0, added to
};

}  // namespace residua
