import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tensor2D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../compute/backend.ts';
import { createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import type { Edit } from './edits.ts';
import { generate, generateAll } from './generate.ts';
import { loadModel, type LanguageModel } from './model.ts';
import { pickToken } from './pick-token.ts';

const GOLDEN = join(import.meta.dirname, 'golden');
const CASES = readdirSync(GOLDEN, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const GREEDY = { temperature: 0, seed: 1 };
const SAMPLED = { temperature: 1.2, topP: 0.9, seed: 7 };
const PROMPTS = [[3, 1, 4], [1, 5, 9, 2, 6, 5], [3], [5, 8, 9]];

let model: LanguageModel;

beforeAll(async () => {
  await openBackend({ say: () => {} });
  model = await loadModel(join(GOLDEN, 'gemma2'));
});

/** Recomputing the whole text at every step. */
function continueSlowly(prompt: readonly number[], count: number, edits: Edit[] = []): number[] {
  const ids = [...prompt];
  for (let i = 0; i < count; i++) {
    const logits_V = tf.tidy(() => {
      const tokens_BT: Tensor2D = tf.tensor2d(ids, [1, ids.length], 'int32');
      return model
        .logits(tokens_BT, edits)
        .slice([0, ids.length - 1, 0], [1, 1, -1])
        .dataSync();
    });
    ids.push(pickToken(logits_V as Float32Array, GREEDY, createRng(0)));
  }
  return ids.slice(prompt.length);
}

describe('generate', () => {
  it.each(CASES)('continues %s greedily as transformers does', async (name) => {
    const one = await loadModel(join(GOLDEN, name));
    const { prompt, greedy } = JSON.parse(readFileSync(join(GOLDEN, name, 'expected.json'), 'utf8')) as {
      prompt: number[];
      greedy: number[];
    };
    const maxTokens = greedy.length - prompt.length;
    const [{ tokens, ended }] = await generateAll(one, [prompt], { ...GREEDY, maxTokens });
    expect([...prompt, ...tokens]).toEqual(greedy);
    expect(ended).toBe('length');
    one.dispose();
  });

  it.each([
    ['greedily', GREEDY],
    ['by chance', SAMPLED],
  ])('continues prompts of different lengths %s as it does each alone', async (_, sampling) => {
    const together = await generateAll(model, PROMPTS, { ...sampling, maxTokens: 8 });
    for (const [row, prompt] of PROMPTS.entries()) {
      const options = { ...sampling, seed: sampling.seed + row, maxTokens: 8 };
      expect(await generateAll(model, [prompt], options), `prompt ${row}`).toEqual([together[row]]);
    }
  });

  it('continues a prompt in several ways, each as it would be alone', async () => {
    const together = await generateAll(model, PROMPTS, { ...SAMPLED, samples: 3, maxTokens: 6 });
    const alone = await generateAll(
      model,
      PROMPTS.flatMap((prompt) => [prompt, prompt, prompt]),
      { ...SAMPLED, maxTokens: 6 },
    );
    expect(together).toEqual(alone);
    for (const row of [0, 4, 11]) {
      const options = { ...SAMPLED, seed: SAMPLED.seed + row, maxTokens: 6 };
      const [one] = await generateAll(model, [PROMPTS[Math.floor(row / 3)]], options);
      expect(together[row], `sequence ${row}`).toEqual(one);
    }
    expect(new Set(together.slice(0, 3).map(({ tokens }) => tokens.join())).size).toBeGreaterThan(1);
    await expect(generateAll(model, PROMPTS, { ...SAMPLED, samples: 0, maxTokens: 6 })).rejects.toThrow(
      /samples to be a whole number from 1, got 0/,
    );
  });

  it.each([0, 1, 0.5])('tells how likely each token was at temperature %d', async (temperature) => {
    const options = { temperature, seed: 4, maxTokens: 5, withScores: true };
    const [{ tokens, scores }] = await generateAll(model, [PROMPTS[1]], options);
    const warmth = temperature === 0 ? 1 : temperature;
    const expected = tf.tidy(() => {
      const ids = [...PROMPTS[1], ...tokens.slice(0, -1)];
      const logits_TV = model.logits(tf.tensor2d(ids, [1, ids.length], 'int32')).squeeze<Tensor2D>([0]);
      return tf.logSoftmax(logits_TV.slice(PROMPTS[1].length - 1).div(warmth)).arraySync() as number[][];
    });
    tokens.forEach((token, at) => {
      const entropy = -expected[at].reduce((sum, log) => sum + Math.exp(log) * log, 0);
      expect(scores![at].logProbability).toBeCloseTo(expected[at][token], 4);
      expect(scores![at].entropy).toBeCloseTo(entropy, 4);
    });
    expect(scores).toHaveLength(tokens.length);
  });

  it('takes other parameters than the model has', async () => {
    const turned = tf.tidy(() => tf.keep(model.parameters['embedding.weight'].mul(-1)));
    const parameters = { ...model.parameters, 'embedding.weight': turned };
    const options = { ...GREEDY, maxTokens: 6 };
    const [other] = await generateAll(model, [PROMPTS[1]], { ...options, parameters });
    const [own] = await generateAll(model, [PROMPTS[1]], options);
    expect(other.tokens).not.toEqual(own.tokens);
    turned.dispose();
  });

  it('is the same for the same seed, and another for another', async () => {
    const textOf = async (seed: number) =>
      (await generateAll(model, PROMPTS, { ...SAMPLED, seed, maxTokens: 12 })).map(({ text }) => text);
    expect(await textOf(3)).toEqual(await textOf(3));
    expect(await textOf(3)).not.toEqual(await textOf(30));
  });

  it('makes edits on every token, at several hookpoints', async () => {
    const turn = (by: number) => (hidden_BTD: Parameters<Edit['apply']>[0]) =>
      hidden_BTD.mul<typeof hidden_BTD>(by);
    const edits: Edit[] = [
      { hookpoint: 'layers.0.mlp.out', apply: turn(-3) },
      { hookpoint: 'blocks.1.hook_resid_post', apply: turn(0.5) },
    ];
    const [{ tokens }] = await generateAll(model, [PROMPTS[1]], { ...GREEDY, maxTokens: 10, edits });
    expect(tokens).toEqual(continueSlowly(PROMPTS[1], 10, edits));
    expect(tokens).not.toEqual(continueSlowly(PROMPTS[1], 10));
  });

  it('ends each sequence for itself: at an end token, at a stop text, at its length', async () => {
    const free = await generateAll(model, PROMPTS, { ...SAMPLED, maxTokens: 10 });
    const letters = free.map(({ text }) => text);
    const stop = letters[0].slice(3, 5);
    const end = free[1].tokens[4];
    const ended = await generateAll(model, PROMPTS, {
      ...SAMPLED,
      maxTokens: 10,
      stops: [stop],
      endTokens: [end],
    });
    for (const [row, { tokens, text, ended: why }] of ended.entries()) {
      const endAt = free[row].tokens.indexOf(end);
      const stopAt = letters[row].indexOf(stop);
      const first = [endAt, stopAt].filter((at) => at >= 0).sort((a, b) => a - b)[0];
      expect(text).toBe(letters[row].slice(0, first));
      expect(tokens).toEqual(free[row].tokens.slice(0, tokens.length));
      expect(why).toBe(first === undefined ? 'length' : first === endAt ? 'end' : 'stop');
    }
    expect(new Set(ended.map(({ ended: why }) => why)).size).toBe(3);
  });

  it('shows every token as it comes, and keeps no tensor, stopped half-way or not', async () => {
    const before = tf.memory().numTensors;
    const seen: number[][] = PROMPTS.map(() => []);
    const running = generate(model, PROMPTS, { ...SAMPLED, maxTokens: 5 });
    let step = await running.next();
    for (; !step.done; step = await running.next()) {
      for (const { row, token } of step.value) seen[row].push(token);
    }
    expect(seen).toEqual(step.value.map(({ tokens }) => tokens));
    for await (const _ of generate(model, PROMPTS, { ...SAMPLED, maxTokens: 5 })) break;
    expect(tf.memory().numTensors).toBe(before);
  });

  it('fills the context and no more', async () => {
    const one = await loadModel(join(GOLDEN, 'gpt2'));
    const options = { ...GREEDY, maxTokens: 99, endTokens: [] };
    const grown = await generateAll(one, [[1, 2, 3], Array<number>(16).fill(1)], options);
    expect(grown.map(({ tokens }) => tokens.length)).toEqual([13, 0]);
    await expect(generateAll(one, [Array<number>(17).fill(1)], options)).rejects.toThrow(/1 to 16 token ids/);
    await expect(generateAll(one, [[]], options)).rejects.toThrow(/got 0/);
    one.dispose();
  });
});

describe('pickToken', () => {
  const logits = Float32Array.from([0.2, 0.5, 0.3], Math.log);

  it('takes the likeliest at temperature 0, the first of equals', () => {
    expect(pickToken(logits, { temperature: 0 }, createRng(1))).toBe(1);
    expect(pickToken(Float32Array.of(1, 2, 2), { temperature: 0 }, createRng(1))).toBe(1);
  });

  it('draws by probability, and by the squares of them at temperature 1/2', () => {
    const share = (temperature: number, topP?: number): number[] => {
      const rng = createRng(5);
      const counts = [0, 0, 0];
      for (let i = 0; i < 20_000; i++) counts[pickToken(logits, { temperature, topP }, rng)] += 1 / 20_000;
      return counts;
    };
    const expectNear = (got: number[], expected: number[]) =>
      expected.forEach((p, i) => expect(Math.abs(got[i] - p)).toBeLessThan(0.015));
    expectNear(share(1), [0.2, 0.5, 0.3]);
    expectNear(share(0.5), [4 / 38, 25 / 38, 9 / 38]);
    expectNear(share(1, 0.6), [0, 5 / 8, 3 / 8]);
    expect(share(1, 0.5)).toEqual([0, expect.closeTo(1), 0]);
  });
});
