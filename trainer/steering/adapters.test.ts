import { join } from 'node:path';
import type { Tensor2D } from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../compute/backend.ts';
import { createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import { generateAll } from '../lm/generate.ts';
import { loadModel, type LanguageModel } from '../lm/model.ts';
import { measureAccuracy } from './accuracy.ts';
import type { AdapterInput } from './adapter.ts';
import { checkApplied, editsOf, steeringOf } from './applied-vectors.ts';
import { createAdapter } from './create-adapter.ts';
import { openOverlay, type Steering } from './overlay.ts';
import { unembed, walk } from '../lm/decoder.ts';
import { editsByHookpoint, finishEdited } from '../lm/edits.ts';
import { rolloutAll } from './rollouts.ts';
import { defaultRates } from './settings.ts';

const GOLDEN = join(import.meta.dirname, '../lm/golden');
const IDS = [3, 1, 4, 1, 5];

let model: LanguageModel;
beforeAll(async () => {
  await openBackend({ say: () => {} });
  model = await loadModel(join(GOLDEN, 'qwen2'));
}, 60_000);
afterAll(() => model.dispose());

function logitsUnder(steering: Steering | null, of = model): Float32Array {
  return tf.tidy(() => {
    const { parameters, edits } = steering?.apply(of.parameters) ?? { parameters: of.parameters, edits: [] };
    const tokens_BT: Tensor2D = tf.tensor2d(IDS, [1, IDS.length], 'int32');
    const hidden_BTD = finishEdited(
      walk(parameters, of.config, tokens_BT),
      editsByHookpoint(edits, of.config),
    );
    return unembed(parameters, of.config, hidden_BTD).dataSync() as Float32Array;
  });
}

const KINDS: Omit<AdapterInput, 'model' | 'seed'>[] = [
  { kind: 'vectors', layers: [0, 2] },
  { kind: 'vectors', layers: [1], place: 'attention.out' },
  { kind: 'rank', layers: [0, 1, 2], rank: 2 },
  { kind: 'adaptive', layers: [1] },
  { kind: 'lora', layers: [0, 2] },
  { kind: 'full', layers: [0, 1, 2] },
  { kind: 'random', layers: [1], norms: [0] },
];

describe('adapters', () => {
  it.each(KINDS)('start as the model is, to the bit: $kind $place', async (kind) => {
    const adapter = await createAdapter({ ...kind, model, seed: 1 });
    expect(logitsUnder(adapter)).toEqual(logitsUnder(null));
    adapter.dispose();
  });

  it.each(['gpt2', 'llama3', 'gemma2'])('leave %s at zero as it is, too', async (name) => {
    const other = await loadModel(join(GOLDEN, name));
    const adapter = await createAdapter({ kind: 'vectors', layers: [0, 1], model: other, seed: 1 });
    expect(logitsUnder(adapter, other)).toEqual(logitsUnder(null, other));
    adapter.dispose();
    other.dispose();
  });

  it('have the parameters that their kind says', async () => {
    const count = async (input: Omit<AdapterInput, 'model' | 'seed'>) =>
      (await createAdapter({ ...input, model, seed: 1 })).parameterCount;
    const { hiddenWidth: D, mlpWidth: M } = model.config;
    expect(await count({ kind: 'vectors', layers: [0, 1, 2] })).toBe(3 * D);
    expect(await count({ kind: 'rank', layers: [0, 1, 2], rank: 2 })).toBe(3 * 2 + 2 * D);
    expect(await count({ kind: 'adaptive', layers: [2] })).toBe(M + D);
    expect(await count({ kind: 'lora', layers: [0, 1] })).toBe(2 * 4 * (M + D));
    expect(await count({ kind: 'full', layers: [0] })).toBe(model.parameterCount);
    expect(await count({ kind: 'random', layers: [0, 1], norms: [1, 1] })).toBe(2 * D);
  });

  it.each(KINDS.filter(({ kind }) => !['lora', 'full'].includes(kind)))(
    'give the numbers that steer alike without them: $kind',
    async (kind) => {
      const adapter = await createAdapter({ ...kind, model, seed: 1 });
      const rng = createRng(7);
      for (const variable of Object.values(adapter.variables)) {
        const values = Float32Array.from({ length: variable.size }, () => rng.normal());
        tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
      }
      const applied = (await adapter.applied())!;
      const [got, expected] = [logitsUnder(steeringOf(applied)), logitsUnder(adapter)];
      got.forEach((logit, i) => expect(logit).toBeCloseTo(expected[i], 4));
      const lengths = applied.layers.map(({ values_D }) => Math.hypot(...values_D));
      (await adapter.norms()).forEach((norm, i) => expect(norm).toBeCloseTo(lengths[i], 4));
      const again = await createAdapter({ ...kind, model, seed: 2, initial: await adapter.save() });
      if (kind.kind !== 'random') expect(logitsUnder(again)).toEqual(logitsUnder(adapter));
      adapter.dispose();
    },
  );

  it('are refused where the model has no place for them', async () => {
    const create = (input: Partial<AdapterInput>) =>
      createAdapter({ kind: 'vectors', layers: [0], model, seed: 1, ...input });
    await expect(create({ layers: [3] })).rejects.toThrow(/layers of 0 to 2.*got 3/);
    await expect(create({ layers: [] })).rejects.toThrow(/got none/);
    await expect(create({ layers: [1, 1] })).rejects.toThrow(/each once.*got 1, 1/);
    await expect(create({ kind: 'rank', rank: 25 })).rejects.toThrow(/rank from 1 to 24, .*got 25/);
    await expect(create({ kind: 'adaptive', layers: [0, 1] })).rejects.toThrow(
      /expected one layer, got 0, 1/,
    );
    const gemma = await loadModel(join(GOLDEN, 'gemma2'));
    const foreign = await createAdapter({ kind: 'vectors', layers: [0], model: gemma, seed: 1 });
    await expect(create({ initial: await foreign.save() })).rejects.toThrow(/of shape \[24\], got \[/);
    const applied = (await foreign.applied())!;
    expect(() => checkApplied(applied, model.config, 'gemma/all')).toThrow(
      /gemma\/all, layer 0: expected a vector of 24/,
    );
    foreign.dispose();
    gemma.dispose();
  });
});

describe('random vectors', () => {
  it('have the norms given, and another direction for every seed', async () => {
    const open = (seed: number) =>
      createAdapter({ kind: 'random', layers: [0, 2], norms: [3, 0.5], model, seed });
    const [one, same, other] = await Promise.all([open(1), open(1), open(2)]);
    (await one.norms()).forEach((norm, i) => expect(norm).toBeCloseTo([3, 0.5][i], 5));
    expect(await same.applied()).toEqual(await one.applied());
    expect(await other.applied()).not.toEqual(await one.applied());
  });
});

describe('a vector behind the last layer', () => {
  it('is the same as one written by its MLP', async () => {
    const values_D = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
    const at = (place: 'mlp.out' | 'residual.post') =>
      logitsUnder(steeringOf({ place, layers: [{ layer: 2, values_D }] }));
    const [written, added] = [at('mlp.out'), at('residual.post')];
    written.forEach((logit, i) => expect(logit).toBeCloseTo(added[i], 5));
    expect(added).not.toEqual(logitsUnder(null));
  });
});

describe('rollouts', () => {
  const options = { generations: 3, maxTokens: 6, temperature: 1, seed: 9, stopTokens: [5] };
  const prompts = [
    [3, 1, 4],
    [2, 7],
    [1, 8, 2, 8],
  ];

  it('of a prompt do not depend on the others, and are what plain generation gives under the same edits', async () => {
    const applied = {
      place: 'mlp.out',
      layers: [{ layer: 1, values_D: new Float32Array(24).fill(2) }],
    } as const;
    const all = await rolloutAll(model, steeringOf(applied), prompts, options);
    expect(all.map(({ prompt }) => prompt)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
    const { seed, maxTokens, temperature } = options;
    const alone = await generateAll(model, [prompts[1]], {
      ...{ seed: seed + 3, maxTokens, temperature, endTokens: [5], samples: 3, edits: editsOf(applied) },
    });
    expect(all.slice(3, 6).map(({ tokens }) => tokens)).toEqual(alone.map(({ tokens }) => tokens));
  });

  it('keep no tensor of an adapter that changes weights', async () => {
    const adapter = await createAdapter({ kind: 'lora', layers: [0], model, seed: 1 });
    const before = tf.memory().numTensors;
    await rolloutAll(model, adapter, prompts, options);
    const overlay = openOverlay(adapter, model.parameters);
    expect(tf.memory().numTensors).toBe(before + 1);
    overlay.dispose();
    expect(tf.memory().numTensors).toBe(before);
    adapter.dispose();
  });
});

describe('measureAccuracy', () => {
  it('counts right answers by set and in all, with intervals, the same for the same seed', async () => {
    const chat = { stopTokens: [], encode: () => ({ tokens: IDS, segments: [] }) };
    const problems = ['easy', 'easy', 'hard'].map((testSet) => ({ question: 'q', answer: '1', testSet }));
    const options = { chat, samples: 4, maxTokens: 3, temperature: 1, seed: 1 };
    const scores = await measureAccuracy(model, null, problems, options);
    expect(scores.map(({ testSet, accuracy, samples }) => [testSet, accuracy.n, samples])).toEqual([
      ['easy', 8, 4],
      ['hard', 4, 4],
      ['all', 12, 4],
    ]);
    expect(scores[2].accuracy).toMatchObject({ value: 0, low: 0 });
    expect(scores[2].accuracy.high).toBeGreaterThan(0.1);
    await expect(measureAccuracy(model, null, [], options)).rejects.toThrow(/got none/);
  });
});

describe('default rates', () => {
  it('of vectors rise with depth, alone and together; of anything else all are one', () => {
    const layers = [0, 1, 2, 3, 4, 5];
    const alone = layers.map((layer) => defaultRates('vectors', [layer], 6)[0]);
    const together = defaultRates('vectors', layers, 6);
    for (const rates of [alone, together]) expect(rates).toEqual(rates.toSorted((a, b) => a - b));
    for (const rates of [alone, together]) expect(rates[5] / rates[0]).toBeGreaterThan(10);
    // Where several steer, each needs less.
    layers.forEach((layer) => expect(together[layer]).toBeLessThan(alone[layer]));
    expect(new Set(defaultRates('lora', layers, 6)).size).toBe(1);
  });
});
