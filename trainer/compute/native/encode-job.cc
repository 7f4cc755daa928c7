// Reads an encoding call, checks that its numbers are finite, and packs what the float32 product needs.
#include "encode-job.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "isa.h"
#include "pool.h"

namespace residua {
namespace {

constexpr const char* kEncoderName = "encoder_FD and encoderBias_F";

bool all_finite(const float* x, int64_t n) {
  uint32_t special = 0;
  for (int64_t i = 0; i < n; i++) {
    uint32_t bits;
    std::memcpy(&bits, x + i, sizeof bits);
    special |= (bits & 0x7f800000u) == 0x7f800000u;
  }
  return special == 0;
}

// Up to here a key's place is counted instead: more comparisons than sorting needs, but none is a branch.
constexpr int64_t kCountedKeys = 160;

}  // namespace

void sort_keys(uint64_t* keys, int64_t count) {
  if (count > kCountedKeys) {
    std::sort(keys, keys + count, std::greater<uint64_t>());
    return;
  }
  uint64_t sorted[kCountedKeys];
  isa().order_keys(keys, count, sorted);
  std::copy(sorted, sorted + count, keys);
}

void expect_finite(Call& call, const float* x, int64_t n, const char* what) {
  constexpr int64_t kGrain = 1 << 16;
  std::vector<char> finite((size_t)((n + kGrain - 1) / kGrain), 1);
  parallel_for(n, kGrain, [&](int64_t from, int64_t to) { finite[from / kGrain] = all_finite(x + from, to - from); });
  for (char one : finite) {
    if (!one) call.refuse(std::string("NOT_FINITE ") + what);
  }
}

EncodeCall::EncodeCall(Call& call, int sizes) : job{} {
  job.rows = call.size(sizes, "B");
  job.depth = call.size(sizes + 1, "D");
  features = call.size(sizes + 2, "F");
  job.hidden = call.floats(0, "hidden_BD", job.rows * job.depth);
  job.encoder = call.floats(1, "encoder_FD", features * job.depth);
  job.bias = call.floats(2, "encoderBias_F", features);
  job.columns = features;
  expect_finite(call, job.hidden, job.rows * job.depth, "hidden_BD");
  expect_finite(call, job.bias, features, kEncoderName);
  const float* allowed = call.optional_floats(3, "allowed_F", features);
  if (!allowed) return;
  for (int64_t f = 0; f < features; f++) {
    if (allowed[f] == 0) continue;
    chosen_.push_back((int32_t)f);
    biases_.push_back(job.bias[f]);
  }
  job.columns = (int64_t)chosen_.size();
  job.features = chosen_.data();
  job.bias = biases_.data();
}

void EncodeCall::set_thresholds(const float* thresholds) {
  for (int64_t c = 0; c < job.columns; c++) thresholds_.push_back(std::max(0.0f, thresholds[job.feature(c)]));
  job.thresholds = thresholds_.data();
}

void expect_finite_encoder(Call& call, const EncodeJob& job) {
  if (!job.features) return expect_finite(call, job.encoder, job.columns * job.depth, kEncoderName);
  for (int64_t c = 0; c < job.columns; c++) {
    if (!all_finite(job.weights(c), job.depth)) call.refuse(std::string("NOT_FINITE ") + kEncoderName);
  }
}

PackedRight pack_columns(const EncodeJob& job) {
  if (!job.features) return PackedRight(Operand::transposed(job.encoder, job.depth), job.depth, job.columns);
  std::vector<float> rows((size_t)(job.columns * job.depth));
  for (int64_t c = 0; c < job.columns; c++) {
    std::memcpy(rows.data() + c * job.depth, job.weights(c), job.depth * sizeof(float));
  }
  return PackedRight(Operand::transposed(rows.data(), job.depth), job.depth, job.columns);
}

RowsOf::RowsOf(const EncodeJob& all, const std::vector<int64_t>& rows)
    : job(all), hidden_(rows.size() * (size_t)all.depth) {
  for (size_t i = 0; i < rows.size(); i++) {
    std::memcpy(hidden_.data() + i * all.depth, all.hidden + rows[i] * all.depth, all.depth * sizeof(float));
  }
  job.hidden = hidden_.data();
  job.rows = (int64_t)rows.size();
  job.row_ids = rows.data();
}

}  // namespace residua
