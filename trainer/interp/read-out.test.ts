import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../compute/backend.ts';
import { createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import { type ReadOutOptions, readOut } from './read-out.ts';
import type { Readout } from './records.ts';
import type { ReadOutProgress } from './subject.ts';
import { createToyDictionary, createToyModel, createToyTokenizer } from './toy-subject.ts';
import { pickWindows } from './windows.ts';

const V = 40;
const D = 6;
const F = 24;

const randomRows = (seed: number, rows: number): number[][] => {
  const rng = createRng(seed);
  return Array.from({ length: rows }, () => {
    const row = Array.from({ length: D }, () => rng.normal());
    const norm = Math.hypot(...row);
    return row.map((value) => value / norm);
  });
};

function optionsFor(over: Partial<ReadOutOptions> = {}): ReadOutOptions {
  const rng = createRng(6);
  const tokens = () => Uint16Array.from({ length: 640 }, () => rng.int(V));
  return {
    model: createToyModel(randomRows(1, V), randomRows(2, V)),
    tokenizer: createToyTokenizer(Array.from({ length: V }, (_, token) => ` w${token}`)),
    dictionary: createToyDictionary(randomRows(3, F)),
    hookpoint: 'layers.0.residual.post',
    texts: [
      { corpus: 'one', name: 'One', tokens: tokens() },
      { corpus: 'two', name: 'Two', tokens: tokens(), offset: 5000 },
    ],
    budgets: [1, 2, 4],
    windowLength: 16,
    tokenCount: 1280,
    ceTokenCount: 320,
    skipFirst: 1,
    specialTokens: [0],
    windowsPerBatch: 8,
    seed: 3,
    ...over,
  };
}

async function collect(options: ReadOutOptions): Promise<{ readout: Readout; progress: ReadOutProgress[] }> {
  const progress: ReadOutProgress[] = [];
  const steps = readOut(options);
  for (;;) {
    const step = await steps.next();
    if (step.done) return { readout: step.value, progress };
    progress.push(step.value);
  }
}

beforeAll(async () => {
  await openBackend({ name: 'cpu' });
});

describe('read-out', () => {
  it('gives the same records, byte for byte, every time and for every batch size', async () => {
    const first = await collect(optionsFor());
    const again = await collect(optionsFor());
    const other = await collect(optionsFor({ windowsPerBatch: 3 }));
    expect(JSON.stringify(again.readout)).toBe(JSON.stringify(first.readout));
    for (const part of ['featureLevels', 'examples', 'labels', 'scores', 'windows'] as const) {
      expect(JSON.stringify(other.readout[part])).toBe(JSON.stringify(first.readout[part]));
    }
  });

  it('leaves out hidden states too long to be trained on, as the harvest does', async () => {
    const SINK = 7;
    const rows = randomRows(1, V).map((row, token) => row.map((value) => (token === SINK ? 50 : 1) * value));
    const model = createToyModel(rows, randomRows(2, V));
    const { tokenCount } = (await collect(optionsFor({ model }))).readout.summary;
    const { readout, progress } = await collect(optionsFor({ model, maxNormRatio: 10 }));
    const windows = pickWindows(optionsFor().texts, optionsFor());
    const sinks = windows.tokens.filter((token, n) => windows.counted_N[n] === 1 && token === SINK).length;
    expect(sinks).toBeGreaterThan(5);
    expect(readout.summary.tokenCount).toBe(tokenCount - sinks);
    expect(Math.max(...readout.features.map(({ maxAct }) => maxAct))).toBeLessThan(1.001);
    expect(progress[0].phase).toBe('outliers');
  });

  it('is complete: every feature at every budget, every example with its window, numbers that agree', async () => {
    const { readout } = await collect(optionsFor());
    expect(readout.features.map(({ feature }) => feature)).toEqual(Array.from({ length: F }, (_, f) => f));
    expect(readout.featureLevels.length).toBe(F * 3);
    expect(readout.featureCorpora.length).toBe(F * 3 * 2);
    expect(readout.intervals.length).toBe(F * 3 * 5);
    expect(readout.logits.length).toBe(F * 2 * 10);
    expect(readout.neighbours.length).toBe(F * 10);
    const windows = new Map(readout.windows.map((window) => [`${window.corpus} ${window.start}`, window]));
    expect(windows.size).toBe(readout.windows.length);
    expect(readout.examples.length).toBeGreaterThan(0);
    for (const { corpus, start } of readout.examples)
      expect(windows.get(`${corpus} ${start}`)?.tokens.length).toBe(16);
    const { tokenCount, corpora } = readout.summary;
    expect(corpora.reduce((sum, corpus) => sum + corpus.tokenCount, 0)).toBe(tokenCount);
    for (const level of readout.levels) {
      const stats = readout.featureLevels.filter(({ budget }) => budget === level.budget);
      expect(level.tokenCount).toBe(tokenCount);
      expect(level.l0).toBeCloseTo(stats.reduce((sum, stat) => sum + stat.fireCount, 0) / tokenCount, 9);
      expect(level.deadFraction).toBe(stats.filter(({ fireCount }) => fireCount === 0).length / F);
      expect(level.deltaCe).toBe(level.ceSpliced - level.ceOriginal);
      expect(level.ceTokenCount).toBeGreaterThan(200);
    }
    const silent = readout.features.filter(({ density }) => density === 0).length;
    expect(readout.labels.length).toBe(F - silent);
    expect(readout.scores.length).toBe(F - silent);
  });

  it('reports every phase up to its end and lets other work run in between', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    const { progress } = await collect(optionsFor());
    clearInterval(timer);
    const phases = [...new Set(progress.map(({ phase }) => phase))];
    expect(phases).toEqual(['acts', 'cross-entropy', 'logits', 'neighbours', 'features']);
    for (const phase of phases) {
      const steps = progress.filter((step) => step.phase === phase);
      steps.slice(1).forEach((step, i) => expect(step.done).toBeGreaterThanOrEqual(steps[i].done));
      expect(steps.at(-1)?.done).toBe(steps.at(-1)?.total);
    }
    expect(turns).toBeGreaterThan(3);
  });

  it('leaks no tensors', async () => {
    const options = optionsFor();
    await collect(options);
    const before = tf.memory().numTensors;
    await collect(options);
    expect(tf.memory().numTensors).toBe(before);
  });
});
