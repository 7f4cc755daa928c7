// Packs features and rows for screening and computes the bounds of encode.h; knows nothing of how acts are ranked.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>

#include "encode-job.h"
#include "gemm.h"
#include "pool.h"

namespace residua {
namespace {

constexpr double kUnit = 0x1p-24;
// Sums of squares above this, or products of norms above its tenfold, could overflow on the way.
constexpr double kLargestSquares = 1e36;
// Squares of float32 below 2^-126 lose bits, below 2^-149 everything: this much of a norm may have gone unseen, per root
// of the depth.
constexpr double kUnseen = 0x1p-74;
// Covers the roundings of the last few float32 operations and conversions.
constexpr double kUp = 1 + 0x1p-18;
constexpr int kLanes = 16;
// Once this many rows were screened and most of them given up, the rest are not screened: their result is the same.
constexpr int64_t kTrialRows = 512;

int steps_of(int64_t depth) { return (int)((depth + kScreenDepth - 1) / kScreenDepth); }

double growth(int64_t depth) {
  const double n = (double)(depth + 64) * kUnit;
  return n / (1 - n);
}

double norm_above(float squares, int64_t depth) {
  return std::sqrt((double)squares * (1 + 2 * growth(depth))) * (1 + 4 * kUnit) + kUnseen * std::sqrt((double)depth);
}

bool is_zero(const float* row, int64_t depth) {
  return std::all_of(row, row + depth, [](float x) { return x == 0; });
}

struct RightMemory {
  Pages tiles, bounds;
};

RightMemory& right_memory() {
  static thread_local RightMemory memory;
  return memory;
}

}  // namespace

ScreenedFeatures::ScreenedFeatures(Call& call, const Screen& screen, const EncodeJob& job) {
  const int64_t panels = (job.columns + kScreenSide - 1) / kScreenSide, padded = panels * kScreenSide;
  RightMemory& memory = right_memory();
  float* bounds = static_cast<float*>(memory.bounds.take((size_t)padded * 5 * sizeof(float)));
  float *e = bounds, *n = bounds + padded, *upper = bounds + 2 * padded;
  float *squares = bounds + 3 * padded, *residuals = bounds + 4 * padded;
  const int steps = steps_of(job.depth);
  unsigned char* tiles = static_cast<unsigned char*>(memory.tiles.take((size_t)(panels * steps * kScreenStepBytes)));
  view_ = {tiles, panels, steps, e, n, upper};
  constexpr int64_t kPanels = 4;
  parallel_for(panels, kPanels, [&](int64_t first, int64_t end) { pack(screen, job, first, end, squares, residuals); });
  const double g = growth(job.depth);
  for (int64_t c = 0; c < job.columns; c++) {
    if (!(squares[c] <= kLargestSquares && residuals[c] <= kLargestSquares)) {
      expect_finite_encoder(call, job);
      usable_ = false;
    }
    const double norm = norm_above(squares[c], job.depth), residual = norm_above(residuals[c], job.depth);
    largest_norm_ = std::max(largest_norm_, norm + residual);
    e[c] = (float)((residual + 2 * g * (norm + residual)) * kUp);
    n[c] = (float)((1 + g) * norm * kUp);
    const double threshold = job.thresholds ? job.thresholds[c] : 0.0, bias = job.bias[c];
    upper[c] = (float)(bias - threshold + 16 * kUnit * (std::abs(bias) + std::abs(threshold)));
  }
  for (int64_t c = job.columns; c < padded; c++) {
    e[c] = n[c] = 0;
    upper[c] = -kGivenUp;
  }
}

void ScreenedFeatures::pack(const Screen& screen, const EncodeJob& job, int64_t first, int64_t end, float* squares,
                            float* residuals) {
  const int64_t bytes = view_.steps * kScreenStepBytes;
  unsigned char* work = reinterpret_cast<unsigned char*>(scratch(kTileA, (size_t)(view_.steps * 1024) / sizeof(float)));
  for (int64_t panel = first; panel < end; panel++) {
    for (int half = 0; half < 2; half++) {
      const int64_t column = panel * kScreenSide + half * kLanes;
      const int lanes = (int)std::max<int64_t>(0, std::min<int64_t>(kLanes, job.columns - column));
      const float* rows[kLanes];
      for (int r = 0; r < lanes; r++) rows[r] = job.weights(column + r);
      unsigned char* out = const_cast<unsigned char*>(view_.tiles) + panel * bytes;
      screen.pack_features(rows, lanes, (int)job.depth, view_.steps, half, out, squares + column, residuals + column, work);
    }
  }
}

void ScreenBlock::give_up(int64_t row) {
  given_up.push_back(begin + row);
  view.threshold[row] = kGivenUp;
  view.count[row] = 0;
}

ScreenBlock& open_screen_block(const Screen& screen, const EncodeJob& job, const ScreenedFeatures& features, int64_t begin,
                               int64_t end, int64_t capacity) {
  static thread_local ScreenBlock block;
  const int64_t rows = end - begin, groups = (rows + kScreenSide - 1) / kScreenSide, padded = groups * kScreenSide;
  const int steps = features.view().steps;
  const int64_t stride = capacity + 2 * kLanes;
  block.begin = begin;
  block.end = end;
  block.capacity = capacity;
  block.given_up.clear();
  for (auto* values : {&block.norm, &block.residual, &block.slack}) values->assign((size_t)padded, 0.0f);
  block.threshold.assign((size_t)padded, 0.0f);
  block.count.assign((size_t)padded, 0);
  block.full.assign((size_t)padded, (int32_t)capacity);
  unsigned char* tiles = static_cast<unsigned char*>(block.tiles.take((size_t)(groups * steps * kScreenStepBytes)));
  float* uppers = static_cast<float*>(block.candidates.take((size_t)((2 * padded + 1) * stride) * sizeof(float)));
  int32_t* columns = reinterpret_cast<int32_t*>(uppers + padded * stride);
  block.lowers = uppers + 2 * padded * stride;
  block.view = {tiles,         groups, block.norm.data(),  block.residual.data(), block.slack.data(), block.threshold.data(),
                uppers,        columns, stride,            block.count.data(),    block.full.data(),  nullptr,
                nullptr};
  const double tiny = (4.0 * (double)job.depth + 64) * 0x1p-126;
  for (int64_t r = 0; r < padded; r += kLanes) {
    const int lanes = (int)std::max<int64_t>(0, std::min<int64_t>(kLanes, rows - r));
    const float* source[kLanes];
    float squares[kLanes], residuals[kLanes];
    for (int i = 0; i < lanes; i++) source[i] = job.hidden + (begin + r + i) * job.depth;
    unsigned char* out = tiles + r / kScreenSide * steps * kScreenStepBytes;
    screen.pack_rows(source, lanes, (int)job.depth, steps, (int)(r / kLanes % 2), out, squares, residuals);
    for (int i = 0; i < lanes; i++) {
      const bool fits = squares[i] <= kLargestSquares && residuals[i] <= kLargestSquares;
      const double norm = norm_above(squares[i], job.depth), residual = norm_above(residuals[i], job.depth);
      if (is_zero(source[i], job.depth)) continue;  // its acts are the biases: no margin
      if (!fits || (norm + residual) * features.largest_norm() > 10 * kLargestSquares) {
        block.give_up(r + i);
        continue;
      }
      block.norm[r + i] = (float)((norm + residual) * kUp);
      block.residual[r + i] = (float)(residual * kUp);
      block.slack[r + i] = (float)(tiny * kUp);
    }
    for (int i = std::max(lanes, 0); i < kLanes; i++) block.threshold[r + i] = kGivenUp;
  }
  return block;
}

void compute_acts(const Screen& screen, const EncodeJob& job, int64_t row, int32_t* columns, int64_t count, float* acts) {
  constexpr int64_t kAtOnce = 64;
  for (int64_t first = 0; first < count; first += kAtOnce) {
    const int64_t n = std::min(kAtOnce, count - first);
    float biases[kAtOnce];
    for (int64_t i = first; i < first + n; i++) {
      biases[i - first] = job.bias[columns[i]];
      columns[i] = job.feature(columns[i]);
    }
    screen.products(job.hidden + row * job.depth, job.encoder, columns + first, n, job.depth, acts + first);
    for (int64_t i = first; i < first + n; i++) acts[i] += biases[i - first];
  }
}

std::vector<int64_t> screen_blocks(const Screen& screen, const EncodeJob& job, const ScreenedFeatures& features,
                                   int64_t capacity, const std::function<void(ScreenBlock&)>& work) {
  std::vector<int64_t> given_up;
  int64_t screened = 0;
  std::mutex mutex;
  parallel_for(job.rows, block_grain(job.rows, kScreenRows, kScreenSide), [&](int64_t begin, int64_t end) {
    bool hopeless;
    {
      std::lock_guard<std::mutex> lock(mutex);
      hopeless = !features.usable() || (screened >= kTrialRows && (int64_t)given_up.size() > screened / 2);
      if (hopeless) {
        for (int64_t row = begin; row < end; row++) given_up.push_back(row);
      }
    }
    if (hopeless) return;
    ScreenBlock& block = open_screen_block(screen, job, features, begin, end, capacity);
    work(block);
    std::lock_guard<std::mutex> lock(mutex);
    screened += end - begin;
    given_up.insert(given_up.end(), block.given_up.begin(), block.given_up.end());
  });
  std::sort(given_up.begin(), given_up.end());
  return given_up;
}

int64_t block_grain(int64_t rows, int64_t most, int64_t step) {
  const int64_t threads = thread_count(), least = (rows + most - 1) / most;
  const int64_t blocks = (least + threads - 1) / threads * threads;
  return std::min(most, ((rows + blocks - 1) / blocks + step - 1) / step * step);
}

}  // namespace residua
