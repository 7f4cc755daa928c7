/** A dictionary of what passes a hookpoint while answers are written: fitted here where no published one is named. */
import type { Kernels } from '../../compute/kernels.ts';
import { createRng } from '../../compute/rng.ts';
import { tf } from '../../compute/tf.ts';
import { fitSettings } from '../../sae/defaults.ts';
import { createDictionary, type Dictionary } from '../../sae/dictionary.ts';
import { fit, startTraining, type HiddenBatches } from '../../sae/fit.ts';
import type { ReadableFeatures } from '../../steering/analyses/features.ts';
import { readStates, type ReadableModel, type WrittenText } from '../../steering/analyses/texts.ts';
import type { Overlay } from '../../steering/overlay.ts';

export interface GenerationFit {
  readonly kernels: Kernels;
  readonly model: ReadableModel;
  readonly hookpoint: string;
  /** What was written, and under which overlay. */
  readonly sources: readonly { readonly overlay: Overlay; readonly texts: readonly WrittenText[] }[];
  readonly width: number;
  readonly budget: number;
  /** Hidden states trained on, those that come again included. */
  readonly tokens: number;
  readonly seed: number;
}

const BATCH_TOKENS = 1024;

export async function fitOnGenerations(input: GenerationFit): Promise<Dictionary> {
  const { kernels, model, width, budget, tokens, seed } = input;
  const { hiddenWidth } = model.config;
  const settings = fitSettings({ hiddenWidth, tokens, width, k: budget, batchTokens: BATCH_TOKENS, seed });
  const source = drawRows(collectRows(input), hiddenWidth, seed);
  const training = await startTraining(kernels, settings, source);
  try {
    const running = fit({ training, source, now: () => 0, progressEverySteps: settings.stepTotal });
    for await (const _ of running);
    return createDictionary(kernels, training.weights());
  } finally {
    training.dispose();
  }
}

/** States of the responses' tokens, [N, D]. */
function collectRows({ model, hookpoint, sources }: GenerationFit): Float32Array {
  const parts: Float32Array[] = [];
  for (const { overlay, texts } of sources) {
    for (const { index, states } of readStates(model, overlay, texts, [hookpoint])) {
      parts.push(states[hookpoint].subarray(texts[index].prompt.length * model.config.hiddenWidth));
    }
  }
  const rows = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    rows.set(part, at);
    at += part.length;
  }
  return rows;
}

/** At random, with replacement. */
function drawRows(rows_ND: Float32Array, D: number, seed: number): HiddenBatches {
  const rng = createRng(seed);
  const N = rows_ND.length / D;
  return {
    next() {
      const batch_BD = new Float32Array(BATCH_TOKENS * D);
      for (let b = 0; b < BATCH_TOKENS; b++) {
        const row = rng.int(N);
        batch_BD.set(rows_ND.subarray(row * D, (row + 1) * D), b * D);
      }
      return tf.tensor2d(batch_BD, [BATCH_TOKENS, D]);
    },
  };
}

/** A dictionary as the analyses take it. */
export function readableFeatures(
  dictionary: Dictionary,
  { slug, hookpoint, budget }: Pick<ReadableFeatures, 'slug' | 'hookpoint' | 'budget'>,
): ReadableFeatures {
  const D = dictionary.hiddenWidth;
  return {
    ...{ slug, hookpoint, budget },
    decoder_FD: Float32Array.from(dictionary.decoder_FD.dataSync()),
    async encode(hidden_ND) {
      const hidden_BD = tf.tensor2d(hidden_ND, [hidden_ND.length / D, D]);
      const top = await dictionary.encode(hidden_BD, budget);
      const [acts, indices] = [top.acts_BK.dataSync(), top.indices_BK.dataSync()];
      const [B, K] = top.acts_BK.shape;
      const fired = Array.from({ length: B }, (_, b) =>
        Array.from({ length: K }, (_, k) => b * K + k)
          .filter((at) => acts[at] > 0)
          .map((at) => indices[at]),
      );
      tf.dispose([hidden_BD, ...Object.values(top)]);
      return fired;
    },
  };
}
