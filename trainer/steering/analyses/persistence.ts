/**
 * What is left of a vector behind later layers (Fig 2, 4, 14, 15). diff(t) is the steered less the base state behind a layer,
 * both models reading the same text. Diff-Diff: its cosine with its own mean over the response. Diff-Vector: its cosine with
 * the vector added last before.
 */
import type { Rng } from '../../compute/rng.ts';
import type { AppliedVectors } from '../applied-vectors.ts';
import type { Overlay } from '../overlay.ts';
import type { Persistence } from '../record.ts';
import { bootstrapMean } from '../statistics/bootstrap.ts';
import { cosineOf } from './cosines.ts';
import { readStates, type ReadableModel, type WrittenText } from './texts.ts';

interface LayerCosines {
  /** By text, by token. */
  readonly diffDiff: number[][];
  readonly diffVector: number[][];
  normSum: number;
  count: number;
}

/** Layers below the first one steered have no difference, and no line. Intervals draw texts, not tokens. */
export function measurePersistence(
  model: ReadableModel,
  { layers }: AppliedVectors,
  { base, steered }: { readonly base: Overlay; readonly steered: Overlay },
  texts: readonly WrittenText[],
  rng: Pick<Rng, 'int'>,
): Pick<Persistence, 'kind' | 'samples' | 'layers'> {
  const { layerCount, hiddenWidth: D } = model.config;
  const first = layers[0].layer;
  const read = Array.from({ length: layerCount - first }, (_, i) => first + i);
  const hookpoints = read.map((layer) => `layers.${layer}.residual.post`);
  const found = read.map((): LayerCosines => ({ diffDiff: [], diffVector: [], normSum: 0, count: 0 }));
  const unsteered = readStates(model, base, texts, hookpoints);
  for (const { index, states } of readStates(model, steered, texts, hookpoints)) {
    const from = texts[index].prompt.length * D;
    const plain = unsteered.next().value!.states;
    read.forEach((layer, i) => {
      const vector_D = layers.findLast((one) => one.layer <= layer)!.values_D;
      const diffs = states[hookpoints[i]]
        .subarray(from)
        .map((value, at) => value - plain[hookpoints[i]][from + at]);
      addText(found[i], diffs, vector_D);
    });
  }
  return {
    kind: 'persistence',
    samples: texts.length,
    layers: read.map((layer, i) => ({
      layer,
      diffDiff: bootstrapMean(found[i].diffDiff, rng),
      diffVector: bootstrapMean(found[i].diffVector, rng),
      norm: found[i].normSum / found[i].count,
    })),
  };
}

function addText(found: LayerCosines, diffs_TD: Float32Array, vector_D: Float32Array): void {
  const D = vector_D.length;
  const T = diffs_TD.length / D;
  const mean_D = new Float64Array(D);
  diffs_TD.forEach((value, i) => (mean_D[i % D] += value / T));
  const rows = Array.from({ length: T }, (_, t) => diffs_TD.subarray(t * D, (t + 1) * D));
  found.diffDiff.push(rows.map((row) => cosineOf(row, mean_D)));
  found.diffVector.push(rows.map((row) => cosineOf(row, vector_D)));
  for (const row of rows) found.normSum += Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
  found.count += T;
}
