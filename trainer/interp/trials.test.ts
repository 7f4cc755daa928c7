import { describe, expect, it } from 'vitest';
import { tf } from '../compute/tf.ts';
import { evaluateOn } from './evaluate-on.ts';
import { readPassages } from './read-passages.ts';
import { createToyDictionary, createToyModel } from './toy-subject.ts';
import { trialSlug } from './trial-records.ts';

/** Tokens 0, 1 and 2 lie on three axes; logits are the hidden states themselves, stretched. */
const EYE = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]; // prettier-ignore
const model = createToyModel(EYE, [[3, 0, 0], [0, 3, 0], [0, 0, 3]]); // prettier-ignore
/** The base knows the first axis alone; the residual the second. */
const base = { ...createToyDictionary([[1, 0, 0]]), k: 1 };
const residual = { ...createToyDictionary([[0, 1, 0]]), k: 1 };
const both = { ...createToyDictionary([[1, 0, 0], [0, 1, 0]]), k: 1 }; // prettier-ignore

const text = { corpus: 'toy', name: 'Toy', tokens: Int32Array.from([0, 0, 0, 0, 1, 1, 1, 0, 2, 2, 2, 2]) };
const options = { model, hookpoint: 'toy', text, windowLength: 4, tokenCount: 12, skipFirst: 0 };

async function last<Result>(steps: AsyncGenerator<unknown, Result>): Promise<Result> {
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
  }
}

describe('evaluation on a corpus', () => {
  const measure = (dictionary: typeof both, changes = {}) =>
    last(
      evaluateOn({
        ...{
          ...options,
          dictionary,
          ownFrom: 0,
          isResidual: false,
          budget: 7,
          ceTokenCount: 12,
          windowsPerBatch: 2,
        },
        ...changes,
      }),
    );

  it('is worked by hand', async () => {
    const got = await measure(both);
    // 5 tokens on axis 0, 3 on axis 1, 4 on axis 2, which is missed: Σ|x - μ|² = 12 - (25 + 9 + 16)/12.
    expect(got.explainedVariance).toBeCloseTo(1 - 4 / (12 - 50 / 12), 6);
    expect(got).toMatchObject({
      corpus: 'toy',
      budget: 7,
      tokenCount: 12,
      ceTokenCount: 9,
      residualL0: null,
    });
    expect(got.l0).toBeCloseTo(8 / 12, 12);
    expect(got.deltaCe).toBeCloseTo(got.ceSpliced - got.ceOriginal, 12);
    expect(got.ceSpliced).toBeGreaterThan(got.ceOriginal);
    expect(got.ceZero).toBeCloseTo(Math.log(3), 5);
    expect(got.ceRecovered).toBeCloseTo((got.ceZero - got.ceSpliced) / (got.ceZero - got.ceOriginal), 12);
  });

  it('counts the acts and the silence of the features after the base as the residual', async () => {
    const three = { ...createToyDictionary([[1, 0, 0], [0, 1, 0], [-1, -1, -1]]), k: 1 }; // prettier-ignore
    const got = await measure(three, { ownFrom: 1, isResidual: true });
    expect(got.residualL0).toBeCloseTo(3 / 12, 12);
    expect(got.deadFraction).toBe(0.5);
  });
});

describe('passages', () => {
  const read = (passages: number) => last(readPassages({ ...options, base, residual, passages }));

  it('come from where the boost takes away the greatest share of the error, and tell token by token', async () => {
    const [first, ...others] = await read(3);
    expect([first.start, first.rank, first.corpus]).toEqual([4, 0, 'toy']);
    expect(others.map(({ start }) => start)).not.toContain(4);
    expect(first.tokens).toEqual([1, 1, 1, 0]);
    expect(first.base).toEqual({ width: 1, indices: [0, 0, 0, 0], acts: [0, 0, 0, 1] });
    expect(first.boost).toEqual({ width: 1, indices: [0, 0, 0, 0], acts: [1, 1, 1, 0] });
    const variance = (12 - 50 / 12) / 12;
    first.baseErrors.forEach((error, t) => expect(error).toBeCloseTo([1, 1, 1, 0][t] / variance, 6));
    expect(first.boostedErrors).toEqual([0, 0, 0, 0]);
    // With the boost the model is as untouched; the base alone leaves the first three next tokens to chance.
    expect(first.ceBoosted).toEqual(first.ceOriginal);
    first.ceBase.forEach((ce, t) => expect(ce).toBeCloseTo([Math.log(3), Math.log(3), Math.log(3), 0][t], 5));
    expect(first.ceOriginal[3]).toBe(0);
  });

  it('leave no tensors behind', async () => {
    const before = tf.memory().numTensors;
    await read(2);
    expect(tf.memory().numTensors).toBe(before);
  });
});

it('a trial is named by all that tells it from others', () => {
  const key = { experiment: 'boost', method: 'boost', base: 'prose', model: 'toy', domain: 'code' };
  expect(trialSlug({ ...key, k: 5, trainTokenCount: 100, seed: 2 })).toBe(
    'boost/prose/code/boost/k5/t100/s2',
  );
  expect(trialSlug({ ...key, base: null, domain: null, k: 2.5, trainTokenCount: 9, seed: 0 })).toBe(
    'boost/toy/-/boost/k2.5/t9/s0',
  );
});
