// What the loop over kept keys is given: stretches of positions, wherever they lie.
#pragma once
#include <cstdint>

namespace residua {

// Kept keys that lie side by side: one vector of the widest instruction set.
constexpr int kKeyBlock = 16;

// Positions side by side in a store. Keys lie in blocks of kKeyBlock, channel by channel ([block][C][kKeyBlock]), so that
// scores come out side by side without a sum across lanes; values row by row.
struct KeptPiece {
  const float *keys, *values;  // of the block it begins in; of its first position
  int64_t skip, count;         // positions of that block before it; its own
  int64_t blocks() const { return (skip + count + kKeyBlock - 1) / kKeyBlock; }
};

// out[C] = softmax(scale q kᵀ) v over all pieces, at least one position. `scores` has room for all their blocks.
struct KeptQuery {
  const float* q;
  const KeptPiece* pieces;
  int count;
  int64_t c;
  float scale;
  float soft_cap;  // 0: none
  float* scores;
  float* out;
};

}  // namespace residua
