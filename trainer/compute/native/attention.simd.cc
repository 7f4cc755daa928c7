// One query against kept keys and values: scores, softmax and weighted sum in one go, as kept-keys.h lays them out.
#include "isa.h"
#include "kept-keys.h"
#include "simd.h"

namespace residua {
namespace RESIDUA_ISA {
namespace {

constexpr int kVectors = kKeyBlock / kLanes;

// Blocks taken at once: their sums are independent, so the processor need not wait for the last product.
template <int kBlocks>
void score_blocks(const float* q, const float* keys, int64_t c, float* scores) {
  vf sum[kBlocks][kVectors], odd[kBlocks][kVectors];
  for (int b = 0; b < kBlocks; b++) {
    for (int j = 0; j < kVectors; j++) sum[b][j] = odd[b][j] = vf{};
  }
  int64_t i = 0;
  for (; i + 2 <= c; i += 2) {
    const vf first = splat(q[i]), second = splat(q[i + 1]);
    for (int b = 0; b < kBlocks; b++) {
      const float* at = keys + (b * c + i) * kKeyBlock;
      for (int j = 0; j < kVectors; j++) {
        sum[b][j] += first * load(at + j * kLanes);
        odd[b][j] += second * load(at + kKeyBlock + j * kLanes);
      }
    }
  }
  for (int b = 0; b < kBlocks; b++) {
    for (int j = 0; j < kVectors; j++) {
      vf total = sum[b][j] + odd[b][j];
      if (i < c) total += splat(q[i]) * load(keys + (b * c + i) * kKeyBlock + j * kLanes);
      store(scores + b * kKeyBlock + j * kLanes, total);
    }
  }
}

constexpr int kAtOnce = kVectors == 1 ? 4 : kVectors == 2 ? 2 : 1;

void key_scores(const float* q, const float* keys, int64_t blocks, int64_t c, float* scores) {
  int64_t b = 0;
  for (; b + kAtOnce <= blocks; b += kAtOnce) {
    score_blocks<kAtOnce>(q, keys + b * c * kKeyBlock, c, scores + b * kKeyBlock);
  }
  for (; b < blocks; b++) score_blocks<1>(q, keys + b * c * kKeyBlock, c, scores + b * kKeyBlock);
}

template <int kWide>
void weigh_columns(const float* weights, const float* values, int64_t count, int64_t c, float* out) {
  constexpr int kPhases = 4;
  vf sum[kPhases][kWide];
  for (int p = 0; p < kPhases; p++) {
    for (int j = 0; j < kWide; j++) sum[p][j] = vf{};
  }
  int64_t s = 0;
  for (; s + kPhases <= count; s += kPhases) {
    for (int p = 0; p < kPhases; p++) {
      const vf weight = splat(weights[s + p]);
      for (int j = 0; j < kWide; j++) sum[p][j] += weight * load(values + (s + p) * c + j * kLanes);
    }
  }
  for (; s < count; s++) {
    for (int j = 0; j < kWide; j++) sum[0][j] += splat(weights[s]) * load(values + s * c + j * kLanes);
  }
  for (int j = 0; j < kWide; j++) {
    const vf total = (sum[0][j] + sum[1][j]) + (sum[2][j] + sum[3][j]);
    store(out + j * kLanes, load(out + j * kLanes) + total);
  }
}

void weigh_values(const float* weights, const float* values, int64_t count, int64_t c, float* out) {
  int64_t i = 0;
  for (; i + 2 * kLanes <= c; i += 2 * kLanes) weigh_columns<2>(weights, values + i, count, c, out + i);
  for (; i + kLanes <= c; i += kLanes) weigh_columns<1>(weights, values + i, count, c, out + i);
  for (; i < c; i++) {
    float total = 0;
    for (int64_t s = 0; s < count; s++) total += weights[s] * values[s * c + i];
    out[i] += total;
  }
}

inline vf vmax(vf a, vf b) { return (a > b) | (a != a) ? a : b; }

// Scores become logits, and -infinity where a block holds more than the piece; the largest joins `most`.
vf turn_into_logits(const KeptQuery& query, const KeptPiece& piece, float* scores, vf most) {
  const vf none = splat(-__builtin_inff());
  const int32_t begin = (int32_t)piece.skip, end = (int32_t)(piece.skip + piece.count);
  vi lane{};
  for (int i = 0; i < kLanes; i++) lane[i] = i;
  for (int32_t i = 0; i < piece.blocks() * kKeyBlock; i += kLanes, lane += kLanes) {
    vf logit = load(scores + i) * splat(query.scale);
    if (query.soft_cap != 0) logit = splat(query.soft_cap) * vtanh(logit / splat(query.soft_cap));
    logit = (lane >= begin) & (lane < end) ? logit : none;
    store(scores + i, logit);
    most = vmax(most, logit);
  }
  return most;
}

void attend_kept(const KeptQuery& query) {
  float* scores = query.scores;
  vf most = splat(-__builtin_inff()), total{};
  for (int i = 0; i < query.count; i++) {
    const KeptPiece& piece = query.pieces[i];
    key_scores(query.q, piece.keys, piece.blocks(), query.c, scores);
    most = turn_into_logits(query, piece, scores, most);
    scores += piece.blocks() * kKeyBlock;
  }
  const vf largest = splat(lanes_max(most));
  for (float* at = query.scores; at < scores; at += kLanes) {
    const vf weight = vexp(load(at) - largest);
    store(at, weight);
    total += weight;
  }
  for (int64_t c = 0; c < query.c; c++) query.out[c] = 0;
  const float* weights = query.scores;
  for (int i = 0; i < query.count; i++) {
    const KeptPiece& piece = query.pieces[i];
    weigh_values(weights + piece.skip, piece.values, piece.count, query.c, query.out);
    weights += piece.blocks() * kKeyBlock;
  }
  const float share = 1.0f / lanes_sum(total);
  for (int64_t c = 0; c < query.c; c++) query.out[c] *= share;
}

}  // namespace

void fill_attention(Isa& table) { table.attend_kept = attend_kept; }

}  // namespace RESIDUA_ISA
}  // namespace residua
