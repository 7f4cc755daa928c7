/**
 * What a vector would say if it went straight to the unembedding: its dot product and its cosine with every row, the gain of
 * the final norm multiplied into the rows. The division by the state's size, and all layers between, are left out. 3.3
 */
import type { LanguageModel } from '../../lm/language-model.ts';
import type { AppliedVectors } from '../applied-vectors.ts';
import type { Overlay } from '../overlay.ts';
import type { LogitLens, TokenEnds } from '../record.ts';
import { pickEnds } from './token-ends.ts';
import { readStates, type ReadableModel, type WrittenText } from './texts.ts';

/** The paper's. */
const TOKENS_PER_SIDE = 50;

export type LensModel = Pick<
  LanguageModel,
  'config' | 'parameters' | 'tokenizer' | 'unembedding_VD' | 'finalNorm_D'
>;

export interface LensOptions {
  /** Rows of the table, at each side. */
  readonly tokensPerSide?: number;
}

/** `texts` steered; base and steered model both read them for the mean difference behind the last layer. */
export function readLogitLens(
  model: LensModel,
  { layers }: AppliedVectors,
  overlays: { readonly base: Overlay; readonly steered: Overlay },
  texts: readonly WrittenText[],
  { tokensPerSide = TOKENS_PER_SIDE }: LensOptions = {},
): Pick<LogitLens, 'kind' | 'layers' | 'finalDifference'> {
  const rows = foldedRows(model);
  const read = (values_D: ArrayLike<number>) => {
    const { dot_V, cosine_V } = compareRows(values_D, rows, model.config.vocabSize);
    const ends = (values: Float64Array): TokenEnds => pickEnds(values, model.tokenizer, tokensPerSide);
    return { dot: ends(dot_V), cosine: ends(cosine_V) };
  };
  return {
    kind: 'logit-lens',
    layers: layers.map(({ layer, values_D }) => ({ layer, ...read(values_D) })),
    finalDifference: read(meanFinalDifference(model, overlays, texts)),
  };
}

/** [V, D] A layer norm takes the mean from the state, and so from what multiplies it. */
export function foldedRows({
  unembedding_VD,
  finalNorm_D,
  config,
}: Pick<LensModel, 'unembedding_VD' | 'finalNorm_D' | 'config'>): Float64Array {
  const D = config.hiddenWidth;
  const rows = Float64Array.from(unembedding_VD.dataSync(), (value, i) => value * finalNorm_D[i % D]);
  if (config.norm.kind === 'rms') return rows;
  for (let from = 0; from < rows.length; from += D) {
    const row = rows.subarray(from, from + D);
    const mean = row.reduce((a, b) => a + b, 0) / D;
    for (let d = 0; d < D; d++) row[d] -= mean;
  }
  return rows;
}

/** A vector of nothing has the cosine 0 with everything. */
export function compareRows(
  values_D: ArrayLike<number>,
  rows_VD: Float64Array,
  V: number,
): { dot_V: Float64Array; cosine_V: Float64Array } {
  const D = values_D.length;
  const [dot_V, cosine_V] = [new Float64Array(V), new Float64Array(V)];
  const norm = Math.hypot(...Array.from(values_D));
  for (let v = 0; v < V; v++) {
    let [dot, square] = [0, 0];
    for (let d = 0; d < D; d++) {
      const value = rows_VD[v * D + d];
      dot += value * values_D[d];
      square += value * value;
    }
    dot_V[v] = dot;
    cosine_V[v] = norm * square > 0 ? dot / (norm * Math.sqrt(square)) : 0;
  }
  return { dot_V, cosine_V };
}

/** Over generated tokens: steered less base state behind the last layer. */
function meanFinalDifference(
  model: ReadableModel,
  { base, steered }: { readonly base: Overlay; readonly steered: Overlay },
  texts: readonly WrittenText[],
): Float64Array {
  const { hiddenWidth: D, layerCount } = model.config;
  const hookpoint = `layers.${layerCount - 1}.residual.post`;
  const sum_D = new Float64Array(D);
  let count = 0;
  for (const [overlay, sign] of [[steered, 1] as const, [base, -1] as const]) {
    for (const { index, states } of readStates(model, overlay, texts, [hookpoint])) {
      const { prompt, response } = texts[index];
      const rows = states[hookpoint].subarray(prompt.length * D);
      rows.forEach((value, i) => (sum_D[i % D] += sign * value));
      if (sign === 1) count += response.length;
    }
  }
  return sum_D.map((sum) => sum / count);
}
