// The k strongest acts of each row, tile by tile, so that B x F is never stored: screened in bfloat16 where the processor
// has tiles for it (encode.h), else by the float32 product. Either way the same bits, whatever the number of threads.
#include <algorithm>
#include <cstring>
#include <functional>
#include <vector>

#include "encode-job.h"
#include "gemm.h"
#include "isa.h"
#include "pool.h"

namespace residua {
namespace {

// Columns of a tile filtered before the threshold is looked at again.
constexpr int64_t kSegment = kTileCols / 4;

// Room for a row's candidates, unless k is large: 8 MiB a thread.
constexpr int64_t kMostCandidates = 4096;

// The largest k of a stream of positive acts, as keys that sort by act descending, then by index ascending.
struct Candidates {
  uint64_t* keys;  // 2k
  int64_t k;
  int64_t count;
  float threshold;  // an act must exceed it; ties with it lose, since indices only rise

  void add(float value, int32_t at) {
    if (!(value > threshold)) return;
    keys[count++] = act_key(value, at);
    if (count == 2 * k) shrink();
  }
  void shrink() {
    if (count <= k) return;
    std::nth_element(keys, keys + (k - 1), keys + count, std::greater<uint64_t>());
    count = k;
    threshold = key_act(keys[k - 1]);
  }
};

struct TopK {
  int64_t k;
  float* acts;       // [rows, k]
  int32_t* indices;  // [rows, k]

  // Sorts `count` keys of distinct features and writes the first k, padded.
  void write(int64_t row, uint64_t* keys, int64_t count) const {
    const int64_t kept = std::min(count, k);
    if (count > k) std::nth_element(keys, keys + k, keys + count, std::greater<uint64_t>());
    sort_keys(keys, kept);
    for (int64_t i = 0; i < k; i++) {
      acts[row * k + i] = i < kept ? key_act(keys[i]) : 0.0f;
      indices[row * k + i] = i < kept ? key_feature(keys[i]) : 0;
    }
  }
};

void filter_tile(Candidates& row, const float* tile, const float* bias, int64_t first, int64_t cols) {
  int32_t found[kSegment];
  float kept[kSegment];
  for (int64_t from = 0; from < cols; from += kSegment) {
    const int64_t n = std::min(kSegment, cols - from);
    const int hits = isa().collect_above(tile + from, bias + first + from, row.threshold, (int)n, found, kept);
    for (int h = 0; h < hits; h++) row.add(kept[h], (int32_t)(first + from) + found[h]);
  }
}

void multiply_rows(const EncodeJob& job, const PackedRight& weights, const TopK& top, int64_t begin, int64_t end) {
  const int64_t rows = end - begin, k = top.k;
  const PackedLeft left(Operand::plain(job.hidden + begin * job.depth, job.depth), rows, job.depth);
  float* tile = scratch(kTileA, (size_t)(rows * kTileStride));
  uint64_t* keys = reinterpret_cast<uint64_t*>(scratch(kTileB, (size_t)(rows * 4 * k)));
  std::vector<Candidates> candidates((size_t)rows);
  for (int64_t r = 0; r < rows; r++) candidates[r] = {keys + r * 2 * k, k, 0, 0.0f};
  for (int64_t t = 0; t < weights.tiles(); t++) {
    multiply_tile(left, weights, t, tile, kTileStride);
    for (int64_t r = 0; r < rows; r++) {
      filter_tile(candidates[r], tile + r * kTileStride, job.bias, t * kTileCols, weights.tile_cols(t));
    }
  }
  for (int64_t r = 0; r < rows; r++) {
    Candidates& row = candidates[r];
    row.shrink();
    if (job.features) {
      for (int64_t i = 0; i < row.count; i++) {
        row.keys[i] = act_key(key_act(row.keys[i]), job.feature(key_feature(row.keys[i])));
      }
    }
    top.write(begin + r, row.keys, row.count);
  }
}

void multiply(const EncodeJob& job, const TopK& top) {
  const PackedRight weights = pack_columns(job);
  parallel_for(job.rows, block_grain(job.rows, kBlockRows, isa().rows),
               [&](int64_t begin, int64_t end) { multiply_rows(job, weights, top, begin, end); });
}

// A thread's screening of a block: when a row's candidates fill their room, its threshold is raised.
struct Screening {
  const Screen& screen;
  const EncodeJob& job;
  const ScreenedFeatures& features;
  ScreenBlock& block;
  int64_t k;

  int64_t step() const { return std::max<int64_t>(k, 48); }

  static void overflow(void* sink, int64_t row) {
    Screening& self = *static_cast<Screening*>(sink);
    ScreenRows& rows = self.block.view;
    self.screen.tighten(self.features.view(), rows, row, self.k, false, self.block.lowers);
    if (rows.count[row] + self.step() / 2 > self.block.capacity) {
      self.screen.tighten(self.features.view(), rows, row, self.k, true, self.block.lowers);
    }
    if (rows.count[row] + self.step() / 2 > self.block.capacity) return self.block.give_up(row);
    rows.full[row] = (int32_t)std::min(self.block.capacity, rows.count[row] + self.step());
  }

  // Keys of the row's candidates that can be among its k strongest: the k with the highest upper bounds are computed
  // first, and the weakest of these acts tells which others need to be.
  int64_t rank(int64_t row, uint64_t* keys) {
    const ScreenRows& rows = block.view;
    float* uppers = rows.uppers + row * rows.stride;
    int32_t* columns = rows.features + row * rows.stride;
    int64_t left = rows.count[row], done = 0;
    if (left > k) {
      std::fill(uppers + left, uppers + left + 15, -1.0f);
      done = move_from(uppers, columns, 0, left, screen.reached_by(uppers, left, k, k));
    } else {
      done = left;
    }
    compute_acts(screen, job, block.begin + row, columns, done, block.lowers);
    if (done < left) {
      float weakest = *std::min_element(block.lowers, block.lowers + done);
      left = move_from(uppers, columns, done, left, weakest);
      compute_acts(screen, job, block.begin + row, columns + done, left - done, block.lowers + done);
    }
    int64_t count = 0;
    for (int64_t i = 0; i < left; i++) {
      if (block.lowers[i] > 0) keys[count++] = act_key(block.lowers[i], columns[i]);
    }
    return count;
  }

  // Moves the candidates from `from` on whose upper bound is at least `least` to the front of those; returns their end.
  static int64_t move_from(float* uppers, int32_t* columns, int64_t from, int64_t end, float least) {
    int64_t kept = from;
    for (int64_t i = from; i < end; i++) {
      if (uppers[i] < least) continue;
      std::swap(uppers[i], uppers[kept]);
      std::swap(columns[i], columns[kept++]);
    }
    return kept;
  }

  void run(const TopK& top) {
    ScreenRows& rows = block.view;
    std::fill(block.full.begin(), block.full.end(), (int32_t)std::min(block.capacity, k + step()));
    rows.overflow = overflow;
    rows.sink = this;
    screen.scan(features.view(), rows, 0, features.view().panels);
    std::vector<uint64_t> keys((size_t)block.capacity);
    for (int64_t r = 0; r < block.end - block.begin; r++) {
      if (rows.threshold[r] == kGivenUp) continue;
      screen.tighten(features.view(), rows, r, k, true, block.lowers);
      const int64_t count = rank(r, keys.data());
      top.write(block.begin + r, keys.data(), count);
    }
  }
};

// Returns the rows left to the float32 path, ascending.
std::vector<int64_t> screen_rows(Call& call, const Screen& screen, const EncodeJob& job, const TopK& top) {
  const ScreenedFeatures features(call, screen, job);
  const int64_t worth = std::min(job.columns / kScreenWorth, kMostCandidates);
  const int64_t capacity = std::min(job.columns + kScreenSide, std::max(worth, 4 * top.k)) / 16 * 16 + 16;
  return screen_blocks(screen, job, features, capacity, [&](ScreenBlock& block) {
    Screening{screen, job, features, block, top.k}.run(top);
  });
}

// encodeTopK(hidden, encoder, bias, allowed | null, acts, indices, B, D, F, K)
void encode_top_k(Call& call) {
  const EncodeCall given(call, 6);
  const EncodeJob& job = given.job;
  const int64_t K = call.size(9, "K");
  const TopK top{K, call.floats(4, "acts_BK", job.rows * K), call.ints(5, "indices_BK", job.rows * K)};
  const Screen* screen = isa().screen;
  // With a k this near the number of features nearly every act has to be computed exactly.
  if (!screen || K * kScreenWorth > job.columns) {
    expect_finite_encoder(call, job);
    return multiply(job, top);
  }
  const std::vector<int64_t> left = screen_rows(call, *screen, job, top);
  if (left.empty()) return;
  const RowsOf rest(job, left);
  std::vector<float> acts(left.size() * (size_t)K);
  std::vector<int32_t> indices(acts.size());
  multiply(rest.job, {K, acts.data(), indices.data()});
  for (size_t i = 0; i < left.size(); i++) {
    std::memcpy(top.acts + left[i] * K, acts.data() + i * K, K * sizeof(float));
    std::memcpy(top.indices + left[i] * K, indices.data() + i * K, K * sizeof(int32_t));
  }
}

const Binding binding{"encodeTopK", encode_top_k};

}  // namespace
}  // namespace residua
