/**
 * What a fit leaves open until its end: one threshold for all features that keeps exactly k acts per held-out row on
 * average (sae-peers §5.10), and the cap on stored acts where thresholds choose. Rows are what the source gives next:
 * none was trained on, unless the text is shorter than the fit and begins again.
 */
import { tf } from '../compute/tf.ts';
import type { Kernels } from '../compute/kernels.ts';
import { type DictionaryWeights, createDictionary } from './dictionary.ts';
import { type HiddenBatches, readSample } from './fit.ts';
import { KINDS, capOf } from './kinds.ts';
import type { Training } from './training.ts';

export const CALIBRATION_TOKENS = 16_384;
const ROWS_PER_BATCH = 1024;

/** The dictionary of a finished fit; the only way to it for kinds that choose by threshold. */
export async function finishWeights(
  kernels: Kernels,
  training: Training,
  source: HiddenBatches,
  rows = CALIBRATION_TOKENS,
): Promise<DictionaryWeights> {
  const weights = training.weights();
  if (weights.selection.by !== 'threshold') return weights;
  const { k, hiddenWidth, width } = training.settings;
  const { hidden_ND } = await readSample(source, rows, hiddenWidth);
  if (KINDS[training.settings.kind].isCalibrated) {
    const threshold = await calibrateThreshold(kernels, weights, hidden_ND, k);
    const threshold_F = new Float32Array(width).fill(threshold);
    return { ...weights, k: capOf(k, width), selection: { by: 'threshold', threshold_F } };
  }
  const acts = await actsAbove(kernels, weights, hidden_ND);
  const meanActs = (acts.length * hiddenWidth) / hidden_ND.length;
  return { ...weights, k: capOf(Math.max(k, meanActs), width) };
}

/** The largest act that is not kept when `k` per row are: strictly above it are k per row, ties aside. */
export async function calibrateThreshold(
  kernels: Kernels,
  weights: DictionaryWeights,
  hidden_ND: Float32Array,
  k: number,
): Promise<number> {
  const wanted = (k * hidden_ND.length) / weights.hiddenWidth;
  for (let lower = await guessThreshold(kernels, weights, hidden_ND, 2 * k); ;) {
    const threshold_F = new Float32Array(weights.width).fill(lower);
    const acts = await actsAbove(
      kernels,
      { ...weights, selection: { by: 'threshold', threshold_F } },
      hidden_ND,
    );
    if (acts.length > wanted) return acts.sort()[acts.length - Math.round(wanted) - 1];
    if (lower === 0) return 0; // fewer positive acts than wanted: all are kept
    lower = lower > Number.EPSILON ? lower / 2 : 0;
  }
}

/** Below what keeps `k` acts of the first rows: few acts too many then need sorting. */
async function guessThreshold(
  kernels: Kernels,
  weights: DictionaryWeights,
  hidden_ND: Float32Array,
  k: number,
): Promise<number> {
  const all = Math.min(k, weights.width);
  const dictionary = createDictionary(kernels, { ...weights, k: all, selection: { by: 'topk', k: all } });
  const rows = Math.min(ROWS_PER_BATCH, hidden_ND.length / weights.hiddenWidth);
  const hidden_BD = tf.tensor2d(hidden_ND.slice(0, rows * weights.hiddenWidth), [rows, weights.hiddenWidth]);
  const top = await dictionary.encode(hidden_BD);
  const acts = (await top.acts_BK.data()).slice().sort();
  tf.dispose([hidden_BD, ...Object.values(top)]);
  dictionary.dispose();
  return acts[Math.floor(acts.length / 4)];
}

/** Every act the selection keeps, in no order. */
async function actsAbove(
  kernels: Kernels,
  weights: DictionaryWeights,
  hidden_ND: Float32Array,
): Promise<Float32Array> {
  const { hiddenWidth: D } = weights;
  const dictionary = createDictionary(kernels, weights);
  const parts: Float32Array[] = [];
  for (let start = 0; start < hidden_ND.length; start += ROWS_PER_BATCH * D) {
    const rows_ND = hidden_ND.slice(start, start + ROWS_PER_BATCH * D);
    const hidden_BD = tf.tensor2d(rows_ND, [rows_ND.length / D, D]);
    const top = await dictionary.encode(hidden_BD);
    parts.push(((await top.acts_BK.data()) as Float32Array).filter((act) => act > 0));
    tf.dispose([hidden_BD, ...Object.values(top)]);
  }
  dictionary.dispose();
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
