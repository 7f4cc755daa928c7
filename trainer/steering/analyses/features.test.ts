import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../../compute/backend.ts';
import { loadModel, type LanguageModel } from '../../lm/model.ts';
import { wilsonShare } from '../statistics/wilson.ts';
import { rankFeatures, readFeatures, type ReadableFeatures } from './features.ts';

/** Opening a backend may compile its addon first. */
const LOAD_MS = 60_000;

let model: LanguageModel;

beforeAll(async () => {
  await openBackend({ say: () => {} });
  model = await loadModel(join(import.meta.dirname, '../../lm/golden/qwen2'));
}, LOAD_MS);

describe('ranking features', () => {
  it('by firing in right against wrong answers, worked by hand', () => {
    const fired = {
      correct: new Map([
        [7, 3],
        [4, 4],
      ]),
      incorrect: new Map([
        [7, 1],
        [4, 4],
        [9, 1],
      ]),
    };
    const ranked = rankFeatures(fired, 4, 4);
    expect(ranked[0]).toEqual({
      feature: 7,
      correctShare: 0.75,
      incorrectShare: 0.25,
      difference: 0.5,
      pValue: expect.closeTo(34 / 70, 12),
      // Three tests, the smallest p: 3 p, but q never exceeds that of a larger p, which is 1.
      qValue: 1,
    });
    expect(ranked.map(({ feature }) => feature)).toEqual([7, 9, 4]);
    expect(ranked[2].pValue).toBeCloseTo(1, 12);
  });

  it('knows no difference where all answers are right', () => {
    const [one] = rankFeatures({ correct: new Map([[1, 2]]), incorrect: new Map() }, 3, 0);
    expect(one).toMatchObject({ incorrectShare: 0, pValue: 1, qValue: 1 });
  });
});

describe('reading a vector by a dictionary', () => {
  it('tells features of right answers, resembles decoder rows and steers with them', async () => {
    const D = model.config.hiddenWidth;
    const decoder_FD = new Float32Array(3 * D);
    decoder_FD[0] = 2;
    decoder_FD[D + 1] = 1;
    decoder_FD[2 * D + 2] = 1;
    const vector_D = new Float32Array(D);
    vector_D.set([3, -4]);
    const rowCounts: number[] = [];
    const dictionary: ReadableFeatures = {
      ...{ slug: 'toy', hookpoint: 'layers.1.residual.post', budget: 2, decoder_FD },
      // Feature 0 fires in the first token of texts with two, feature 2 everywhere.
      encode: (hidden_ND) => {
        const rows = hidden_ND.length / D;
        rowCounts.push(rows);
        const fired = Array.from({ length: rows }, (_, row) => (row === 0 && rows === 2 ? [0, 2] : [2]));
        return Promise.resolve(fired);
      },
    };
    const texts = [
      { prompt: [3, 1], response: [4, 1], isCorrect: true },
      { prompt: [5, 9, 2], response: [6, 5], isCorrect: true },
      { prompt: [5], response: [3], isCorrect: false },
    ];
    const directions: Float32Array[] = [];
    const reading = await readFeatures({
      ...{ model, dictionary, texts, vector_D },
      overlay: { parameters: model.parameters, edits: [] },
      measure: (direction_D) => Promise.resolve((directions.push(direction_D), wilsonShare(1, 2))),
    });
    expect(rowCounts).toEqual([2, 2, 1]);
    expect(reading).toMatchObject({ correct: 2, incorrect: 1, tested: 2, dictionary: 'toy', budget: 2 });
    expect(reading.features.map(({ feature, difference }) => [feature, difference])).toEqual([
      [0, 1],
      [2, 0],
    ]);
    expect(reading.features[0].cosine).toBeCloseTo(0.6, 6);
    expect(reading.features[0].tokens).toHaveLength(8);
    expect(reading.decomposition.map(({ feature, cosine }) => [feature, Math.round(cosine * 10)])).toEqual([
      [1, -8],
      [0, 6],
      [2, 0],
    ]);
    expect(reading.steering.map(({ feature, scale }) => [feature, scale])).toEqual([
      [0, 0.5],
      [0, 1],
      [0, 2],
    ]);
    expect(directions.map((direction_D) => direction_D[0])).toEqual([2.5, 5, 10]);
  });
});
