/**
 * Path patching of the penultimate layer's vector (Fig 5, 6): how right the answers are, and how near the steered model's
 * predictions come, when only some parts of the last layer see the vector.
 */
import type { Rng } from '../../compute/rng.ts';
import { tf } from '../../compute/tf.ts';
import { unembed } from '../../lm/decoder.ts';
import type { Patching, Share } from '../record.ts';
import { bootstrapMean } from '../statistics/bootstrap.ts';
import { klNats, logSoftmax } from './distributions.ts';
import { listPatchModes, type PatchMode } from './patch-modes.ts';
import { walkToLast } from './patched-generation.ts';
import { runPatchedLayer, type PatchedModel } from './patched-layer.ts';
import { batchesOf, pickPredicting, valuesOf, type WrittenText } from './texts.ts';

export interface PatchingInput {
  readonly model: PatchedModel;
  /** Of the layer before the last: penultimateVector. */
  readonly vector_D: Float32Array;
  /** Written by the model with this vector alone. */
  readonly texts: readonly WrittenText[];
  readonly rng: Pick<Rng, 'int'>;
  /** Answers under a mode, judged: writePatched. */
  measure(mode: PatchMode): Promise<Share>;
  readonly report?: (mode: string) => void;
}

export async function patchPaths(
  input: PatchingInput,
): Promise<Pick<Patching, 'kind' | 'layer' | 'problems' | 'modes'>> {
  const { config } = input.model;
  const modes = listPatchModes(config.headCount);
  const klMeans = klOfModes(input, modes).map((groups) => bootstrapMean(groups, input.rng));
  const baseKl = klMeans[modes.findIndex(({ mode }) => mode === 'base')].value;
  const found: Patching['modes'][number][] = [];
  for (const [i, mode] of modes.entries()) {
    const accuracy = await input.measure(mode);
    const explained = baseKl > 0 ? 1 - klMeans[i].value / baseKl : null;
    found.push({ mode: mode.mode, accuracy, klNats: klMeans[i], explained });
    input.report?.(mode.mode);
  }
  return { kind: 'patching', layer: config.layerCount - 2, problems: found[0].accuracy.n, modes: found };
}

/** KL(steered || mode) by mode, text and generated token. What lies below the last layer is read once. */
export function klOfModes(
  { model, vector_D, texts }: Pick<PatchingInput, 'model' | 'vector_D' | 'texts'>,
  modes: readonly PatchMode[],
): number[][][] {
  const { hiddenWidth: D, vocabSize: V } = model.config;
  const steered = modes.find(({ mode }) => mode === 'steered')!;
  const found: number[][][] = modes.map(() => []);
  for (const batch of batchesOf(texts, 8 * D + 3 * V)) {
    const x_BTD = tf.tidy(() => walkToLast(model, batch.tokens_BT()));
    const read = (mode: PatchMode): Float32Array =>
      valuesOf(() => {
        const hidden_BTD = runPatchedLayer(model, x_BTD, vector_D, mode);
        return unembed(model.parameters, model.config, pickPredicting(hidden_BTD, batch, texts));
      });
    const rowCount = batch.rows.reduce((sum, index) => sum + texts[index].response.length, 0);
    const steeredLogits = read(steered);
    const logP = Array.from({ length: rowCount }, (_, row) => logSoftmax(steeredLogits, row, V));
    modes.forEach((mode, i) => {
      const logits = mode === steered ? steeredLogits : read(mode);
      const kl = logP.map((logP_V, row) => klNats(logP_V, logSoftmax(logits, row, V)));
      for (const index of batch.rows) found[i].push(kl.splice(0, texts[index].response.length));
    });
    x_BTD.dispose();
  }
  return found;
}
