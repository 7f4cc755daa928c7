/**
 * All acts of an evaluation set, grouped by feature (compressed rows). Collected token by token, regrouped once.
 * Memory: 6 to 8 bytes per act while collecting, 14 to 16 for the moment of regrouping, 8 afterwards.
 */

/** One feature's acts in reading order. */
export interface FeatureActs {
  readonly feature: number;
  readonly acts: Float32Array;
  /** token * k + rank of each act. */
  readonly entries: Uint32Array;
}

export interface ActTable {
  readonly width: number;
  readonly k: number;
  readonly actCount: number;
  of(feature: number): FeatureActs;
}

export interface ActCollector {
  /**
   * acts and indices are rows of k or, where no act was beyond, of fewer; token_B says which token of the evaluation set
   * each row is. Acts of 0 are padding.
   */
  add(acts_BK: Float32Array, indices_BK: Int32Array, token_B: Int32Array): void;
  close(): ActTable;
}

/** 2^26 acts peak at about 1 GiB: a million tokens at k = 64. */
export const MAX_ACTS = 2 ** 26;

export function createActCollector(size: { width: number; k: number; tokenCount: number }): ActCollector {
  const { width: F, k: K, tokenCount } = size;
  if (tokenCount * K > MAX_ACTS) {
    throw new Error(
      `read-out: expected at most ${MAX_ACTS} acts (tokens x largest budget), got ${tokenCount} x ${K}. ` +
        'Read fewer tokens or a smaller budget.',
    );
  }
  const acts = new Float32Array(tokenCount * K);
  const features = F <= 65_536 ? new Uint16Array(tokenCount * K) : new Uint32Array(tokenCount * K);
  const token_N = new Int32Array(tokenCount);
  let rowCount = 0;

  return {
    add(acts_BK, indices_BK, token_B) {
      const B = token_B.length;
      const columns = acts_BK.length / B;
      for (let b = 0; b < B; b++) {
        acts.set(acts_BK.subarray(b * columns, (b + 1) * columns), (rowCount + b) * K);
        features.set(indices_BK.subarray(b * columns, (b + 1) * columns), (rowCount + b) * K);
      }
      token_N.set(token_B, rowCount);
      rowCount += token_B.length;
    },
    close: () => group({ F, K, acts, features, token_N, rowCount }),
  };
}

interface Rows {
  readonly F: number;
  readonly K: number;
  readonly acts: Float32Array;
  readonly features: Uint16Array | Uint32Array;
  readonly token_N: Int32Array;
  readonly rowCount: number;
}

/** Counting sort by feature: stable, so a feature's acts stay in reading order. */
function group({ F, K, acts, features, token_N, rowCount }: Rows): ActTable {
  const offsets = new Uint32Array(F + 1);
  for (let i = 0; i < rowCount * K; i++) if (acts[i] > 0) offsets[features[i] + 1] += 1;
  for (let f = 0; f < F; f++) offsets[f + 1] += offsets[f];
  const next = offsets.slice(0, F);
  const groupedActs = new Float32Array(offsets[F]);
  const entries = new Uint32Array(offsets[F]);
  for (let row = 0; row < rowCount; row++) {
    const first = token_N[row] * K;
    for (let rank = 0; rank < K; rank++) {
      const act = acts[row * K + rank];
      if (!(act > 0)) continue;
      const at = next[features[row * K + rank]]++;
      groupedActs[at] = act;
      entries[at] = first + rank;
    }
  }
  return {
    width: F,
    k: K,
    actCount: offsets[F],
    of: (feature) => ({
      feature,
      acts: groupedActs.subarray(offsets[feature], offsets[feature + 1]),
      entries: entries.subarray(offsets[feature], offsets[feature + 1]),
    }),
  };
}
