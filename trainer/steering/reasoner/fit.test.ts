import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../../compute/backend.ts';
import type { Kernels } from '../../compute/kernels.ts';
import { tf } from '../../compute/tf.ts';
import { createLlamaConfig } from '../../lm/architectures/llama.ts';
import { createTokenizer } from '../../lm/tokenizer/tokenizer.ts';
import { createChat } from '../chat.ts';
import type { Speech } from './conversations.ts';
import { fitReasoner, measureHeldOut, type ReasonerFit, type ReasonerFitSettings } from './fit.ts';
import { createTokenizerConfig, fitReasonerTokenizer, TURN_END } from './tokenizer.ts';

let kernels: Kernels;
let speech: Speech;
beforeAll(async () => {
  ({ kernels } = await openBackend({ say: () => {} }));
  const config = createTokenizerConfig(160);
  const tokenizer = createTokenizer(fitReasonerTokenizer(512, 1), config);
  speech = { tokenizer, chat: createChat(config, tokenizer, 'test'), turnEnd: tokenizer.encode(TURN_END)[0] };
});

const SETTINGS: ReasonerFitSettings = {
  seed: 1,
  stepTotal: 40,
  practiceSteps: 20,
  mixture: 'base',
  rows: 4,
  peakRate: 1e-2,
  warmupSteps: 4,
  decaySteps: 10,
  weightDecay: 0.1,
  clipNorm: 1,
};

const createConfig = () =>
  createLlamaConfig({
    vocabSize: speech.tokenizer.vocabSize,
    hiddenWidth: 16,
    layerCount: 1,
    headCount: 2,
    kvHeadCount: 2,
    headWidth: 8,
    mlpWidth: 32,
    contextLength: 160,
    tiedEmbeddings: true,
  });

async function fit(settings: ReasonerFitSettings, from?: ReasonerFit['arrays']): Promise<ReasonerFit> {
  const running = fitReasoner(kernels, createConfig(), settings, speech, from);
  for (;;) {
    const { done, value } = await running.next();
    if (done) return value;
  }
}

function heldOut(arrays: ReasonerFit['arrays']) {
  const entries = Object.entries(arrays).map(([name, { shape, values }]) => [
    name,
    tf.tensor(values, [...shape]),
  ]);
  const parameters = Object.fromEntries(entries) as Record<string, ReturnType<typeof tf.tensor>>;
  const measured = measureHeldOut(parameters, createConfig(), speech, {
    mixture: 'base',
    conversations: 70,
    seed: 5,
  });
  tf.dispose(parameters);
  return measured;
}

describe('fitReasoner', () => {
  it('learns: its loss on held-out answers is far below that of chance', async () => {
    const { arrays, curve, targets } = await fit(SETTINGS);
    const { lossNats, tokenCount } = heldOut(arrays);
    expect(lossNats).toBeLessThan(Math.log(speech.tokenizer.vocabSize) - 2);
    expect(tokenCount).toBeGreaterThan(70 * 6);
    expect(curve.map(({ step }) => step)).toEqual([25, 40]);
    expect(targets).toBeGreaterThan(40 * 4 * 7);
  });

  it('gives the same weights for the same seed', async () => {
    const short = { ...SETTINGS, stepTotal: 6, practiceSteps: 3, decaySteps: 2 };
    const [one, again, other] = [await fit(short), await fit(short), await fit({ ...short, seed: 2 })];
    const sum = ({ arrays }: ReasonerFit) =>
      Object.values(arrays).reduce((total, { values }) => values.reduce((a, b) => a + Math.abs(b), total), 0);
    expect(sum(again)).toBe(sum(one));
    expect(sum(other)).not.toBe(sum(one));
  });

  it('goes on from weights that are given', async () => {
    const { arrays } = await fit(SETTINGS);
    const still = {
      ...SETTINGS,
      stepTotal: 1,
      practiceSteps: 0,
      warmupSteps: 1,
      decaySteps: 1,
      peakRate: 1e-9,
    };
    const { lossNats } = heldOut((await fit(still, arrays)).arrays);
    expect(lossNats).toBeCloseTo(heldOut(arrays).lossNats, 4);
  });
});
