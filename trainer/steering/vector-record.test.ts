import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Tensor2D } from '@tensorflow/tfjs';
import { openBackend } from '../compute/backend.ts';
import { tf } from '../compute/tf.ts';
import { loadModel, type LanguageModel } from '../lm/model.ts';
import { appliedOf } from './applied-vectors.ts';
import { measureHiddenNorms } from './hidden-norms.ts';
import type { SteeringProvenance } from './record.ts';
import { createVectorRecord, type VectorFacts } from './vector-record.ts';

/** Opening a backend may compile its addon first. */
const LOAD_MS = 60_000;

let model: LanguageModel;

beforeAll(async () => {
  await openBackend({ say: () => {} });
  model = await loadModel(join(import.meta.dirname, '../lm/golden/qwen2'));
}, LOAD_MS);

describe('norms of the residual stream', () => {
  it('are means over what was written, prompts left out', () => {
    const texts = [
      { prompt: [3, 1], response: [4] },
      { prompt: [5], response: [9, 2] },
    ];
    const norms = measureHiddenNorms(model, texts);
    expect(norms).toHaveLength(model.config.layerCount);
    const rows = texts.flatMap(({ prompt, response }) => {
      const ids = [...prompt, ...response];
      const tokens_BT: Tensor2D = tf.tensor2d([ids], [1, ids.length], 'int32');
      return (model.hiddenAt(tokens_BT, 'layers.1.residual.post').arraySync()[0] as number[][]).slice(
        prompt.length,
      );
    });
    const expected = rows.reduce((sum, row) => sum + Math.hypot(...row), 0) / 3;
    expect(norms[1]).toBeCloseTo(expected, 4);
  });

  it('of nothing are refused', () => {
    expect(() => measureHiddenNorms(model, [])).toThrow(/at least one text/);
  });
});

describe('the record of a set', () => {
  const facts: VectorFacts = {
    ...{
      slug: 'm/layer-1-seed-1',
      name: 'Layer 1',
      reward: 'exact',
      seed: 1,
      base: [],
      scores: [],
      curve: [],
    },
    provenance: {} as SteeringProvenance,
    model: { slug: 'm', sha256: 'abc' },
    adapter: { kind: 'adaptive', rank: 1, parameterCount: 5 },
    applied: {
      place: 'mlp.out',
      layers: [{ layer: 1, values_D: Float32Array.of(3, 4), readOut_M: Float32Array.of(1, 2, 3) }],
    },
    hiddenNorms: [7, 8],
  };

  it('keeps vectors with their norms, and gives them back as they were', () => {
    const record = createVectorRecord(facts);
    expect(record.layers).toEqual([{ layer: 1, norm: 5, hiddenNorm: 8, values: [3, 4], readOut: [1, 2, 3] }]);
    expect(record).toMatchObject({
      model: 'm',
      modelSha256: 'abc',
      adapter: 'adaptive',
      rank: 1,
      place: 'mlp.out',
    });
    expect(appliedOf(record)).toEqual(facts.applied);
  });

  it('is refused to weights that are no vectors', () => {
    expect(() => createVectorRecord({ ...facts, adapter: { ...facts.adapter, kind: 'lora' } })).toThrow(
      /got lora/,
    );
  });
});
