import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openBackend, type Backend } from '../compute/backend.ts';
import { tf } from '../compute/tf.ts';
import { loadModel, type LanguageModel } from '../lm/model.ts';
import type { Adapter, AdapterInput } from './adapter.ts';
import { createAdapter } from './create-adapter.ts';
import { fitSteering, type SteeringInput, type SteeringOutcome } from './fit.ts';
import { REWARD_OF, type Reward } from './rewards.ts';
import { STEERING_DEFAULTS, type SteeringSettings } from './settings.ts';

const STOP = 5;
/** A model of 29 tokens: a question is their ids. */
const chat = {
  stopTokens: [STOP],
  encode: (question: string) => {
    const tokens = question.split(' ').map(Number);
    return { tokens, segments: tokens.map(() => 'question' as const) };
  },
};
const problems = ['3 1 4', '1 5 9 2', '6 5', '3 5 8', '9 7', '9 3 2 3'].map((question) => {
  return { question, answer: 'none', testSet: 'train' };
});
/** Something a vector can learn at once: the first token is of the lower half. */
const lowFirst: Reward = ({ rollout }) => Number(rollout.tokens[0] < 14);

let backend: Backend;
let model: LanguageModel;
let folder: string;

beforeAll(async () => {
  backend = await openBackend({ say: () => {} });
  model = await loadModel(join(import.meta.dirname, '../lm/golden/qwen2'));
}, 60_000);
afterAll(() => model.dispose());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-steering-'));
});
afterEach(async () => rm(folder, { recursive: true }));

async function openInput(
  adapterInput: Partial<AdapterInput> = {},
  settings: Partial<SteeringSettings> = {},
): Promise<SteeringInput> {
  const adapter = await createAdapter({
    ...{ kind: 'vectors', layers: [0, 1, 2], seed: 1, model },
    ...adapterInput,
  });
  return {
    ...{ kernels: backend.kernels, model, adapter, chat, problems, reward: lowFirst, now: () => 0 },
    settings: {
      ...STEERING_DEFAULTS,
      ...{ stepTotal: 6, prompts: 4, generations: 4, maxTokens: 5 },
      rates: adapter.layers.map(() => 0.05),
      ...settings,
    },
    checkpointEverySteps: 2,
    fingerprint: { problems: 'six' },
  };
}

async function finish(input: SteeringInput): Promise<SteeringOutcome> {
  const running = fitSteering(input);
  for (;;) {
    const step = await running.next();
    if (step.done) return step.value;
  }
}

/** As a kill would: what is in memory is gone. */
async function runSteps(input: SteeringInput, count: number): Promise<void> {
  const running = fitSteering(input);
  for (let i = 0; i < count; i++) await running.next();
  await running.return(undefined as never);
}

describe('fitSteering', () => {
  it.each([
    { kind: 'vectors' } as const,
    { kind: 'rank', rank: 2 } as const,
    { kind: 'adaptive', layers: [1] } as const,
    { kind: 'lora' } as const,
    { kind: 'full' } as const,
  ])('ends with the same bits when stopped and started again: $kind', async (of) => {
    const whole = await finish(await openInput(of));
    expect(whole.curve.some(({ gradientNorm }) => gradientNorm > 0)).toBe(true);
    for (const stopAt of [1, 4, 5]) {
      await rm(folder, { recursive: true });
      const open = async () => ({ ...(await openInput(of)), checkpointFolder: folder });
      await runSteps(await open(), stopAt);
      const resumed = await finish(await open());
      expect(resumed, `stopped at ${stopAt}`).toEqual(whole);
    }
  });

  it('learns what is rewarded, and counts the tokens that it took', async () => {
    const settings = { stepTotal: 16, prompts: 6, generations: 8, rates: [2] };
    const { curve, applied, notes } = await finish(await openInput({ layers: [2] }, settings));
    expect(curve[0].reward).toBeLessThan(0.75);
    expect(curve.at(-1)!.reward).toBeGreaterThan(0.95);
    expect(curve[0].tokens).toBe(Math.round(curve[0].responseLength * 48));
    expect(curve.map(({ tokens }) => tokens)).toEqual(
      curve.map(({ tokens }) => tokens).sort((a, b) => a - b),
    );
    expect(curve.every(({ entropyNats }) => entropyNats > 0 && entropyNats <= Math.log(29))).toBe(true);
    expect(applied!.layers[0].values_D).toHaveLength(24);
    expect(curve.at(-1)!.norms[0]).toBeCloseTo(Math.hypot(...applied!.layers[0].values_D), 4);
    expect(notes).not.toContainEqual(expect.stringContaining('nothing was learned'));
  });

  it('draws other responses with another seed, and the same with the same', async () => {
    const curveOf = async (seed: number) => (await finish(await openInput({}, { seed, stepTotal: 2 }))).curve;
    expect(await curveOf(2)).toEqual(await curveOf(2));
    expect(await curveOf(2)).not.toEqual(await curveOf(3));
  });

  it('leaves no tensor behind', async () => {
    const input = await openInput();
    const before = tf.memory().numTensors;
    await finish(input);
    await runSteps(input, 2);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('rewards that teach nothing', () => {
  it.each([0, 1])('of always %d give no gradient, leave the vectors at zero and are said', async (value) => {
    const input = { ...(await openInput()), reward: () => value };
    const { curve, applied, notes } = await finish(input);
    expect(curve.map(({ gradientNorm }) => gradientNorm)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(applied!.layers.every(({ values_D }) => values_D.every((one) => one === 0))).toBe(true);
    expect(notes[0]).toMatch(new RegExp(`mean reward ${value}.00.*nothing was learned`));
  });

  it('are refused where they are no numbers, and nothing is learned from them', async () => {
    const input = { ...(await openInput()), reward: () => Number.NaN, checkpointFolder: folder };
    await expect(finish(input)).rejects.toThrow(/expected a finite number, got NaN/);
    expect(await input.adapter.norms()).toEqual([0, 0, 0]);
  });

  it('come of answers that are never ended: they count as wrong, and how many there are is on record', async () => {
    const endless = { ...chat, stopTokens: [] };
    const judged: boolean[] = [];
    const reward: Reward = (one, rng) => {
      judged.push(one.isCorrect);
      return REWARD_OF.exact(one, rng);
    };
    const { curve, notes } = await finish({ ...(await openInput()), chat: endless, reward });
    expect(curve.every(({ cutShare, reward: mean }) => cutShare === 1 && mean === 0)).toBe(true);
    expect(new Set(judged)).toEqual(new Set([false]));
    expect(notes.join(' ')).toMatch(
      /nothing was learned.*100 % of the responses wrote no stop token within 5/,
    );
  });

  it('are drawn by a coin as a control: other than what was written, but the same each time', async () => {
    const rewards = async () => {
      const { curve } = await finish({ ...(await openInput()), reward: REWARD_OF.random });
      return curve.map(({ reward }) => reward);
    };
    const first = await rewards();
    expect(first.every((mean) => mean > 0.05 && mean < 0.95)).toBe(true);
    expect(await rewards()).toEqual(first);
  });
});

describe('bad input', () => {
  it('is refused before the first step', async () => {
    const refuse = async (change: Partial<SteeringInput>, settings = {}) =>
      expect(finish({ ...(await openInput({}, settings)), ...change })).rejects;
    await (await refuse({ problems: [] })).toThrow(/Expected problems, got none/);
    const long = [{ ...problems[0], question: new Array(64).fill('1').join(' ') }];
    await (await refuse({ problems: long })).toThrow(/prompt of 1 to 63 tokens.*got 64/);
    await (await refuse({}, { generations: 1 })).toThrow(/generations per prompt from 2/);
    await (await refuse({}, { rates: [0.1] })).toThrow(/learning rate above 0 for each of 3 layers, got 0.1/);
    const random: Adapter = await createAdapter({ kind: 'random', layers: [1], norms: [2], seed: 1, model });
    const settings = { ...(await openInput()).settings, rates: [1] };
    await (await refuse({ adapter: random, settings })).toThrow(/an adapter that learns, got random/);
  });

  it('is not what another order of the same facts is: the checkpoint is gone on with', async () => {
    const facts = { problems: 'six', reward: 'exact' };
    const at = async (fingerprint: SteeringInput['fingerprint']) => ({
      ...(await openInput()),
      ...{ checkpointFolder: folder, fingerprint },
    });
    const whole = await finish({ ...(await openInput()), fingerprint: facts });
    await runSteps(await at(facts), 5);
    expect(await finish(await at({ reward: 'exact', problems: 'six' }))).toEqual(whole);
  });

  it('such as the checkpoint of another run is told from the same', async () => {
    await runSteps({ ...(await openInput()), checkpointFolder: folder }, 3);
    const other = { ...(await openInput({}, { seed: 9 })), checkpointFolder: folder };
    await expect(finish(other)).rejects.toThrow(/holds another run: expected .*"seed":9.*, got .*"seed":1/);
  });
});
