// Screening: an encoder's product in bfloat16, an order of magnitude quicker than in float32, tells which acts can matter;
// only those are computed exactly. The result is that of float32, bit for bit, because the bound below is proven.
//
// Let x be a row, w a feature's weights, c its bias, x~ and w~ their roundings to bfloat16, dx = x - x~, dw = w - w~. Then
//   x.w - x~.w~ = x.dw + dx.w~,  so  |x.w - x~.w~| <= |x| |dw| + |dx| |w~|  (Cauchy-Schwarz, norms of the actual residuals).
// Sums of D float32 terms in any order are off by at most g |x| |w|, g = D u / (1 - D u), u = 2^-24: once for the exact
// act, once for the product of tiles (whose terms are exact: 8 x 8 bits of significand). With |x| <= |x~| + |dx| and the
// same for w, and 64 u more in g for the additions of the bias, the margin and the norms themselves:
//   margin(x, w) = |x| e_w + |dx| n_w + z,   e_w = |dw| + 2 g (|w~| + |dw|),   n_w = (1 + g) |w~|
// z covers what tiles flush to zero: 2^-126 a product and a sum. Thus, with s = x~.w~ as the tiles give it,
//   s + c - margin <= act <= s + c + margin.
// The k-th largest lower bound met so far is a floor T of the k-th largest act, and a feature whose upper bound does not
// exceed T cannot be kept: k others, all earlier, are at least as strong and win the tie. Rows whose norms leave the
// range in which no sum can overflow, and rows with more candidates than pay, are left to the float32 path.
#pragma once
#include <cstdint>

// Tiles need a compiler that knows them (its other files stay free of them) and the system's call for leave to use them.
#if defined(__linux__) && defined(__x86_64__) && !defined(__clang__) && __GNUC__ >= 11
#define RESIDUA_AMX
#endif

namespace residua {

// Rows and columns of one step of tiles: two by two tiles of 16 x 16 acts, 32 of depth each.
constexpr int kScreenSide = 32;
constexpr int kScreenDepth = 32;
constexpr int64_t kScreenStepBytes = 2 * 16 * 64;  // two tiles of bfloat16

// Right operand and bounds, by feature; padded to a multiple of kScreenSide with features that no row can keep.
struct ScreenFeatures {
  const unsigned char* tiles;  // [panels][steps][2 tiles]
  int64_t panels;
  int steps;
  const float* e;      // what |x| is multiplied by
  const float* n;      // what |dx| is multiplied by
  const float* upper;  // bias, less the feature's threshold if there is one, rounded up
};

// Some rows and what has been found for them. Arrays have `groups * kScreenSide` entries; rows that are padding or given
// up have threshold infinity.
struct ScreenRows {
  const unsigned char* tiles;  // [groups][steps][2 tiles]
  int64_t groups;
  const float* norm;      // |x|
  const float* residual;  // |dx|
  const float* slack;     // z
  float* threshold;       // an upper bound must exceed it
  float* uppers;          // [rows][stride]; candidates' upper bounds and features, ascending by feature
  int32_t* features;
  int64_t stride;
  int32_t* count;
  int32_t* full;          // above this count `overflow` is called; 16 entries must be free beyond it
  void (*overflow)(void* sink, int64_t row);
  void* sink;
};

// The inner loops, compiled where the compiler knows the instructions (encode.amx.cc).
struct Screen {
  // Rounds `lanes` <= 16 rows into one half (0, 1) of `steps` steps; out as ScreenRows::tiles. Sums of squares of x~ and dx.
  void (*pack_rows)(const float* const* rows, int lanes, int depth, int steps, int half, unsigned char* out, float* squares,
                    float* residual_squares);
  // The same for features, transposed as the right operand wants it. `work` holds steps * 1024 bytes.
  void (*pack_features)(const float* const* rows, int lanes, int depth, int steps, int half, unsigned char* out,
                        float* squares, float* residual_squares, unsigned char* work);
  // Collects the candidates among panels first .. last - 1.
  void (*scan)(const ScreenFeatures& features, const ScreenRows& rows, int64_t first, int64_t last);
  // Raises a row's threshold to a k-th largest lower bound and drops whom that excludes. `lowers` has stride + 16 entries.
  void (*tighten)(const ScreenFeatures& features, const ScreenRows& rows, int64_t row, int64_t k, bool exactly,
                  float* lowers);
  // lowers[i] of a row's candidates
  void (*lower_bounds)(const ScreenFeatures& features, const ScreenRows& rows, int64_t row, float* lowers);
  // A positive value that at least k of the values reach, at most `enough` where ties allow; 0 when fewer than k are
  // positive. Fifteen values behind the last are read and must be negative.
  float (*reached_by)(const float* values, int64_t count, int64_t k, int64_t enough);
  // out[i] = x . weights[rows[i]], added up in the very order of the float32 product (gemm.h).
  void (*products)(const float* x, const float* weights, const int32_t* rows, int64_t count, int64_t depth, float* out);
};

}  // namespace residua
