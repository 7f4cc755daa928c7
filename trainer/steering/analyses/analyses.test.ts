import { join } from 'node:path';
import type { Tensor2D } from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../../compute/backend.ts';
import { createRng } from '../../compute/rng.ts';
import { tf } from '../../compute/tf.ts';
import { loadModel, type LanguageModel } from '../../lm/model.ts';
import { steeringOf, type AppliedVectors } from '../applied-vectors.ts';
import { openOverlay, type OpenOverlay } from '../overlay.ts';
import { compareLayers } from './cosines.ts';
import { entropyNats, klNats, logSoftmax } from './distributions.ts';
import { compareRows, foldedRows, readLogitLens } from './logit-lens.ts';
import { measurePersistence } from './persistence.ts';
import { adaptiveLayer, readTokenScaling } from './token-scaling.ts';
import { readTokenShift } from './token-shift.ts';
import { pickEnds } from './token-ends.ts';
import { batchesOf, readLogits, readStates } from './texts.ts';

/** Opening a backend may compile its addon first. */
const LOAD_MS = 60_000;

const GOLDEN = join(import.meta.dirname, '../../lm/golden');
const TEXTS = [
  { prompt: [3, 1, 4], response: [1, 5] },
  { prompt: [9], response: [2, 6, 5, 3] },
  { prompt: [5, 8], response: [9] },
];

let model: LanguageModel;
let last: number;
let open: OpenOverlay[] = [];

beforeAll(async () => {
  await openBackend({ say: () => {} });
  model = await loadModel(join(GOLDEN, 'qwen2'));
  last = model.config.layerCount - 1;
}, LOAD_MS);

afterAll(() => open.forEach((one) => one.dispose()));

function overlaysOf(applied: AppliedVectors) {
  const overlays = {
    base: openOverlay(null, model.parameters),
    steered: openOverlay(steeringOf(applied), model.parameters),
  };
  open = [...open, ...Object.values(overlays)];
  return overlays;
}

function drawn(seed: number, length: number): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length }, () => rng.normal());
}

const vectorAt = (layer: number, size = 1): AppliedVectors => ({
  layers: [{ layer, values_D: drawn(5, model.config.hiddenWidth).map((value) => value * size) }],
  place: 'mlp.out',
});

describe('reading texts of different lengths together', () => {
  it('gives what each gives alone', () => {
    const { steered } = overlaysOf(vectorAt(0));
    const hookpoint = `layers.${last}.residual.post`;
    const together = [...readStates(model, steered, TEXTS, [hookpoint])];
    const logits = [...readLogits(model, steered, TEXTS)];
    for (const [index, text] of TEXTS.entries()) {
      const [alone] = readStates(model, steered, [text], [hookpoint]);
      expect(together[index].states[hookpoint]).toEqual(alone.states[hookpoint]);
      const tokens = [...text.prompt, ...text.response];
      const all = tf.tidy(() => {
        const tokens_BT: Tensor2D = tf.tensor2d([tokens], [1, tokens.length], 'int32');
        return model.logits(tokens_BT, steered.edits).dataSync();
      });
      const V = model.config.vocabSize;
      const expected = Array.from(all).slice((text.prompt.length - 1) * V, (tokens.length - 1) * V);
      expect(logits[index].logits.length).toBe(expected.length);
      logits[index].logits.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 4));
    }
  });

  it('splits what would not fit in memory, in order', () => {
    const rows = [...batchesOf(TEXTS, 2 ** 21)].map((batch) => [batch.rows, batch.length]);
    expect(rows).toEqual([
      [[0], 5],
      [[1], 5],
      [[2], 3],
    ]);
    expect([...batchesOf(TEXTS, 1)].map((batch) => batch.rows)).toEqual([[0, 1, 2]]);
  });

  it('refuses a text without a response', () => {
    const texts = [{ prompt: [1], response: [] }];
    expect(() => [...batchesOf(texts, 1)]).toThrow(/at least one token each/);
  });
});

describe('distributions', () => {
  it('of two tokens, worked by hand', () => {
    const logits = Float32Array.of(0, Math.log(3), 7, 7);
    const [skewed, even] = [logSoftmax(logits, 0, 2), logSoftmax(logits, 1, 2)];
    expect(Math.exp(skewed[1])).toBeCloseTo(0.75, 6);
    expect(entropyNats(even)).toBeCloseTo(Math.log(2), 12);
    expect(klNats(skewed, even)).toBeCloseTo(0.25 * Math.log(0.5) + 0.75 * Math.log(1.5), 6);
    expect(klNats(even, even)).toBe(0);
  });
});

describe('the ends of a list of tokens', () => {
  it('are its largest and smallest, without rows that stand for no token', () => {
    const tokenizer = {
      text: (id: number) => `t${id}`,
      bytes: (id: number) => new Uint8Array(id === 2 ? 0 : 1),
    };
    const { top, bottom } = pickEnds([0.5, -1, 9, 3], tokenizer, 2);
    expect(top).toEqual([
      { token: 3, text: 't3', value: 3 },
      { token: 0, text: 't0', value: 0.5 },
    ]);
    expect(bottom.map(({ token }) => token)).toEqual([1, 0]);
  });
});

describe('the logit lens', () => {
  it('reads dot and cosine off rows, by hand', () => {
    const { dot_V, cosine_V } = compareRows([3, 4], Float64Array.of(1, 0, 6, 8, -4, 3), 3);
    expect([...dot_V]).toEqual([3, 50, 0]);
    expect([...cosine_V]).toEqual([0.6, 1, 0].map((value) => expect.closeTo(value, 12)));
  });

  it('folds the gain of the final norm into the rows, and a layer norm takes their mean', () => {
    const unembedding_VD = tf.tensor2d([1, 2, 3, 5], [2, 2]);
    const read = (kind: 'rms' | 'layer') => [
      ...foldedRows({
        unembedding_VD,
        finalNorm_D: Float32Array.of(2, 1),
        config: { ...model.config, hiddenWidth: 2, norm: { kind, eps: 0 } },
      }),
    ];
    expect(read('rms')).toEqual([2, 2, 6, 5]);
    expect(read('layer')).toEqual([0, 0, 0.5, -0.5]);
  });

  it('finds the token whose row the vector is', () => {
    const D = model.config.hiddenWidth;
    const values_D = Float32Array.from(foldedRows(model).subarray(7 * D, 8 * D));
    const applied: AppliedVectors = { layers: [{ layer: last, values_D }], place: 'mlp.out' };
    const { layers } = readLogitLens(model, applied, overlaysOf(applied), TEXTS);
    expect(layers[0].cosine.top[0]).toMatchObject({ token: 7, value: expect.closeTo(1, 6) });
  });

  it('of the mean difference behind the last layer is that of a vector added there', () => {
    const applied = vectorAt(last);
    const { layers, finalDifference } = readLogitLens(model, applied, overlaysOf(applied), TEXTS, {
      tokensPerSide: 5,
    });
    expect(finalDifference.dot.top).toEqual(
      layers[0].dot.top.map((one) => ({ ...one, value: expect.closeTo(one.value, 4) })),
    );
    expect(finalDifference.dot.top).toHaveLength(5);
  });
});

describe('cosines of vectors', () => {
  it('by hand', () => {
    const layers = [
      { layer: 1, values_D: Float32Array.of(1, 0) },
      { layer: 4, values_D: Float32Array.of(3, 4) },
      { layer: 5, values_D: Float32Array.of(0, 0) },
    ];
    const { matrix, ...rest } = compareLayers({ layers, place: 'mlp.out' });
    expect(rest).toEqual({ kind: 'cosines', layers: [1, 4, 5] });
    expect(matrix).toEqual([
      [1, 0.6, 0],
      [0.6, 1, 0],
      [0, 0, 0],
    ]);
  });
});

describe('the shift of tokens', () => {
  it('is nothing for a vector of nothing', () => {
    const shift = readTokenShift(model, overlaysOf(vectorAt(1, 0)), TEXTS);
    expect(shift.first).toMatchObject({ min: 0, max: 0, n: 3 });
    expect(shift.rest).toMatchObject({ min: 0, max: 0, n: 4 });
    for (const { klNats, baseEntropyNats, steeredEntropyNats } of shift.positions) {
      expect(klNats).toBe(0);
      expect(steeredEntropyNats).toBe(baseEntropyNats);
    }
  });

  it('is the change of probability of the tokens that were written', () => {
    const overlays = overlaysOf(vectorAt(1));
    const shift = readTokenShift(model, overlays, TEXTS);
    const V = model.config.vocabSize;
    const probability = (logits: Float32Array, row: number, token: number): number =>
      Math.exp(logSoftmax(logits, row, V)[token]);
    const [base, steered] = [overlays.base, overlays.steered].map((one) => [
      ...readLogits(model, one, TEXTS),
    ]);
    const third = probability(steered[1].logits, 2, 5) - probability(base[1].logits, 2, 5);
    expect(shift.positions[2].shift).toMatchObject({ n: 1, median: third });
    expect(shift.positions.map(({ shift: { n } }) => n)).toEqual([3, 2, 1, 1]);
    expect(shift.positions[0].klNats).toBeGreaterThan(0);
    const [best] = shift.firstTokens.top;
    const before = shift.firstProbabilities.base[best.token];
    expect(best.value).toBeCloseTo(shift.firstProbabilities.steered[best.token] - before, 12);
    expect(shift.firstProbabilities.base.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
  });
});

describe('persistence', () => {
  it('of a vector behind the layer where it is added is perfect', () => {
    const applied = vectorAt(last);
    const { layers, samples } = measurePersistence(model, applied, overlaysOf(applied), TEXTS, createRng(1));
    expect(samples).toBe(3);
    expect(layers).toHaveLength(1);
    const [{ layer, diffDiff, diffVector, norm }] = layers;
    expect(layer).toBe(last);
    expect([diffDiff.value, diffDiff.low, diffVector!.value]).toEqual(
      [1, 1, 1].map((one) => expect.closeTo(one, 4)),
    );
    expect(norm).toBeCloseTo(Math.hypot(...applied.layers[0].values_D), 3);
    expect(diffDiff.n).toBe(7);
  });

  it('behind later layers compares with the vector added last', () => {
    const applied: AppliedVectors = {
      layers: [...vectorAt(0).layers, { layer: last, values_D: drawn(6, model.config.hiddenWidth) }],
      place: 'mlp.out',
    };
    const { layers } = measurePersistence(model, applied, overlaysOf(applied), TEXTS, createRng(1));
    expect(layers.map(({ layer }) => layer)).toEqual(Array.from({ length: last + 1 }, (_, layer) => layer));
    expect(layers[0].diffVector!.value).toBeCloseTo(1, 4);
    expect(layers[last].diffVector!.value).toBeLessThan(0.999);
  });
});

describe('token scaling', () => {
  const scalarsOf = (applied: AppliedVectors, layer: number): number[] => {
    // What an adaptive vector adds is its scalar times its direction.
    const { values_D } = applied.layers[0];
    const { base, steered } = overlaysOf(applied);
    const hookpoint = `layers.${layer}.mlp.out`;
    const [plain, changed] = [base, steered].map((one) => [
      ...readStates(model, one, TEXTS.slice(0, 1), [hookpoint]),
    ]);
    const D = model.config.hiddenWidth;
    const square = values_D.reduce((sum, value) => sum + value * value, 0);
    return Array.from({ length: 5 }, (_, t) =>
      values_D.reduce((sum, value, d) => {
        const at = t * D + d;
        return sum + (value * (changed[0].states[hookpoint][at] - plain[0].states[hookpoint][at])) / square;
      }, 0),
    );
  };

  it('is by how much the stream is moved, over what it is long', () => {
    const layer = 1;
    const readOut_M = drawn(8, model.config.mlpWidth);
    const applied: AppliedVectors = {
      layers: [{ ...vectorAt(layer).layers[0], readOut_M }],
      place: 'mlp.out',
    };
    const texts = [{ ...TEXTS[0], segments: ['system', 'role', 'question'] as const }];
    const { steered } = overlaysOf(applied);
    const found = readTokenScaling({
      model,
      applied,
      layer,
      steered,
      texts,
      hiddenNorm: 2,
      rng: createRng(1),
    });
    const norm = Math.hypot(...applied.layers[0].values_D);
    const expected = scalarsOf(applied, layer).map((scalar) => (scalar * norm) / 2);
    found.samples[0].tokens.forEach(({ scale }, t) => expect(scale).toBeCloseTo(expected[t], 3));
    expect(found.samples[0].tokens.map(({ segment }) => segment)).toEqual([
      ...['system', 'role', 'question', 'assistant', 'assistant'],
    ]);
    expect(found.segments.map(({ segment, scale: { n } }) => [segment, n])).toEqual([
      ['system', 1],
      ['role', 1],
      ['question', 1],
      ['assistant', 2],
    ]);
    expect(found.segments[0].size.value).toBeCloseTo(Math.abs(expected[0]), 3);
  });

  it('takes the layer whose vector is largest, and none where none is adaptive', () => {
    const one = (layer: number, size: number) => ({
      layer,
      values_D: Float32Array.of(size),
      readOut_M: Float32Array.of(1, 1),
    });
    expect(adaptiveLayer({ layers: [one(0, 1), one(2, -3), one(3, 2)], place: 'mlp.out' })).toBe(2);
    expect(adaptiveLayer(vectorAt(0))).toBeUndefined();
  });
});
