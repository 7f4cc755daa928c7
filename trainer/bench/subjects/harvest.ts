/**
 * One turn of the demo: the language model reads, its hidden states are shuffled, the dictionary takes a step. Tokens are
 * random: what they say costs nothing. B, F and K are the shape's; D is the model's.
 */
import path from 'node:path';
import { createRng } from '../../compute/rng.ts';
import { demoConfig } from '../../commands/demo.ts';
import { checkout } from '../../commands/settings.ts';
import { createHarvest, type Harvest } from '../../harvest/harvest.ts';
import { loadModel } from '../../lm/model.ts';
import { fitSettings } from '../../sae/defaults.ts';
import { createTraining } from '../../sae/training.ts';
import type { Operations, SubjectInput } from './subjects.ts';

const TOKENS = 1 << 18; // one stream, longer than a benchmark reads
const BUFFER_BATCHES = 4; // enough to shuffle; the demo's 32 would only take longer to fill

export async function openHarvest({ backend, shape }: SubjectInput): Promise<Operations> {
  const { B, F, K } = shape;
  const model = await loadModel(path.resolve(checkout, demoConfig.modelFolder));
  const rng = createRng(3);
  const tokens = Int32Array.from({ length: TOKENS }, () => rng.int(model.config.vocabSize));
  const { contextLength, hookpoint } = demoConfig;
  // The demo's 16 at its 2,048 rows: each turn reads about as much as it takes.
  const sequencesPerBatch = Math.max(1, Math.round(B / contextLength));
  const harvest = createHarvest({
    model,
    hookpoint,
    streams: [{ corpus: 'random', tokens, weight: 1 }],
    contextLength,
    sequencesPerBatch,
    bufferTokens: BUFFER_BATCHES * B + sequencesPerBatch * contextLength,
    batchTokens: B,
    seed: 3,
    now: () => performance.now(),
  });
  const sample_BD = await harvest.next();
  const recipe = { hiddenWidth: model.config.hiddenWidth, width: F, k: K, batchTokens: B, tokens: 1000 * B };
  const training = createTraining(
    backend.kernels,
    fitSettings(recipe),
    (await sample_BD.data()) as Float32Array,
  );
  sample_BD.dispose();
  return {
    turn: async () => {
      const hidden_BD = await harvest.next();
      const startedMs = performance.now();
      await training.advance(hidden_BD, false);
      await backend.kernels.settle();
      hidden_BD.dispose();
      return { ...sinceLast(harvest), fit: performance.now() - startedMs };
    },
  };
}

const last = { modelMs: 0, bufferMs: 0, tokenCount: 0 };

/** A turn reads what the last one took from the buffer, in whole model batches: tokens read vary by one of them. */
function sinceLast(harvest: Harvest): { model: number; buffer: number; modelTokens: number } {
  const now = harvest.timing();
  const turn = {
    model: now.modelMs - last.modelMs,
    buffer: now.bufferMs - last.bufferMs,
    modelTokens: now.tokenCount - last.tokenCount,
  };
  Object.assign(last, now);
  return turn;
}
