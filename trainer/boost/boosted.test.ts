import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor2D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../compute/backend.ts';
import type { Kernels } from '../compute/kernels.ts';
import { createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import { type DictionaryWeights, createDictionary } from '../sae/dictionary.ts';
import { randomRows } from '../sae/init.ts';
import { createAddition, createBoosted } from './boosted.ts';
import { createStitched, stitch } from './stitched.ts';
import { loadStitched, saveStitched } from './stitched-file.ts';

const [D, ROWS] = [8, 30];

let kernels: Kernels;
beforeAll(async () => {
  kernels = (await openBackend({ name: 'cpu', say: () => undefined })).kernels;
});

function randomDictionary(
  seed: number,
  width: number,
  changes: Partial<DictionaryWeights> = {},
): DictionaryWeights {
  const rng = createRng(seed);
  const decoder_FD = randomRows(width, D, rng);
  const numbers = (length: number) => Float32Array.from({ length }, () => rng.normal());
  return {
    kind: 'topk',
    width,
    hiddenWidth: D,
    k: 4,
    encoder_FD: decoder_FD.map((value) => 0.7 * value + 0.1 * rng.normal()),
    encoderBias_F: numbers(width),
    decoder_FD,
    decoderBias_D: numbers(D),
    selection: { by: 'topk', k: 4 },
    centred: true,
    normalisation: 'none',
    ...changes,
  };
}

/** A residual chooses by threshold and has no decoder bias. */
const randomResidual = (seed: number, width = 6, threshold = 1): DictionaryWeights =>
  randomDictionary(seed, width, {
    kind: 'batch-topk',
    k: width,
    decoderBias_D: new Float32Array(D),
    selection: { by: 'threshold', threshold_F: new Float32Array(width).fill(threshold) },
    centred: false,
  });

const hidden = (seed = 7): Tensor2D => {
  const rng = createRng(seed);
  return tf.tensor2d(
    Float32Array.from({ length: ROWS * D }, () => 2 * rng.normal()),
    [ROWS, D],
  );
};

async function rebuild(
  of: Pick<ReturnType<typeof createDictionary>, 'encode' | 'decode'>,
): Promise<Float32Array> {
  return of.decode(await of.encode(hidden())).dataSync() as Float32Array;
}

const open = (weights: DictionaryWeights) => createDictionary(kernels, weights);
const base = randomDictionary(1, 12);

const expectClose = (got: Float32Array, expected: Float32Array, digits: number) => {
  expect(got.length).toBe(expected.length);
  got.forEach((value, i) => expect(value).toBeCloseTo(expected[i], digits));
};

describe('a boosted dictionary', () => {
  it.each([
    ['a base by top-k', base],
    [
      'a base by threshold',
      randomDictionary(1, 12, {
        kind: 'jumprelu',
        k: 12,
        selection: { by: 'threshold', threshold_F: new Float32Array(12).fill(0.4) },
      }),
    ],
    ['a base that normalises rows', randomDictionary(1, 12, { normalisation: 'layer-norm' })],
  ])('rebuilds the sum of its parts, with %s', async (_, weights) => {
    const [residual, other] = [randomResidual(2), randomResidual(3, 9)];
    const got = await rebuild(createBoosted(open(weights), [open(residual), open(other)]));
    const parts = await Promise.all([weights, residual, other].map((part) => rebuild(open(part))));
    expect(got).toEqual(parts[0].map((value, i) => Math.fround(value + parts[1][i]) + parts[2][i]));
    expect(got).not.toEqual(parts[0]);
  });

  it('numbers features of the base first, then those of each residual, strongest acts first', async () => {
    const boosted = createBoosted(open(base), [open(randomResidual(2)), open(randomResidual(3, 9))]);
    expect(boosted.offsets).toEqual([0, 12, 18, 27]);
    const { acts_BK, indices_BK } = await boosted.encode(hidden());
    const columns = acts_BK.shape[1];
    const [acts, indices] = [acts_BK.dataSync(), indices_BK.dataSync()];
    const ownTop = await open(base).encode(hidden());
    const own = ownTop.indices_BK.arraySync();
    const seen = new Set<number>();
    for (let b = 0; b < ROWS; b++) {
      const row = [...indices.slice(b * columns, (b + 1) * columns)].filter(
        (_, i) => acts[b * columns + i] > 0,
      );
      for (let i = 1; i < columns; i++)
        expect(acts[b * columns + i]).toBeLessThanOrEqual(acts[b * columns + i - 1]);
      expect(row.filter((f) => f < 12)).toEqual(own[b].slice(0, row.filter((f) => f < 12).length));
      row.forEach((f) => seen.add(f));
    }
    expect([...seen].some((f) => f >= 12 && f < 18) && [...seen].some((f) => f >= 18)).toBe(true);
  });

  it('cuts to the strongest acts of all its parts', async () => {
    const boosted = createBoosted(open(base), [open(randomResidual(2))]);
    const [all, cut] = [await boosted.encode(hidden()), await boosted.encode(hidden(), 2)];
    expect(cut.acts_BK.arraySync()).toEqual(all.acts_BK.arraySync().map((row) => row.slice(0, 2)));
    expect(boosted.decode(all, 2).dataSync()).toEqual(boosted.decode(cut).dataSync());
  });

  it('is the base, bit for bit, where residuals are silent: nothing but zeros is added', async () => {
    const silent = randomResidual(2, 6, 1e6);
    const untouched = await rebuild(open(base));
    expect(await rebuild(createBoosted(open(base), [open(silent)]))).toEqual(untouched);
    expect((await rebuild(open(silent))).every((value) => value === 0)).toBe(true);
    const zeros = { ...randomResidual(2, 6, 0), decoder_FD: new Float32Array(6 * D) };
    expect(await rebuild(createBoosted(open(base), [open(zeros)]))).toEqual(untouched);
    expect(await rebuild(createBoosted(open(base), []))).toEqual(untouched);
  });

  it('does not care for the order of its residuals', async () => {
    const [a, b] = [open(randomResidual(2)), open(randomResidual(3, 9))];
    const one = await rebuild(createBoosted(open(base), [a, b]));
    expectClose(await rebuild(createBoosted(open(base), [b, a])), one, 5);
  });

  it('refuses a residual that adds a bias to every token, and one of another width', () => {
    expect(() => createBoosted(open(base), [open(randomDictionary(2, 6))])).toThrow(/decoder bias of zeros/);
    const narrow = { ...randomResidual(2, 1), hiddenWidth: 2, decoderBias_D: new Float32Array(2) };
    const weights = { ...narrow, encoder_FD: new Float32Array(2), decoder_FD: new Float32Array(2) };
    expect(() => createBoosted(open(base), [open(weights)])).toThrow(/rows of 8/);
  });

  it('leaks no tensors', async () => {
    const [opened, residual] = [open(base), open(randomResidual(2))];
    const hidden_BD = hidden();
    const before = tf.memory().numTensors;
    const boosted = createBoosted(opened, [residual]);
    const top = await boosted.encode(hidden_BD);
    tf.dispose([boosted.decode(top), ...Object.values(top)]);
    const addition = createAddition(opened, residual);
    const added = await addition.encode(hidden_BD, 4);
    tf.dispose([addition.decode(added), ...Object.values(added)]);
    boosted.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the features of a boost alone', () => {
  it('fire as the residual does and rebuild as base and residual together', async () => {
    const residual = randomResidual(2);
    const addition = createAddition(open(base), open(residual));
    const [mine, alone] = [await addition.encode(hidden()), await open(residual).encode(hidden())];
    expect(mine.acts_BK.arraySync()).toEqual(alone.acts_BK.arraySync());
    expect(addition.decode(mine).dataSync()).toEqual(
      await rebuild(createBoosted(open(base), [open(residual)])),
    );
  });
});

describe('the stitched form', () => {
  const residuals = [randomResidual(2), randomResidual(3, 9)];

  it('equals the sum, from one file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'residua-stitched-'));
    try {
      const path = join(folder, 'stitched.safetensors');
      const { sha256 } = await saveStitched(path, stitch(base, residuals), { model: 'toy' });
      const loaded = await loadStitched(path);
      expect([loaded.sha256, loaded.facts]).toEqual([sha256, { model: 'toy' }]);
      expect(loaded.stitched.encoder_FD.length).toBe((12 + 6 + 9) * D);
      const sum = await rebuild(createBoosted(open(base), residuals.map(open)));
      expectClose(await rebuild(createStitched(kernels, loaded.stitched)), sum, 4);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is refused where the base reads rows otherwise', () => {
    expect(() => stitch({ ...base, normalisation: 'layer-norm' }, residuals)).toThrow(/layer-norm/);
  });
});
