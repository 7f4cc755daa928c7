import { join } from 'node:path';
import type { Tensor2D } from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../compute/backend.ts';
import { createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import { loadModel, type LanguageModel } from '../lm/model.ts';
import type { Adapter, AdapterInput } from './adapter.ts';
import { advantages } from './advantages.ts';
import { createAdapter } from './create-adapter.ts';
import { policyGradients, policyLoss, surprisals } from './policy-loss.ts';
import { planPasses, type PlannedRollout } from './policy-passes.ts';
import { PLACES } from './record.ts';

const GOLDEN = join(import.meta.dirname, '../lm/golden');
const MODELS = ['gpt2', 'llama3', 'qwen2', 'qwen2-windowed', 'gemma2'];
/** Two with a beginning of 8 tokens to be read once, one of them exactly that and its last token. */
const PROMPTS = [[3, 1, 4, 1, 5, 9, 2, 6, 5, 3], [1, 5, 9, 2], [2, 7, 1, 8, 2, 8, 1, 8, 2], [6]];
/** Of different lengths, to prompts of different lengths, two of which share one. */
const ROLLOUTS: PlannedRollout[] = [
  { prompt: 0, tokens: [1, 2, 3, 4, 5], advantage: 0.5 },
  { prompt: 0, tokens: [5, 6], advantage: -0.5 },
  { prompt: 1, tokens: [7, 8, 9], advantage: 1 },
  { prompt: 2, tokens: [2, 2, 3, 1], advantage: -2 },
  { prompt: 3, tokens: [4, 4], advantage: 1.5 },
  { prompt: 1, tokens: [9, 9, 9, 9], advantage: 0 },
];
const TOKENS = 20;

let model: LanguageModel;

beforeAll(async () => {
  await openBackend({ say: () => {} });
  model = await loadModel(join(GOLDEN, 'qwen2'));
});
afterAll(() => model.dispose());

/** Away from zero, so that nothing is linear by chance. */
async function openMoved(input: Omit<AdapterInput, 'seed' | 'model'>, of = model): Promise<Adapter> {
  const adapter = await createAdapter({ ...input, model: of, seed: 3 });
  const rng = createRng(11);
  for (const variable of Object.values(adapter.variables)) {
    const noise = Float32Array.from({ length: variable.size }, () => 0.3 * rng.normal());
    tf.tidy(() => variable.assign(variable.add(tf.tensor(noise, variable.shape))));
  }
  return adapter;
}

function lossOf(adapter: Adapter, of = model): number {
  const passes = planPasses(PROMPTS, ROLLOUTS, 8);
  return passes.reduce(
    (sum, pass) =>
      sum + tf.tidy(() => policyLoss(of, adapter.apply(of.parameters), pass, TOKENS).dataSync()[0]),
    0,
  );
}

describe('RLOO', () => {
  it('compares each response with the mean of the others, and sums to zero', () => {
    const [one, other] = advantages([
      [1, 0, 0, 1],
      [0.25, 0.5, 1, 0.25],
    ]);
    one.forEach((value, i) => expect(value).toBeCloseTo([2 / 3, -2 / 3, -2 / 3, 2 / 3][i], 12));
    for (const row of [one, other]) expect(row.reduce((a, b) => a + b)).toBeCloseTo(0, 12);
    // G / (G - 1) times the distance to the mean.
    other.forEach((value, i) => expect(value).toBeCloseTo((4 / 3) * ([0.25, 0.5, 1, 0.25][i] - 0.5), 12));
  });

  it('is exactly zero where all rewards are equal, also where their sum is rounded', () => {
    expect(advantages([[0.1, 0.1, 0.1], [1, 1, 1], [0, 0, 0]])).toEqual([[0, 0, 0], [0, 0, 0], [0, 0, 0]]); // prettier-ignore
  });

  it('refuses rewards that are no numbers and prompts with one response', () => {
    expect(() => advantages([[0, 1], [1, Number.NaN]])).toThrow(/prompt 1: expected a finite number, got NaN/); // prettier-ignore
    expect(() => advantages([[1]])).toThrow(/at least 2 responses/);
  });
});

describe('passes', () => {
  it('hold every response with an advantage once, with its own prompt, and no more tokens than asked', () => {
    const passes = planPasses(PROMPTS, ROLLOUTS, 12);
    const found = passes.flatMap(({ prefixes, rows }) =>
      rows.map(({ prefix, rest, tokens, advantage }) => {
        return { prompt: [...prefixes[prefix], ...rest], tokens, advantage };
      }),
    );
    const asked = ROLLOUTS.filter(({ advantage }) => advantage !== 0);
    const expected = asked.map((one) => ({ ...one, prompt: PROMPTS[one.prompt] }));
    const sorted = (list: typeof found) => list.sort((a, b) => a.advantage - b.advantage);
    expect(sorted(found)).toEqual(sorted(expected));
    expect(passes.length).toBeGreaterThan(2);
    for (const { prefixes, rows, length } of passes) {
      expect(new Set(prefixes.map((prefix) => prefix.length)).size).toBe(1);
      const lengths = rows.map(({ rest, tokens }) => rest.length + tokens.length - 1);
      expect(rows.length === 1 || rows.length * Math.max(...lengths) <= 12).toBe(true);
      expect(length - Math.max(...lengths)).toBeLessThan(4);
    }
  });

  it('are none where nothing is to be learned', () => {
    expect(planPasses(PROMPTS, ROLLOUTS.map((one) => ({ ...one, advantage: 0 })), 8)).toEqual([]); // prettier-ignore
  });
});

describe.each(MODELS)('the loss on %s', (name) => {
  it('reads each prompt once and gives the log-probabilities of reading prompt and response together', async () => {
    const one = await loadModel(join(GOLDEN, name));
    const adapter = await openMoved({ kind: 'vectors', layers: [0, 1] }, one);
    const { edits } = adapter.apply(one.parameters);
    for (const pass of planPasses(PROMPTS, ROLLOUTS, 100)) {
      const got = tf.tidy(() => surprisals(one.config, adapter.apply(one.parameters), pass).dataSync());
      for (const [r, { prefix, rest, tokens }] of pass.rows.entries()) {
        const prompt = [...pass.prefixes[prefix], ...rest];
        const ids = [...prompt, ...tokens];
        const logs = tf.tidy(() => {
          const tokens_BT: Tensor2D = tf.tensor2d(ids, [1, ids.length], 'int32');
          return tf.logSoftmax(one.logits(tokens_BT, edits)).arraySync()[0];
        });
        tokens.forEach((token, t) => {
          const expected = -logs[prompt.length - 1 + t][token];
          const found = got[r * pass.length + rest.length - 1 + t];
          expect(found, `${name} row ${r} token ${t}`).toBeCloseTo(expected, 3);
        });
      }
    }
    adapter.dispose();
    one.dispose();
  });
});

describe('the gradient', () => {
  it.each([
    ...PLACES.map((place) => ({ kind: 'vectors', layers: [0, 1], place }) as const),
    { kind: 'rank', layers: [0, 1], rank: 2 } as const,
    { kind: 'adaptive', layers: [1] } as const,
    { kind: 'lora', layers: [0, 1], rank: 2 } as const,
    { kind: 'full', layers: [0, 1] } as const,
  ])('of $kind ($place) is what finite differences give', async (input) => {
    const adapter = await openMoved(input);
    const gradients = policyGradients(model, adapter, planPasses(PROMPTS, ROLLOUTS, 8), TOKENS);
    expect(Object.keys(gradients).sort()).toEqual(Object.keys(adapter.variables).sort());
    const rng = createRng(5);
    for (const [name, variable] of Object.entries(adapter.variables)) {
      const direction = Float32Array.from({ length: variable.size }, () => rng.normal());
      const values = await gradients[name].data();
      const analytic = direction.reduce((sum, one, i) => sum + one * values[i], 0);
      const start = (await variable.data()).slice() as Float32Array;
      const at = (step: number): number => {
        const moved = start.map((value, i) => value + step * direction[i]);
        tf.tidy(() => variable.assign(tf.tensor(moved, variable.shape)));
        return lossOf(adapter);
      };
      const h = 3e-4;
      const numeric = (at(h) - at(-h)) / (2 * h);
      at(0);
      expect(Math.abs(analytic - numeric), `${name}: ${analytic} ${numeric}`).toBeLessThan(
        2e-2 * Math.max(0.3, Math.abs(numeric)),
      );
    }
    tf.dispose(gradients);
    adapter.dispose();
  });

  it('does not depend on how the responses are cut into passes', async () => {
    const adapter = await openMoved({ kind: 'vectors', layers: [0, 1] });
    const read = (mostTokens: number) => {
      const gradients = policyGradients(model, adapter, planPasses(PROMPTS, ROLLOUTS, mostTokens), TOKENS);
      const values = Object.values(gradients).map((gradient) => Array.from(gradient.dataSync()));
      tf.dispose(gradients);
      return values.flat();
    };
    const [small, large] = [read(1), read(1000)];
    small.forEach((value, i) => expect(value).toBeCloseTo(large[i], 5));
    adapter.dispose();
  });

  it('leaves no tensor behind', async () => {
    const adapter = await openMoved({ kind: 'adaptive', layers: [1] });
    const before = tf.memory().numTensors;
    tf.dispose(policyGradients(model, adapter, planPasses(PROMPTS, ROLLOUTS, 8), TOKENS));
    expect(tf.memory().numTensors).toBe(before);
    adapter.dispose();
  });
});
