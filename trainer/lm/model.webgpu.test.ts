/** The whole model through tfjs' own WGSL: what harvesting on a card rests on. */
import { join } from 'node:path';
import type { Tensor2D } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { openBackend } from '../compute/backend.ts';
import { createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import { openForTests } from '../compute/webgpu/swiftshader.ts';
import { loadModel } from './model.ts';

const DEMO = join(import.meta.dirname, '../models/residua-demo');

const opened = await openForTests();
const reason = typeof opened === 'string' ? `: ${opened}` : '';

describe.skipIf(typeof opened === 'string')(`the demo model on webgpu${reason}`, () => {
  it('has the hidden states and the logits that it has on the processor', async () => {
    const [expected, got] = [await outputsOn('cpu'), await outputsOn('webgpu')];
    for (const [i, values] of expected.entries()) {
      const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const worst = values.reduce((most, value, n) => Math.max(most, Math.abs(value - got[i][n])), 0);
      expect(worst).toBeLessThan(1e-5 * scale);
    }
  });
});

async function outputsOn(name: string): Promise<Float32Array[]> {
  await openBackend({ name });
  const model = await loadModel(DEMO);
  const rng = createRng(7);
  const tokens = Int32Array.from({ length: 2 * 9 }, () => rng.int(model.tokenizer.vocabSize));
  const tokens_BT = tf.tensor2d(tokens, [2, 9], 'int32') as Tensor2D;
  const hookpoint = model.hookpoints[model.hookpoints.length - 1];
  const outputs = [model.hiddenAt(tokens_BT, hookpoint), model.logits(tokens_BT)];
  const values = await Promise.all(outputs.map((tensor) => tensor.data<'float32'>()));
  tf.dispose([...outputs, tokens_BT]);
  model.dispose();
  return values;
}
