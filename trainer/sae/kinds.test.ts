import type { TopActs } from '../compute/kernels.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import * as oracle from '../compute/kernels.oracle.ts';
import { tf } from '../compute/tf.ts';
import { followThreshold } from './batch-topk.ts';
import { hierarchicalBudgets } from './hierarchical-topk.ts';
import { KINDS } from './kinds.ts';
import { arrangeByPrefix, matryoshkaGroupEnds } from './matryoshka-batch-topk.ts';
import type { Pass } from './pass.ts';
import { type Doubles, SIZES, randomDoubles, settingsOf, toPassInput } from './pass.fixture.ts';
import type { FitSettings } from './settings.ts';
import { topkBudgets } from './topk.ts';

const { B, D, F, K } = SIZES;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Which acts a kind keeps of all pre-acts, and the prefixes that must rebuild: sets of (row, feature) per term. */
interface Terms {
  /** Per term of the mean, whether an act takes part. */
  readonly terms: readonly ((row: number, feature: number) => boolean)[];
}

/** The loss as one function of all weights, in double precision, selection included. */
function lossOf(
  { encoder_FD, encoderBias_F, decoder_FD, decoderBias_D }: Doubles,
  { read, target }: { read: Float64Array; target: Float64Array },
  choose: (acts_BF: Float64Array) => Terms,
): number {
  const acts_BF = oracle.preActs(read, encoder_FD, encoderBias_F, SIZES).map((act) => Math.max(0, act));
  const { terms } = choose(acts_BF);
  let sum = 0;
  for (const takesPart of terms) {
    for (let b = 0; b < B; b++) {
      for (let d = 0; d < D; d++) {
        let hat = decoderBias_D[d];
        for (let f = 0; f < F; f++) if (takesPart(b, f)) hat += acts_BF[b * F + f] * decoder_FD[f * D + d];
        sum += (target[b * D + d] - hat) ** 2;
      }
    }
  }
  return sum / (terms.length * B * D);
}

/** 0 is the strongest of its row. */
function rankInRow(acts_BF: Float64Array, row: number, feature: number): number {
  const mine = acts_BF[row * F + feature];
  let rank = 0;
  for (let f = 0; f < F; f++) if (acts_BF[row * F + f] > mine) rank += 1;
  return mine > 0 ? rank : Infinity;
}

function rankInBatch(acts_BF: Float64Array, row: number, feature: number): number {
  const mine = acts_BF[row * F + feature];
  return mine > 0 ? acts_BF.filter((act) => act > mine).length : Infinity;
}

const CASES: [string, Partial<FitSettings>, (acts_BF: Float64Array) => Terms][] = [
  ['topk', {}, (acts) => ({ terms: [(b, f) => rankInRow(acts, b, f) < K] })],
  [
    'hierarchical-topk',
    { budgets: [1, 3] },
    (acts) => ({ terms: [1, 3].map((j) => (b: number, f: number) => rankInRow(acts, b, f) < j) }),
  ],
  ['batch-topk', { k: 2 }, (acts) => ({ terms: [(b, f) => rankInBatch(acts, b, f) < 2 * B] })],
  [
    'matryoshka-batch-topk',
    { k: 2, groupEnds: [1, 4, 7] },
    (acts) => ({
      terms: [1, 4, 7].map((end) => (b: number, f: number) => f < end && rankInBatch(acts, b, f) < 2 * B),
    }),
  ],
];

describe('every kind', () => {
  it.each(CASES)(
    '%s has the slopes that finite differences of its whole loss show',
    async (name, changes, choose) => {
      const kind = name as FitSettings['kind'];
      const batch = randomDoubles(3);
      const settings = settingsOf({ kind, ...changes });
      const pass = await KINDS[kind].pass(toPassInput(settings, batch));
      const loss = (doubles: Doubles) => lossOf(doubles, batch, choose);
      expect(pass.loss.dataSync()[0]).toBeCloseTo(loss(batch.doubles), 5);
      for (const name of ['encoder_FD', 'encoderBias_F', 'decoder_FD', 'decoderBias_D'] as const) {
        const got = pass.gradients[name].dataSync();
        batch.doubles[name].forEach((value, i) => {
          const at = (step: number) => {
            const moved = batch.doubles[name].slice();
            moved[i] = value + step;
            return loss({ ...batch.doubles, [name]: moved });
          };
          expect(got[i]).toBeCloseTo((at(1e-6) - at(-1e-6)) / 2e-6, 4);
        });
      }
      // All rows read the same further: the sum over rows of the slope in what is read.
      const read = pass.gradients.read_D.dataSync();
      for (let d = 0; d < D; d++) {
        const at = (step: number) => {
          const moved = batch.read.map((value, i) => (i % D === d ? value + step : value));
          return lossOf(batch.doubles, { ...batch, read: moved }, choose);
        };
        expect(read[d]).toBeCloseTo((at(1e-6) - at(-1e-6)) / 2e-6, 4);
      }
    },
  );

  it.each(CASES)(
    '%s multiplies loss and gradients, not the reconstruction, by a loss factor',
    async (name, changes) => {
      const kind = name as FitSettings['kind'];
      const settings = settingsOf({ kind, ...changes });
      const plain = await KINDS[kind].pass(toPassInput(settings, randomDoubles(3)));
      const lossFactor = tf.scalar(3);
      const tripled = await KINDS[kind].pass(toPassInput(settings, randomDoubles(3), { lossFactor }));
      expect(tripled.loss.dataSync()[0]).toBeCloseTo(3 * plain.loss.dataSync()[0], 5);
      const [once, thrice] = [plain, tripled].map((pass) => pass.gradients.encoder_FD.dataSync());
      thrice.forEach((value, i) => expect(value).toBeCloseTo(3 * once[i], 4));
      expect(tripled.reconstruction_BD.dataSync()).toEqual(plain.reconstruction_BD.dataSync());
    },
  );

  it.each(CASES)('%s leaks no tensors', async (name, changes) => {
    const kind = name as FitSettings['kind'];
    const input = toPassInput(settingsOf({ kind, ...changes }), randomDoubles(3));
    const before = tf.memory().numTensors;
    tf.dispose((await KINDS[kind].pass(input)) as never);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('identities', () => {
  const passOf = async (changes: Partial<FitSettings>, batch = randomDoubles(4)): Promise<Pass> => {
    const settings = settingsOf(changes);
    return KINDS[settings.kind].pass(toPassInput(settings, batch));
  };
  const numbersOf = ({ loss, gradients, reconstruction_BD }: Pass) =>
    [loss, reconstruction_BD, ...Object.values(gradients)].map((tensor) => [...tensor.dataSync()]);

  it('budgets are 1..K for the hierarchical loss and K alone for TopK; at K = 1 both are one', () => {
    expect(hierarchicalBudgets(3)).toEqual([1, 2, 3]);
    expect(topkBudgets(3)).toEqual([3]);
    expect(hierarchicalBudgets(1)).toEqual(topkBudgets(1));
  });

  it('HierarchicalTopK with the budget K alone is TopK, and BatchTopK of one prefix is Matryoshka', async () => {
    const topk = numbersOf(await passOf({ kind: 'topk' }));
    expect(numbersOf(await passOf({ kind: 'hierarchical-topk', budgets: [K] }))).toEqual(topk);
    expect(numbersOf(await passOf({ kind: 'hierarchical-topk' }))).not.toEqual(topk);
    const batch = numbersOf(await passOf({ kind: 'batch-topk' }));
    expect(numbersOf(await passOf({ kind: 'matryoshka-batch-topk', groupEnds: [F] }))).toEqual(batch);
    expect(batch).not.toEqual(topk);
  });

  it('BatchTopK of equal rows is TopK', async () => {
    const batch = randomDoubles(4);
    const read = batch.read.map((_, i) => batch.read[i % D]);
    const [one, other] = [
      await passOf({ kind: 'batch-topk' }, { ...batch, read }),
      await passOf({ kind: 'topk' }, { ...batch, read }),
    ].map(numbersOf);
    one.forEach((values, i) => values.forEach((value, j) => expect(value).toBeCloseTo(other[i][j], 6)));
  });

  it('a row may keep more than k of a batch, and another nothing', async () => {
    const batch = randomDoubles(4);
    // The first row lies along the rows of two features.
    const { encoder_FD } = batch.doubles;
    const loud = {
      ...batch,
      read: batch.read.map((value, i) => (i < D ? 100 * (encoder_FD[i] + encoder_FD[D + i]) : 0.001 * value)),
    };
    loud.doubles.encoderBias_F.fill(0);
    const pass = await passOf({ kind: 'batch-topk', k: 1 }, loud);
    const [{ acts_BK }] = pass.kept as [TopActs];
    const counts = acts_BK.arraySync().map((row) => row.filter((act) => act > 0).length);
    expect(counts[0]).toBeGreaterThan(1);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(B);
  });
});

describe('Matryoshka', () => {
  it('gives the acts of each group of features columns of their own', async () => {
    const top = {
      acts_BK: tf.tensor2d([[5, 4, 3], [9, 1, 0]]), // prettier-ignore
      indices_BK: tf.tensor2d([[6, 0, 5], [1, 4, 0]], [2, 3], 'int32'), // prettier-ignore
    };
    const { acts_BK, indices_BK, budgets } = await arrangeByPrefix(top, [2, 3, 7]);
    // Features 0 and 1 | nothing of 2 | 3 to 6, of which the first row has two.
    expect(budgets).toEqual([1, 2, 4]);
    expect(acts_BK.arraySync()).toEqual([[4, 0, 5, 3], [9, 0, 1, 0]]); // prettier-ignore
    expect(indices_BK.arraySync()).toEqual([[0, 0, 6, 5], [1, 0, 4, 0]]); // prettier-ignore
  });

  it('nests a sixteenth, an eighth, ... of the features', () => {
    expect(matryoshkaGroupEnds(64)).toEqual([4, 8, 16, 32, 64]);
    expect(matryoshkaGroupEnds(4)).toEqual([1, 2, 4]);
    const check = (groupEnds: number[]) => () =>
      KINDS['matryoshka-batch-topk'].check?.(settingsOf({ groupEnds }));
    for (const wrong of [[], [7, 7], [3, 2, 7], [2, 6], [2.5, 7]]) expect(check(wrong)).toThrow(/groupEnds/);
    expect(check([2, 7])).not.toThrow();
  });
});

describe('the running threshold', () => {
  const settings = settingsOf({ stepTotal: 5000 });
  const kept = (...acts: number[]) => [{ acts, indices: acts.map(() => 0) }];

  it('waits, takes the least act kept the first time, then follows by a thousandth', () => {
    expect(followThreshold({ threshold: null }, settings, 999, kept(2, 1, 0))).toEqual({ threshold: null });
    expect(followThreshold({ threshold: null }, settings, 1000, kept(2, 1, 0))).toEqual({ threshold: 1 });
    expect(followThreshold({ threshold: 1 }, settings, 1001, kept(5, 3, 0))).toEqual({
      threshold: 0.999 + 0.001 * 3,
    });
    expect(followThreshold({ threshold: 1 }, settings, 1001, kept(0, 0))).toEqual({ threshold: 1 });
  });

  it('starts halfway through a fit shorter than 2000 steps', () => {
    const short = settingsOf({ stepTotal: 100 });
    expect(followThreshold({ threshold: null }, short, 49, kept(1))).toEqual({ threshold: null });
    expect(followThreshold({ threshold: null }, short, 50, kept(1))).toEqual({ threshold: 1 });
  });
});
