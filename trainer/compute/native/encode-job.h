// What one call of an encoding kernel works on, and the screening of it, shared by top-k of rows and lists of acts.
#pragma once
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <vector>

#include "encode.h"
#include "gemm.h"
#include "napi.h"
#include "pages.h"

namespace residua {

// The columns are the chosen features, in ascending order: all of them, or those allowed.
struct EncodeJob {
  const float* hidden;
  const float* encoder;
  int64_t rows;
  int64_t depth;
  int64_t columns;
  const int32_t* features;  // column -> feature; null when all are chosen
  const float* bias;        // [columns]
  const float* thresholds;  // [columns] that acts must exceed, at least 0; null: 0
  const int64_t* row_ids;   // row -> row of the batch, where only some of its rows are in `hidden`

  int32_t feature(int64_t column) const { return features ? features[column] : (int32_t)column; }
  int64_t row(int64_t row) const { return row_ids ? row_ids[row] : row; }
  const float* weights(int64_t column) const { return encoder + feature(column) * depth; }
};

// Acts above 0 as keys that sort by act, then the lower feature first.
inline uint64_t act_key(float act, int32_t feature) {
  uint32_t bits;
  std::memcpy(&bits, &act, sizeof bits);
  return (uint64_t)bits << 32 | (0xffffffffu - (uint32_t)feature);
}
inline float key_act(uint64_t key) {
  const uint32_t bits = (uint32_t)(key >> 32);
  float act;
  std::memcpy(&act, &bits, sizeof act);
  return act;
}
inline int32_t key_feature(uint64_t key) { return (int32_t)(0xffffffffu - (uint32_t)key); }

// Strongest first.
void sort_keys(uint64_t* keys, int64_t count);

// A job as JavaScript gives it: (hidden, encoder, bias, allowed | null, ..., B, D, F at `sizes`), with hidden checked to be
// finite; the encoder is checked by whoever packs it.
struct EncodeCall {
  EncodeCall(Call& call, int sizes);
  EncodeJob job;
  int64_t features;  // of the dictionary, chosen or not

  // `thresholds` of all the dictionary's features, for those chosen.
  void set_thresholds(const float* thresholds);

 private:
  std::vector<int32_t> chosen_;
  std::vector<float> biases_, thresholds_;
};

// Refuses with the name, in a form that dictionary.ts knows.
void expect_finite(Call& call, const float* x, int64_t n, const char* what);
void expect_finite_encoder(Call& call, const EncodeJob& job);

// The chosen features for the float32 product.
PackedRight pack_columns(const EncodeJob& job);

// A job on some of the rows of another, copied together; `rows` has to outlive it.
struct RowsOf {
  RowsOf(const EncodeJob& all, const std::vector<int64_t>& rows);
  EncodeJob job;

 private:
  std::vector<float> hidden_;
};

// The chosen features in bfloat16 with their bounds. Memory is the calling thread's, kept for its next call.
class ScreenedFeatures {
 public:
  // Packs with all threads; refuses weights that are not finite.
  ScreenedFeatures(Call& call, const Screen& screen, const EncodeJob& job);
  // False when a feature is so large that sums could overflow.
  bool usable() const { return usable_; }
  const ScreenFeatures& view() const { return view_; }
  double largest_norm() const { return largest_norm_; }

 private:
  void pack(const Screen& screen, const EncodeJob& job, int64_t first, int64_t end, float* squares, float* residuals);
  ScreenFeatures view_;
  bool usable_ = true;
  double largest_norm_ = 0;
};

// A block of rows being screened. One per thread, kept.
struct ScreenBlock {
  ScreenRows view;
  std::vector<int64_t> given_up;  // rows of the job, left to the float32 path
  float* lowers;                  // room for the bounds, or the acts, of one row
  int64_t begin, end;
  int64_t capacity;               // candidates a row may have

  void give_up(int64_t row);

  std::vector<float> norm, residual, slack, threshold;
  std::vector<int32_t> count, full;
  Pages tiles, candidates;
};

// The threshold of rows left to the float32 path.
constexpr float kGivenUp = std::numeric_limits<float>::infinity();

// Most rows of a block: their tiles stay in a second-level cache while all features pass.
constexpr int64_t kScreenRows = 256;

// The calling thread's block with rows begin .. end - 1 packed and nothing found yet.
ScreenBlock& open_screen_block(const Screen& screen, const EncodeJob& job, const ScreenedFeatures& features, int64_t begin,
                               int64_t end, int64_t capacity);

// Screens all rows, block by block on all threads; `work` finds what a block's rows keep. Returns the rows given up.
std::vector<int64_t> screen_blocks(const Screen& screen, const EncodeJob& job, const ScreenedFeatures& features,
                                   int64_t capacity, const std::function<void(ScreenBlock&)>& work);

// acts[i] of a row at columns[i], in the bits of the float32 product; the columns become features.
void compute_acts(const Screen& screen, const EncodeJob& job, int64_t row, int32_t* columns, int64_t count, float* acts);

// An exact act costs about as much as this many columns of the float32 product: a row with more candidates than a
// kScreenWorth-th of the columns is cheaper there.
constexpr int64_t kScreenWorth = 8;

// Rows of a block, at most `most`, so that the blocks are a multiple of the threads in number and all finish together.
int64_t block_grain(int64_t rows, int64_t most, int64_t step);

}  // namespace residua
