// Attention of new tokens over kept keys and values, which are written in place: a step of generation copies nothing.
//
// A store has slots; each holds, head by head, the last `ring` positions of one sequence: position p lies at p % ring. Keys
// lie in blocks (kept-keys.h), values row by row. A sequence may continue another, shared one: its first positions are then read
// from a slot of the shared store, by all that continue it. Axes as in layers.ts; B rows are the sequences at hand.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "isa.h"
#include "kept-keys.h"
#include "napi.h"
#include "pool.h"

namespace residua {
namespace {

struct Sizes {
  int64_t b, g, t, c;
};

struct Store {
  float *keys, *values;
  int64_t ring;

  Store(Call& call, int keys_at, int ring_at, int slots_at, const Sizes& sizes) : ring(call.size(ring_at, "ring")) {
    if (ring % kKeyBlock != 0) call.refuse("expected a ring of whole blocks of 16, got " + std::to_string(ring));
    slots_ = call.size(slots_at, "slots");
    head_ = ring * sizes.c, slot_ = sizes.g * head_, c_ = sizes.c;
    keys = call.floats(keys_at, "keys", slots_ * slot_);
    values = call.floats(keys_at + 1, "values", slots_ * slot_);
  }
  float* keys_of(int64_t slot, int64_t g) const { return keys + slot * slot_ + g * head_; }
  float* values_of(int64_t slot, int64_t g) const { return values + slot * slot_ + g * head_; }
  int64_t slots() const { return slots_; }

  void keep(int64_t slot, int64_t g, int64_t position, const float* key, const float* value) const {
    const int64_t at = position % ring;
    float* out = keys_of(slot, g) + at / kKeyBlock * kKeyBlock * c_ + at % kKeyBlock;
    for (int64_t i = 0; i < c_; i++) out[i * kKeyBlock] = key[i];
    std::memcpy(values_of(slot, g) + at * c_, value, c_ * sizeof(float));
  }

 private:
  int64_t slots_, head_, slot_, c_;
};

// Where a row's keys lie, and where it stands.
struct Row {
  int32_t slot, position, shared_slot, shared_length;
};

const Row* rows_of(Call& call, int at, int64_t count, const Store& own, const Store* shared) {
  const Row* rows = reinterpret_cast<const Row*>(call.ints(at, "rows", 4 * count));
  for (int64_t r = 0; r < count; r++) {
    const Row& row = rows[r];
    const bool has = row.slot >= 0 && row.slot < own.slots() && row.position >= row.shared_length;
    const bool shares = row.shared_length == 0 ||
                        (shared && row.shared_length > 0 && row.shared_slot >= 0 && row.shared_slot < shared->slots());
    if (!has || !shares) call.refuse("expected rows within their stores, got another at row " + std::to_string(r));
  }
  return rows;
}

// keepKeys(k, v, keys, values, ring, slots, rows, B, G, T, C): the last ones, where a ring takes fewer than T.
void keep_keys(Call& call) {
  const Sizes sizes{call.size(7, "B"), call.size(8, "G"), call.size(9, "T"), call.size(10, "C")};
  const int64_t floats = sizes.t * sizes.c;
  const float* k = call.floats(0, "k", sizes.b * sizes.g * floats);
  const float* v = call.floats(1, "v", sizes.b * sizes.g * floats);
  const Store own(call, 2, 4, 5, sizes);
  const Row* rows = rows_of(call, 6, sizes.b, own, nullptr);
  parallel_for(sizes.b * sizes.g, 4, [&](int64_t head, int64_t end) {
    for (; head < end; head++) {
      const Row& row = rows[head / sizes.g];
      for (int64_t t = std::max<int64_t>(0, sizes.t - own.ring); t < sizes.t; t++) {
        const int64_t at = head * floats + t * sizes.c;
        own.keep(row.slot, head % sizes.g, row.position + t, k + at, v + at);
      }
    }
  });
}

// Cosines and sines of the positions at hand; channels c and c + C/2 form a pair. Without frequencies nothing is turned.
class Turns {
 public:
  Turns(const double* frequencies, int64_t c, int64_t first, int64_t end) : c_(c), half_(c / 2), first_(first) {
    if (!frequencies) return;
    for (int64_t p = first; p < end; p++) {
      for (int64_t i = 0; i < half_; i++) table_.push_back((float)std::cos((double)p * frequencies[i]));
      for (int64_t i = 0; i < half_; i++) table_.push_back((float)std::sin((double)p * frequencies[i]));
    }
  }
  const float* turn(const float* x, int64_t position, float* out) const {
    if (table_.empty()) return x;
    const float *cosine = table_.data() + (position - first_) * 2 * half_, *sine = cosine + half_;
    for (int64_t i = 0; i < half_; i++) {
      out[i] = x[i] * cosine[i] - x[i + half_] * sine[i];
      out[i + half_] = x[i + half_] * cosine[i] + x[i] * sine[i];
    }
    return out;
  }

 private:
  int64_t c_, half_, first_;
  std::vector<float> table_;
};

// What a query sees: a ring splits what lies in it in two at most, and there are two stores.
struct Pieces {
  KeptPiece list[4];
  int count = 0;
  int64_t blocks = 0;

  void add(const Store& store, int64_t slot, int64_t g, int64_t c, int64_t from, int64_t to) {
    while (from < to) {
      const int64_t at = from % store.ring, length = std::min(to - from, store.ring - at), skip = at % kKeyBlock;
      list[count] = {store.keys_of(slot, g) + (at - skip) * c, store.values_of(slot, g) + at * c, skip, length};
      blocks += list[count++].blocks();
      from += length;
    }
  }
  // Asks for all of it: a sequence's own keys come from main memory, in stretches too short for it to be guessed.
  void fetch(int64_t c) const {
    constexpr int64_t kLine = 16;
    for (int i = 0; i < count; i++) {
      const KeptPiece& piece = list[i];
      for (int64_t at = 0; at < piece.blocks() * kKeyBlock * c; at += kLine) __builtin_prefetch(piece.keys + at);
      for (int64_t at = 0; at < piece.count * c; at += kLine) __builtin_prefetch(piece.values + at);
    }
  }
};

struct Settings {
  float scale, soft_cap;  // 0: none
  int64_t window;         // 0: all
};

// A call of attendKept. A chunk is one key head of one row, with all its query heads.
struct Job {
  Sizes sizes;
  int64_t heads;  // query heads to a key head
  const float *q, *k, *v;
  float* out;
  Store own, shared;
  const Row* rows;
  Settings settings;

  Pieces pieces(int64_t at, int64_t position) const {
    const Row& row = rows[at / sizes.g];
    const int64_t g = at % sizes.g;
    const int64_t seen = settings.window == 0 ? 0 : std::max<int64_t>(0, position + 1 - settings.window);
    Pieces found;
    if (row.shared_length > 0) found.add(shared, row.shared_slot, g, sizes.c, seen, row.shared_length);
    found.add(own, row.slot, g, sizes.c, std::max<int64_t>(seen, row.shared_length), position + 1);
    return found;
  }

  // One token after another: a ring may have no room for the keys that the first of them sees and for the last one's.
  void attend(int64_t at, const Turns& turns) const {
    const int64_t c = sizes.c, floats = sizes.t * c;
    float* turned = scratch(kTileB, (size_t)c);
    for (int64_t t = 0; t < sizes.t; t++) {
      const int64_t position = rows[at / sizes.g].position + t, key = at * floats + t * c;
      own.keep(rows[at / sizes.g].slot, at % sizes.g, position, turns.turn(k + key, position, turned), v + key);
      const Pieces seen = pieces(at, position);
      float* scores = scratch(kTileA, (size_t)(seen.blocks * kKeyBlock));
      for (int64_t head = at * heads; head < (at + 1) * heads; head++) {
        const int64_t query = head * floats + t * c;
        isa().attend_kept({turns.turn(q + query, position, turned), seen.list, seen.count, c, settings.scale,
                           settings.soft_cap, scores, out + query});
      }
    }
  }
};

// attendKept(q, k, v, out, keys, values, ring, slots, sharedKeys, sharedValues, sharedRing, sharedSlots, rows, frequencies,
// B, H, G, T, C, scale, softCap, window): turns q and k by their positions, keeps k and v, attends over what is kept.
void attend_kept(Call& call) {
  const Sizes sizes{call.size(14, "B"), call.size(16, "G"), call.size(17, "T"), call.size(18, "C")};
  const int64_t h = call.size(15, "H"), floats = sizes.t * sizes.c;
  if (sizes.g == 0 || h % sizes.g != 0) call.refuse("expected H a multiple of G, got " + shape_text({h, sizes.g}));
  const Store own(call, 4, 6, 7, sizes), shared(call, 8, 10, 11, sizes);
  const Row* rows = rows_of(call, 12, sizes.b, own, &shared);
  const Job job{sizes,
                h / sizes.g,
                call.floats(0, "q", sizes.b * h * floats),
                call.floats(1, "k", sizes.b * sizes.g * floats),
                call.floats(2, "v", sizes.b * sizes.g * floats),
                call.floats(3, "out", sizes.b * h * floats),
                own,
                shared,
                rows,
                {(float)call.number(19, "scale"), (float)call.number(20, "softCap"), call.size(21, "window")}};
  int64_t first = INT32_MAX, end = 0;
  for (int64_t r = 0; r < sizes.b; r++) {
    first = std::min<int64_t>(first, rows[r].position), end = std::max<int64_t>(end, rows[r].position + sizes.t);
  }
  const Turns turns(call.optional_doubles(13, "frequencies", sizes.c / 2), sizes.c, first, end);
  const int64_t count = sizes.b * sizes.g, grain = std::max<int64_t>(1, count / (8 * thread_count()));
  parallel_for(count, grain, [&](int64_t at, int64_t last) {
    for (; at < last; at++) {
      if (at + 1 < last) job.pieces(at + 1, rows[(at + 1) / sizes.g].position - 1).fetch(sizes.c);
      job.attend(at, turns);
    }
  });
}

const Binding bindings[] = {{"keepKeys", keep_keys}, {"attendKept", attend_kept}};

}  // namespace
}  // namespace residua
