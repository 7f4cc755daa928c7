// Encodings in which rows keep different numbers of acts: the B k strongest of a whole batch, or all above a threshold.
// B x F is never stored: a pool holds what may still be among the strongest, in space O(B k). The same acts whatever the
// number of threads, since only an act's exact value, row and feature decide.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <mutex>
#include <vector>

#include "encode-job.h"
#include "gemm.h"
#include "isa.h"
#include "pool.h"

namespace residua {
namespace {

// Columns of a tile filtered before the threshold is looked at again.
constexpr int64_t kSegment = kTileCols / 4;
// Candidates a row gathers before they join its block's pool.
constexpr int64_t kRowCandidates = 128;

// Acts of each row, as keys.
using Lists = std::vector<std::vector<uint64_t>>;

// What a list-making call found, until takeActs fetches it: its width is known only now.
Lists& found_lists() {
  static thread_local Lists lists;
  return lists;
}

// Receives the acts of a block of rows, each above its threshold, from the float32 product.
class ActSink {
 public:
  virtual ~ActSink() = default;
  virtual float threshold(int64_t row) const = 0;
  virtual void add(int64_t row, int64_t column, float act) = 0;
  // The block is complete.
  virtual void close() = 0;
};

void multiply_into(const EncodeJob& job, const std::function<std::unique_ptr<ActSink>()>& open_sink) {
  const PackedRight weights = pack_columns(job);
  parallel_for(job.rows, block_grain(job.rows, kBlockRows, isa().rows), [&](int64_t begin, int64_t end) {
    const PackedLeft left(Operand::plain(job.hidden + begin * job.depth, job.depth), end - begin, job.depth);
    float* tile = scratch(kTileA, (size_t)((end - begin) * kTileStride));
    const std::unique_ptr<ActSink> sink = open_sink();
    int32_t found[kSegment];
    float kept[kSegment];
    for (int64_t t = 0; t < weights.tiles(); t++) {
      multiply_tile(left, weights, t, tile, kTileStride);
      for (int64_t r = begin; r < end; r++) {
        for (int64_t from = 0; from < weights.tile_cols(t); from += kSegment) {
          const int64_t first = t * kTileCols + from, n = std::min(kSegment, weights.tile_cols(t) - from);
          const float* acts = tile + (r - begin) * kTileStride + from;
          const int hits = isa().collect_above(acts, job.bias + first, sink->threshold(r), (int)n, found, kept);
          for (int h = 0; h < hits; h++) sink->add(job.row(r), first + found[h], kept[h]);
        }
      }
    }
    sink->close();
  });
}

// An act known within bounds; exact when they are equal.
struct Bounded {
  float upper, lower;
  int32_t row, column;
};

bool precedes(const Bounded& a, const Bounded& b) { return a.row != b.row ? a.row < b.row : a.column < b.column; }
bool is_stronger(const Bounded& a, const Bounded& b) { return a.lower != b.lower ? a.lower > b.lower : precedes(a, b); }

// Everything that may be among the `keep` strongest of a stream, ties to the lowest row, then column.
class Strongest {
 public:
  Strongest(int64_t keep, float floor) : keep_(keep), floor_(floor) {}

  // Upper bounds below this cannot matter.
  float floor() const { return floor_; }
  std::vector<Bounded>& found() { return found_; }

  // True when the floor rose.
  bool add(Bounded one) {
    found_.push_back(one);
    return (int64_t)found_.size() >= next_ && shrink();
  }

  bool shrink() {
    const size_t keep = (size_t)keep_;
    const float before = floor_;
    if (found_.size() > keep) {
      std::nth_element(found_.begin(), found_.begin() + (keep - 1), found_.end(), is_stronger);
      const Bounded least = found_[keep - 1];
      floor_ = std::max(floor_, least.lower);
      const auto loses = [&](const Bounded& one) {
        return one.upper < least.lower || (one.upper == least.lower && precedes(least, one));
      };
      found_.erase(std::remove_if(found_.begin() + keep, found_.end(), loses), found_.end());
    }
    next_ = (int64_t)found_.size() + std::max<int64_t>(keep_, 4096);
    return floor_ > before;
  }

  // Bounds too wide to tell acts apart: exact acts need less room.
  bool is_crowded() const { return (int64_t)found_.size() > 4 * keep_ + 65536; }

 private:
  int64_t keep_, next_ = 4096;
  float floor_;
  std::vector<Bounded> found_;
};

// The pool of a whole batch; blocks bring theirs when they are complete.
struct BatchPool {
  explicit BatchPool(int64_t keep) : all(keep, 0), keep(keep) {}
  Strongest all;
  int64_t keep;
  std::mutex mutex;
  std::atomic<float> floor{0};
  std::atomic<bool> crowded{false};

  void merge(Strongest& block) {
    std::lock_guard<std::mutex> lock(mutex);
    for (const Bounded& one : block.found()) {
      if (one.upper >= all.floor()) all.add(one);
    }
    if (all.is_crowded()) crowded = true;
    floor = all.floor();
  }
};

// Just below a floor: acts equal to it may still win a tie.
float below(float floor) { return floor > 0 ? std::nextafter(floor, 0.0f) : 0.0f; }

class BatchSink : public ActSink {
 public:
  explicit BatchSink(BatchPool& pool) : pool_(pool), block_(pool.keep, pool.floor) {}
  float threshold(int64_t) const override { return below(block_.floor()); }
  void add(int64_t row, int64_t column, float act) override { block_.add({act, act, (int32_t)row, (int32_t)column}); }
  void close() override { pool_.merge(block_); }

 private:
  BatchPool& pool_;
  Strongest block_;
};

// A block's rows pour their candidates into one pool, whose floor is the threshold of all of them.
struct BatchScreening {
  const Screen& screen;
  const ScreenedFeatures& features;
  ScreenBlock& block;
  BatchPool& pool;
  Strongest found;

  static void overflow(void* sink, int64_t row) { static_cast<BatchScreening*>(sink)->pour(row); }

  void pour(int64_t row) {
    ScreenRows& rows = block.view;
    screen.lower_bounds(features.view(), rows, row, block.lowers);
    bool rose = false;
    for (int32_t i = 0; i < rows.count[row]; i++) {
      const int64_t at = row * rows.stride + i;
      const int32_t id = (int32_t)(block.begin + row);
      rose |= found.add({rows.uppers[at], std::min(block.lowers[i], rows.uppers[at]), id, rows.features[at]});
    }
    rows.count[row] = 0;
    if (rose) raise();
    if (found.is_crowded()) stop();
  }

  void stop() {
    pool.crowded = true;
    std::fill(block.threshold.begin(), block.threshold.end(), kGivenUp);
  }

  void raise() {
    for (float& threshold : block.threshold) threshold = std::max(threshold, below(found.floor()));
  }

  void run() {
    ScreenRows& rows = block.view;
    rows.overflow = overflow;
    rows.sink = this;
    raise();
    screen.scan(features.view(), rows, 0, features.view().panels);
    for (int64_t r = 0; r < block.end - block.begin; r++) pour(r);
    pool.merge(found);
  }
};

// Replaces bounds by exact acts, rows in parallel.
void compute_exactly(const Screen& screen, const EncodeJob& job, std::vector<Bounded>& found) {
  std::sort(found.begin(), found.end(), precedes);
  constexpr int64_t kGrain = 1024;
  parallel_for((int64_t)found.size(), kGrain, [&](int64_t at, int64_t end) {
    std::vector<int32_t> columns;
    std::vector<float> acts;
    for (int64_t next; at < end; at = next) {
      columns.clear();
      for (next = at; next < end && found[next].row == found[at].row; next++) columns.push_back(found[next].column);
      acts.resize(columns.size());
      compute_acts(screen, job, found[at].row, columns.data(), next - at, acts.data());
      for (int64_t i = at; i < next; i++) found[i].upper = found[i].lower = acts[i - at];
    }
  });
}

void screen_batch(Call& call, const Screen& screen, const EncodeJob& job, BatchPool& pool) {
  const ScreenedFeatures features(call, screen, job);
  const std::vector<int64_t> left = screen_blocks(screen, job, features, kRowCandidates, [&](ScreenBlock& block) {
    if (pool.crowded) return;
    BatchScreening{screen, features, block, pool, Strongest(pool.keep, pool.floor)}.run();
  });
  if (pool.crowded) return;
  if (!left.empty()) {
    const RowsOf rest(job, left);
    multiply_into(rest.job, [&] { return std::make_unique<BatchSink>(pool); });
  }
  pool.all.shrink();
  compute_exactly(screen, job, pool.all.found());
  pool.all.shrink();
}

void give_width(Call& call) {
  size_t width = 1;
  for (const auto& row : found_lists()) width = std::max(width, row.size());
  call.give((double)width);
}

void open_lists(int64_t rows) { found_lists().assign((size_t)rows, {}); }

void sort_lists(Lists& lists) {
  constexpr int64_t kGrain = 256;
  parallel_for((int64_t)lists.size(), kGrain, [&](int64_t row, int64_t end) {
    for (; row < end; row++) sort_keys(lists[row].data(), (int64_t)lists[row].size());
  });
}

// encodeBatchTopK(hidden, encoder, bias, allowed | null, B, D, F, K) -> the columns that takeActs will want
void encode_batch_top_k(Call& call) {
  const EncodeCall given(call, 4);
  const EncodeJob& job = given.job;
  const int64_t K = call.size(7, "K"), keep = job.rows * K;
  const Screen* screen = isa().screen;
  const bool screened = screen && K * kScreenWorth <= job.columns;
  auto pool = std::make_unique<BatchPool>(keep);
  if (screened) {
    screen_batch(call, *screen, job, *pool);
  } else {
    expect_finite_encoder(call, job);
  }
  if (!screened || pool->crowded) {
    pool = std::make_unique<BatchPool>(keep);
    multiply_into(job, [&] { return std::make_unique<BatchSink>(*pool); });
    pool->all.shrink();
  }
  open_lists(job.rows);
  for (const Bounded& one : pool->all.found()) {
    if (one.lower > 0) found_lists()[one.row].push_back(act_key(one.lower, job.feature(one.column)));
  }
  sort_lists(found_lists());
  give_width(call);
}

class ThresholdSink : public ActSink {
 public:
  ThresholdSink(const EncodeJob& job, Lists& lists)
      : job_(job), lists_(lists), least_(job.columns ? *std::min_element(job.thresholds, job.thresholds + job.columns) : 0) {}
  float threshold(int64_t) const override { return least_; }
  void add(int64_t row, int64_t column, float act) override {
    if (act > job_.thresholds[column]) lists_[row].push_back(act_key(act, job_.feature(column)));
  }
  void close() override {}

 private:
  const EncodeJob& job_;
  Lists& lists_;  // a row belongs to one block
  float least_;
};

void screen_threshold_block(const Screen& screen, const EncodeJob& job, const ScreenedFeatures& features,
                            ScreenBlock& block, Lists& lists) {
  ScreenRows& rows = block.view;
  rows.overflow = [](void* sink, int64_t row) { static_cast<ScreenBlock*>(sink)->give_up(row); };
  rows.sink = &block;
  screen.scan(features.view(), rows, 0, features.view().panels);
  std::vector<int32_t> columns;
  for (int64_t r = 0; r < block.end - block.begin; r++) {
    int32_t* found = rows.features + r * rows.stride;
    columns.assign(found, found + rows.count[r]);
    compute_acts(screen, job, block.begin + r, found, rows.count[r], block.lowers);
    for (int32_t i = 0; i < rows.count[r]; i++) {
      const float act = block.lowers[i];
      if (act > job.thresholds[columns[i]]) lists[block.begin + r].push_back(act_key(act, found[i]));
    }
  }
}

// encodeThreshold(hidden, encoder, bias, allowed | null, thresholds_F, B, D, F) -> the columns that takeActs will want
void encode_threshold(Call& call) {
  EncodeCall given(call, 5);
  given.set_thresholds(call.floats(4, "threshold", given.features));
  const EncodeJob& job = given.job;
  open_lists(job.rows);
  Lists& lists = found_lists();
  const auto multiply = [&](const EncodeJob& some) {
    multiply_into(some, [&] { return std::make_unique<ThresholdSink>(some, lists); });
  };
  if (const Screen* screen = isa().screen) {
    const ScreenedFeatures features(call, *screen, job);
    const int64_t capacity = job.columns / kScreenWorth / 16 * 16 + 64;
    const std::vector<int64_t> left = screen_blocks(*screen, job, features, capacity, [&](ScreenBlock& block) {
      screen_threshold_block(*screen, job, features, block, lists);
    });
    if (!left.empty()) multiply(RowsOf(job, left).job);
  } else {
    expect_finite_encoder(call, job);
    multiply(job);
  }
  sort_lists(lists);
  give_width(call);
}

// takeActs(acts, indices, B, K): what the calling thread's last encodeBatchTopK or encodeThreshold found, padded.
void take_acts(Call& call) {
  const int64_t B = call.size(2, "B"), K = call.size(3, "K");
  float* acts = call.floats(0, "acts_BK", B * K);
  int32_t* indices = call.ints(1, "indices_BK", B * K);
  const Lists lists = std::move(found_lists());
  found_lists().clear();
  if ((int64_t)lists.size() != B) call.refuse("expected the rows just encoded, got another number of rows");
  for (int64_t b = 0; b < B; b++) {
    const int64_t count = (int64_t)lists[b].size();
    if (count > K) call.refuse("expected room for the fullest row's acts, got fewer columns");
    for (int64_t i = 0; i < K; i++) {
      acts[b * K + i] = i < count ? key_act(lists[b][i]) : 0.0f;
      indices[b * K + i] = i < count ? key_feature(lists[b][i]) : 0;
    }
  }
}

const Binding bindings[] = {
    {"encodeBatchTopK", encode_batch_top_k}, {"encodeThreshold", encode_threshold}, {"takeActs", take_acts}};

}  // namespace
}  // namespace residua
