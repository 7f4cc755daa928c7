/** How long the residual stream is behind every layer: what the norm of a vector added there is to be measured by. */
import type { Overlay } from './overlay.ts';
import { readStates, type ReadableModel, type WrittenText } from './analyses/texts.ts';

/** Mean Euclidean norm over the tokens of the responses, by layer. `texts` written by the model as it is. */
export function measureHiddenNorms(model: ReadableModel, texts: readonly WrittenText[]): number[] {
  const { layerCount, hiddenWidth: D } = model.config;
  const hookpoints = Array.from({ length: layerCount }, (_, layer) => `layers.${layer}.residual.post`);
  const untouched: Overlay = { parameters: model.parameters, edits: [] };
  const sums = hookpoints.map(() => 0);
  let count = 0;
  for (const { index, states } of readStates(model, untouched, texts, hookpoints)) {
    const { prompt, response } = texts[index];
    count += response.length;
    hookpoints.forEach((hookpoint, layer) => {
      const rows = states[hookpoint].subarray(prompt.length * D);
      for (let at = 0; at < rows.length; at += D) sums[layer] += normOf(rows.subarray(at, at + D));
    });
  }
  if (count > 0) return sums.map((sum) => sum / count);
  throw new Error('Hidden norms: expected at least one text, got none. Generate some first.');
}

const normOf = (row: Float32Array): number => Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
