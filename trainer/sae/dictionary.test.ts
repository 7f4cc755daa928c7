import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../compute/backend.ts';
import type { Kernels } from '../compute/kernels.ts';
import { createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import { type DictionaryWeights, createDictionary } from './dictionary.ts';
import { loadDictionary, saveDictionary } from './format.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = (await openBackend({ name: 'cpu', say: () => undefined })).kernels;
});

/** Four features on the axes of the plane and against them; bias (1, 1). */
function weightsOf(changes: Partial<DictionaryWeights>): DictionaryWeights {
  const rows_FD = Float32Array.from([1, 0, 0, 1, -1, 0, 0, -1]);
  return {
    kind: 'topk',
    width: 4,
    hiddenWidth: 2,
    k: 2,
    encoder_FD: rows_FD,
    encoderBias_F: new Float32Array(4),
    decoder_FD: rows_FD,
    decoderBias_D: Float32Array.from([1, 1]),
    selection: { by: 'topk', k: 2 },
    centred: true,
    normalisation: 'none',
    ...changes,
  };
}

async function read(weights: DictionaryWeights, rows: number[][], budget?: number) {
  const dictionary = createDictionary(kernels, weights);
  const hidden_BD = tf.tensor2d(rows);
  const top = await dictionary.encode(hidden_BD, budget);
  const rebuilt = dictionary.decode(top);
  const out = {
    acts: await top.acts_BK.array(),
    indices: await top.indices_BK.array(),
    rebuilt: await rebuilt.array(),
  };
  tf.dispose([hidden_BD, rebuilt, ...Object.values(top)]);
  dictionary.dispose();
  return out;
}

const threshold = (...values: number[]) =>
  ({ by: 'threshold', threshold_F: Float32Array.from(values) }) as const;

describe('a dictionary', () => {
  it('chooses the strongest of a row after taking the bias off, and adds it again', async () => {
    expect(await read(weightsOf({}), [[4, 3], [-1, 1]])).toEqual({
      acts: [[3, 2], [2, 0]],
      indices: [[0, 1], [2, 0]],
      rebuilt: [[4, 3], [-1, 1]],
    }); // prettier-ignore
    expect((await read(weightsOf({}), [[4, 3]], 1)).rebuilt).toEqual([[4, 1]]);
  });

  it('reads x itself where it is not centred', async () => {
    const { acts, rebuilt } = await read(weightsOf({ centred: false }), [[4, 3]]);
    expect([acts, rebuilt]).toEqual([[[4, 3]], [[5, 4]]]);
  });

  it('keeps what is strictly above a threshold of its own feature, and the strongest of that at a budget', async () => {
    const weights = weightsOf({ kind: 'jumprelu', selection: threshold(2, 2, 0, 0) });
    expect(await read(weights, [[4, 3]])).toEqual({ acts: [[3]], indices: [[0]], rebuilt: [[4, 1]] });
    const low = weightsOf({ kind: 'relu', selection: threshold(0, 0, 0, 0) });
    expect((await read(low, [[4, 3], [1, 1]], 2)).acts).toEqual([[3, 2], [0, 0]]); // prettier-ignore
    expect((await read(low, [[4, 3]], 1)).rebuilt).toEqual([[4, 1]]);
  });

  it('keeps the strongest of every group, strongest group first', async () => {
    const weights = weightsOf({ selection: { by: 'group-max', k: 2 } });
    // Groups are features 0, 1 and 2, 3: (4, 3) is above the centre on the first alone; (0, 3) on 1 and on 2.
    expect(await read(weights, [[4, 3], [0, 4]])).toEqual({
      acts: [[3, 0], [3, 1]],
      indices: [[0, 0], [1, 2]],
      rebuilt: [[4, 1], [0, 4]],
    }); // prettier-ignore
    const second = await read(weights, [[0.5, -4]]);
    expect([second.acts, second.indices]).toEqual([[[5, 0]], [[3, 0]]]);
  });

  it.each(['layer-norm', 'constant-norm'] as const)(
    'undoes %s on the reconstruction',
    async (normalisation) => {
      const everything = weightsOf({
        normalisation,
        k: 4,
        selection: { by: 'topk', k: 4 },
        decoderBias_D: Float32Array.from([0.25, -0.5]),
      });
      const rng = createRng(1);
      const rows = Array.from({ length: 6 }, () => [5 + 3 * rng.normal(), 3 * rng.normal()]);
      const { acts, rebuilt } = await read(everything, rows);
      rebuilt.forEach((row, b) => row.forEach((value, d) => expect(value).toBeCloseTo(rows[b][d], 4)));
      const { acts: doubled } = await read(
        everything,
        rows.map((row) => row.map((value) => 2 * value)),
      );
      doubled.forEach((row, b) => row.forEach((act, r) => expect(act).toBeCloseTo(acts[b][r], 3)));
    },
  );

  it('normalises as worked by hand', async () => {
    const identity = { centred: false, decoderBias_D: new Float32Array(2) };
    // Mean 2, unbiased deviation √2: (3, 1) becomes (1, -1) / √2.
    const layer = await read(weightsOf({ ...identity, normalisation: 'layer-norm' }), [[3, 1]]);
    expect(layer.acts[0][0]).toBeCloseTo(Math.SQRT1_2, 4);
    // √2 / 5 times (3, 4).
    const constant = await read(weightsOf({ ...identity, normalisation: 'constant-norm' }), [[3, 4]]);
    expect(constant.acts[0][0]).toBeCloseTo((4 * Math.SQRT2) / 5, 5);
  });

  it('leaks no tensors', async () => {
    const before = tf.memory().numTensors;
    await read(weightsOf({ normalisation: 'layer-norm' }), [[4, 3]]);
    await read(weightsOf({ selection: threshold(0, 0, 0, 0), centred: false }), [[4, 3]], 1);
    await read(weightsOf({ selection: { by: 'group-max', k: 2 } }), [[4, 3]], 1);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses a budget beyond K, rows of another width, and thresholds or groups that do not fit', async () => {
    await expect(read(weightsOf({}), [[1, 2]], 3)).rejects.toThrow(
      /budget: expected an integer in 1..2, got 3/,
    );
    await expect(read(weightsOf({}), [[1, 2, 3]])).rejects.toThrow(/expected D = 2, got 3/);
    for (const wrong of [threshold(1), threshold(0, 0, 0, -1), threshold(0, 0, 0, NaN)]) {
      expect(() => createDictionary(kernels, weightsOf({ selection: wrong }))).toThrow(
        /threshold_F: expected 4/,
      );
    }
    const groups = { k: 3, selection: { by: 'group-max', k: 3 } } as const;
    expect(() => createDictionary(kernels, weightsOf(groups))).toThrow(/divides the width 4/);
  });

  it('comes back from its file whatever its selection', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'residua-dictionary-'));
    try {
      const path = join(folder, 'dictionary.safetensors');
      for (const weights of [
        weightsOf({ kind: 'jumprelu', selection: threshold(0.5, 1, 0, 2), centred: false }),
        weightsOf({ kind: 'matryoshka-batch-topk', selection: threshold(1, 1, 1, 1), groupEnds: [1, 4] }),
        weightsOf({ selection: { by: 'group-max', k: 2 }, normalisation: 'layer-norm' }),
      ]) {
        await saveDictionary(path, weights, { model: 'toy' });
        expect(await loadDictionary(path)).toMatchObject({ weights, facts: { model: 'toy' } });
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
