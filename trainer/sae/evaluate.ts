/**
 * How well a dictionary rebuilds a set of rows, at every budget, streaming, summed in double precision. Each field says its
 * formula (sae-peers §5.1, 5.2, 5.4): r = x - x̂, μ the mean of the whole set. Knows nothing of models and tokens.
 */
import { tf } from '../compute/tf.ts';
import type { Dictionary } from './dictionary.ts';
import { type Variance, createVariance } from './explained-variance.ts';
import { disposeBatch, type HiddenBatch, toPair } from './hidden-batch.ts';

/** The number of acts kept per row at most; all: whatever the selection keeps. */
export type EvaluatedBudget = number | 'all';

export interface ReconstructionMetrics {
  readonly budget: EvaluatedBudget;
  readonly rows: number;
  /** 1 - Σ|r|² / Σ|x - μ|². */
  readonly explainedVariance: number;
  /** Σ|r|² / Σ|x - μ|². */
  readonly fvu: number;
  /** Mean over rows of 1 - |r|² / |x - x̄|², x̄ the mean of the row's batch: SAEBench, older SAELens. */
  readonly evLegacy: number;
  /** Rows of the largest batch, on which evLegacy depends. */
  readonly evLegacyBatchRows: number;
  /** Mean over rows of |r|², summed over D. */
  readonly meanSquaredError: number;
  /** Mean of x·x̂ / (|x| |x̂|); 0 for a row where either is 0. */
  readonly cosine: number;
  /** Mean of |x̂| / |x|; 0 for a row of zeros. */
  readonly l2Ratio: number;
  /** Σ|x̂|² / Σ x·x̂: below 1 where reconstructions are too short. null where nothing is rebuilt. */
  readonly relativeReconstructionBias: number | null;
  /** Mean acts above 0 per row. */
  readonly l0: number;
  /** Mean sum of acts per row. */
  readonly l1: number;
  /** Share of features without an act in the set. */
  readonly deadFraction: number;
  /** Share of rows in which each feature acts. */
  readonly density_F: Float64Array;
}

/** What is evaluated: a dictionary, or several that add up. */
export type Evaluable = Pick<Dictionary, 'width' | 'hiddenWidth' | 'encode' | 'decode'>;

export interface EvaluateOptions {
  readonly dictionary: Evaluable;
  /** Rows and, for a residual, targets of their own; disposed here. */
  readonly batches: AsyncIterable<HiddenBatch> | Iterable<HiddenBatch>;
  readonly budgets?: readonly EvaluatedBudget[];
}

export async function evaluate(options: EvaluateOptions): Promise<ReconstructionMetrics[]> {
  const { dictionary, batches, budgets = ['all'] } = options;
  const evaluation = createEvaluation(dictionary, budgets);
  for await (const batch of batches) {
    const { hidden_BD, target_BD } = toPair(batch);
    const top = await dictionary.encode(hidden_BD);
    const rebuilt = budgets.map((budget) => dictionary.decode(top, budget === 'all' ? undefined : budget));
    const [target, acts, indices, ...reconstructions] = await Promise.all(
      [target_BD, top.acts_BK, top.indices_BK, ...rebuilt].map((tensor) => tensor.data()),
    );
    evaluation.add({ target, acts, indices, reconstructions });
    tf.dispose([...Object.values(top), ...rebuilt]);
    disposeBatch(batch);
  }
  return evaluation.metrics();
}

export interface EvaluatedBatch {
  readonly target: ArrayLike<number>;
  /** Rows of equally many, strongest first, and the features they are of. */
  readonly acts: ArrayLike<number>;
  readonly indices: ArrayLike<number>;
  /** Of every budget. */
  readonly reconstructions: readonly ArrayLike<number>[];
}

export interface Evaluation {
  add(batch: EvaluatedBatch): void;
  metrics(): ReconstructionMetrics[];
}

/** Sums over rows, of one budget. */
interface Level {
  readonly budget: EvaluatedBudget;
  evLegacy: number;
  cosine: number;
  l2Ratio: number;
  rebuiltSquares: number;
  products: number;
  actSum: number;
  readonly fires_F: Float64Array;
}

export function createEvaluation(
  { width: F, hiddenWidth: D }: Pick<Dictionary, 'width' | 'hiddenWidth'>,
  budgets: readonly EvaluatedBudget[],
): Evaluation {
  const variance = createVariance(D, budgets.length);
  const levels = budgets.map((budget): Level => {
    const sums = { evLegacy: 0, cosine: 0, l2Ratio: 0, rebuiltSquares: 0, products: 0, actSum: 0 };
    return { budget, ...sums, fires_F: new Float64Array(F) };
  });
  let rows = 0;
  let largestBatch = 0;
  return {
    add({ target, acts, indices, reconstructions }) {
      const B = target.length / D;
      rows += B;
      largestBatch = Math.max(largestBatch, B);
      variance.addHidden(target);
      const spread_B = spreadOfRows(target, D);
      for (const [i, level] of levels.entries()) {
        variance.addReconstruction(i, target, reconstructions[i]);
        addRows(level, target, reconstructions[i], spread_B);
        addActs(level, acts, indices, acts.length / B);
      }
    },
    metrics: () => levels.map((level, i) => summarise(level, { variance, i, rows, largestBatch })),
  };
}

/** |x - x̄|² of every row, x̄ the mean of these rows. */
function spreadOfRows(rows_BD: ArrayLike<number>, D: number): Float64Array {
  const B = rows_BD.length / D;
  const mean_D = new Float64Array(D);
  for (let i = 0; i < rows_BD.length; i++) mean_D[i % D] += rows_BD[i] / B;
  const spread_B = new Float64Array(B);
  for (let i = 0; i < rows_BD.length; i++) spread_B[Math.floor(i / D)] += (rows_BD[i] - mean_D[i % D]) ** 2;
  return spread_B;
}

function addRows(
  level: Level,
  target: ArrayLike<number>,
  rebuilt: ArrayLike<number>,
  spread_B: Float64Array,
): void {
  const D = target.length / spread_B.length;
  for (const [b, spread] of spread_B.entries()) {
    let [error, square, rebuiltSquare, product] = [0, 0, 0, 0];
    for (let i = b * D; i < (b + 1) * D; i++) {
      error += (target[i] - rebuilt[i]) ** 2;
      square += target[i] ** 2;
      rebuiltSquare += rebuilt[i] ** 2;
      product += target[i] * rebuilt[i];
    }
    level.evLegacy += spread > 0 ? 1 - error / spread : Number(error === 0);
    if (square > 0) level.l2Ratio += Math.sqrt(rebuiltSquare / square);
    if (square > 0 && rebuiltSquare > 0) level.cosine += product / Math.sqrt(square * rebuiltSquare);
    level.rebuiltSquares += rebuiltSquare;
    level.products += product;
  }
}

function addActs(level: Level, acts: ArrayLike<number>, indices: ArrayLike<number>, K: number): void {
  const budget = level.budget === 'all' ? K : Math.min(K, level.budget);
  for (let start = 0; start < acts.length; start += K) {
    for (let i = start; i < start + budget && acts[i] > 0; i++) {
      level.actSum += acts[i];
      level.fires_F[indices[i]] += 1;
    }
  }
}

interface Whole {
  readonly variance: Variance;
  /** Of the level. */
  readonly i: number;
  readonly rows: number;
  readonly largestBatch: number;
}

function summarise(level: Level, { variance, i, rows, largestBatch }: Whole): ReconstructionMetrics {
  const explainedVariance = variance.explainedVariance()[i];
  let fires = 0;
  let silent = 0;
  for (const count of level.fires_F) {
    fires += count;
    if (count === 0) silent += 1;
  }
  return {
    budget: level.budget,
    rows,
    explainedVariance,
    fvu: 1 - explainedVariance,
    evLegacy: level.evLegacy / rows,
    evLegacyBatchRows: largestBatch,
    meanSquaredError: variance.meanSquaredError()[i],
    cosine: level.cosine / rows,
    l2Ratio: level.l2Ratio / rows,
    relativeReconstructionBias: level.products === 0 ? null : level.rebuiltSquares / level.products,
    l0: fires / rows,
    l1: level.actSum / rows,
    deadFraction: silent / level.fires_F.length,
    density_F: level.fires_F.map((count) => count / rows),
  };
}
