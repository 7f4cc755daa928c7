/**
 * The dictionary equations in plain double-precision loops, dense and unhurried: what the kernels are checked against.
 * Shares no code with any implementation.
 */
export interface Sizes {
  readonly B: number;
  readonly D: number;
  readonly F: number;
  readonly K: number;
}

type Values = ArrayLike<number>;

/** hidden encoderᵀ + bias, before the ReLU. */
export function preActs(
  hidden_BD: Values,
  encoder_FD: Values,
  bias_F: Values,
  { B, D, F }: Sizes,
): Float64Array {
  const out_BF = new Float64Array(B * F);
  for (let b = 0; b < B; b++) {
    for (let f = 0; f < F; f++) {
      let sum = bias_F[f];
      for (let d = 0; d < D; d++) sum += hidden_BD[b * D + d] * encoder_FD[f * D + d];
      out_BF[b * F + f] = sum;
    }
  }
  return out_BF;
}

/** The k largest positive pre-acts of a row, ties by lowest index, padded with 0 at index 0. */
export function topOfRow(preActs_F: Values, k: number): { act: number; index: number }[] {
  const ranked = Array.from(preActs_F, (act, index) => ({ act, index }))
    .filter(({ act }) => act > 0)
    .sort((a, b) => b.act - a.act || a.index - b.index)
    .slice(0, k);
  while (ranked.length < k) ranked.push({ act: 0, index: 0 });
  return ranked;
}

/** Each row's share of the B·k largest positive pre-acts of the batch, strongest first. */
export function topOfBatch(preActs_BF: Values, B: number, k: number): number[][] {
  const ranked = Array.from(preActs_BF, (act, at) => ({ act, at }))
    .filter(({ act }) => act > 0)
    .sort((a, b) => b.act - a.act || a.at - b.at)
    .slice(0, B * k);
  const rows: number[][] = Array.from({ length: B }, () => []);
  for (const { act, at } of ranked) rows[Math.floor(at / (preActs_BF.length / B))].push(act);
  return rows;
}

/** Each row's acts above the threshold of their feature, strongest first. */
export function actsAbove(
  preActs_BF: Values,
  B: number,
  thresholdOf: (feature: number) => number,
): number[][] {
  const F = preActs_BF.length / B;
  return Array.from({ length: B }, (_, b) =>
    Array.from({ length: F }, (__, f) => ({ act: preActs_BF[b * F + f], f }))
      .filter(({ act, f }) => act > Math.max(0, thresholdOf(f)))
      .map(({ act }) => act)
      .sort((a, b2) => b2 - a),
  );
}

export interface SparseBatch {
  readonly target_BD: Values;
  readonly acts_BK: Values;
  readonly indices_BK: Values;
  readonly decoder_FD: Values;
  readonly bias_D: Values;
  readonly budgets: readonly number[];
}

/** x̂_j of one row for every j = 1..K: K x D. */
export function reconstructions(batch: SparseBatch, row: number, { D, K }: Sizes): Float64Array {
  const recon_KD = new Float64Array(K * D);
  for (let d = 0; d < D; d++) {
    let sum = batch.bias_D[d];
    for (let i = 0; i < K; i++) {
      const feature = batch.indices_BK[row * K + i];
      sum += batch.acts_BK[row * K + i] * batch.decoder_FD[feature * D + d];
      recon_KD[i * D + d] = sum;
    }
  }
  return recon_KD;
}

export function hierarchicalLoss(batch: SparseBatch, sizes: Sizes): number {
  const { B, D } = sizes;
  let sum = 0;
  for (let b = 0; b < B; b++) {
    const recon_KD = reconstructions(batch, b, sizes);
    for (const j of batch.budgets) {
      for (let d = 0; d < D; d++) sum += (recon_KD[(j - 1) * D + d] - batch.target_BD[b * D + d]) ** 2;
    }
  }
  return sum / (batch.budgets.length * B * D);
}

export interface NaiveGradients {
  readonly gradActs_BK: Float64Array;
  readonly gradDecoder_FD: Float64Array;
  readonly gradBias_D: Float64Array;
}

/** The chain rule term by term: every budget, every act below it, every coordinate. */
export function hierarchicalGradients(batch: SparseBatch, sizes: Sizes): NaiveGradients {
  const { B, D, F, K } = sizes;
  const gradActs_BK = new Float64Array(B * K);
  const gradDecoder_FD = new Float64Array(F * D);
  const gradBias_D = new Float64Array(D);
  const scale = 2 / (batch.budgets.length * B * D);
  for (let b = 0; b < B; b++) {
    const recon_KD = reconstructions(batch, b, sizes);
    for (const j of batch.budgets) {
      for (let d = 0; d < D; d++) {
        const error = scale * (recon_KD[(j - 1) * D + d] - batch.target_BD[b * D + d]);
        gradBias_D[d] += error;
        for (let i = 0; i < j; i++) {
          const feature = batch.indices_BK[b * K + i];
          gradActs_BK[b * K + i] += error * batch.decoder_FD[feature * D + d];
          gradDecoder_FD[feature * D + d] += error * batch.acts_BK[b * K + i];
        }
      }
    }
  }
  return { gradActs_BK, gradDecoder_FD, gradBias_D };
}

/** One Adam step on one value; returns [value, first moment, second moment]. */
export function adamStep(
  [value, first, second]: readonly [number, number, number],
  gradient: number,
  s: {
    step: number;
    learningRate: number;
    beta1: number;
    beta2: number;
    epsilon: number;
    weightDecay?: number;
  },
): [number, number, number] {
  const m = s.beta1 * first + (1 - s.beta1) * gradient;
  const v = s.beta2 * second + (1 - s.beta2) * gradient * gradient;
  const mean = m / (1 - s.beta1 ** s.step);
  const deviation = Math.sqrt(v / (1 - s.beta2 ** s.step));
  const decayed = value * (1 - s.learningRate * (s.weightDecay ?? 0));
  return [decayed - (s.learningRate * mean) / (deviation + s.epsilon), m, v];
}
