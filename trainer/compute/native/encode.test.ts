/** Screening in bfloat16 must not show: every result has to be that of the float32 product, bit for bit. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openBackend } from '../backend.ts';
import type { TopActs } from '../kernels.ts';
import { createRng } from '../rng.ts';
import { tf } from '../tf.ts';
import { type Addon, loadAddon } from './addon.ts';

const opened = await openBackend({ name: 'native', threads: 2, say: () => {} });
const addon: Addon | null = opened.name === 'native' ? loadAddon() : null;
const isScreened = addon?.instructionSet() === 'amx';

interface Sizes {
  readonly B: number;
  readonly D: number;
  readonly F: number;
  readonly k: number;
}

interface Batch {
  readonly hidden_BD: Float32Array;
  readonly encoder_FD: Float32Array;
  readonly bias_F: Float32Array;
}

const SIZES: readonly Sizes[] = [
  { B: 1, D: 1, F: 40, k: 3 },
  { B: 5, D: 31, F: 100, k: 12 },
  { B: 33, D: 32, F: 257, k: 1 },
  { B: 70, D: 65, F: 1000, k: 40 },
  { B: 300, D: 100, F: 3000, k: 25 },
  { B: 40, D: 768, F: 1500, k: 32 },
  { B: 20, D: 390, F: 900, k: 900 },
];

type Change = (batch: Batch, sizes: Sizes, rng: ReturnType<typeof createRng>) => void;

/** What real dictionaries and adversaries do to independent normal numbers. */
const CHANGES: Record<string, Change> = {
  'normal numbers': () => {},
  'features that occur many times': ({ encoder_FD, bias_F }, { D, F }, rng) => {
    for (let f = 0; f < F; f++) {
      const from = rng.int(Math.min(F, 12));
      encoder_FD.copyWithin(f * D, from * D, (from + 1) * D);
      bias_F[f] = bias_F[from];
    }
  },
  'pairs of features one unit of rounding apart': ({ encoder_FD, bias_F }, { D, F }) => {
    for (let f = 1; f < F; f += 2) {
      encoder_FD.copyWithin(f * D, (f - 1) * D, f * D);
      encoder_FD[f * D] *= 1 + 2 ** -23;
      bias_F[f] = bias_F[f - 1];
    }
  },
  'rows and features of zeros': ({ hidden_BD, encoder_FD, bias_F }, { B, D, F }) => {
    for (let b = 0; b < B; b += 3) hidden_BD.fill(0, b * D, (b + 1) * D);
    for (let f = 0; f < F; f += 5) encoder_FD.fill(0, f * D, (f + 1) * D);
    for (let f = 0; f < F; f += 2) bias_F[f] = 0;
  },
  'rows of very different lengths': ({ hidden_BD }, { B, D }) => {
    for (let b = 0; b < B; b++) {
      const length = [1e-42, 1e-30, 1e-6, 1, 1e6, 1e20, 1e37][b % 7];
      for (let d = 0; d < D; d++) hidden_BD[b * D + d] *= length;
    }
  },
  'features of very different lengths': ({ encoder_FD, bias_F }, { D, F }) => {
    for (let f = 0; f < F; f++) {
      const length = [1e-36, 1e-20, 1e-3, 1, 30][f % 5];
      for (let d = 0; d < D; d++) encoder_FD[f * D + d] *= length;
      bias_F[f] *= length;
    }
  },
  'one feature beyond the squares of float32': ({ encoder_FD }, { D }) => {
    for (let d = 0; d < D; d++) encoder_FD[D + d] *= 1e25;
  },
  'a few coordinates that outshine the others': ({ hidden_BD }, { B, D }) => {
    for (let b = 0; b < B; b++) hidden_BD[b * D + (D >> 1)] *= 1000;
  },
  'biases that hide the products': ({ bias_F }, { F }, rng) => {
    for (let f = 0; f < F; f++) bias_F[f] = 1e6 + rng.int(4);
  },
};

function makeBatch({ B, D, F }: Sizes, rng: ReturnType<typeof createRng>): Batch {
  const normals = (size: number) => Float32Array.from({ length: size }, () => rng.normal());
  return { hidden_BD: normals(B * D), encoder_FD: normals(F * D), bias_F: normals(F) };
}

async function encodeOn(set: string, batch: Batch, { B, D, F, k }: Sizes): Promise<string[]> {
  addon?.useInstructionSet(set);
  const input = {
    hidden_BD: tf.tensor2d(batch.hidden_BD, [B, D]),
    encoder_FD: tf.tensor2d(batch.encoder_FD, [F, D]),
    encoderBias_F: tf.tensor1d(batch.bias_F),
    k,
  };
  const allowed_F = tf.tensor1d(Float32Array.from({ length: F }, (_, f) => (f % 3 === 1 ? 0 : 1)));
  const { kernels } = opened;
  const results: TopActs[] = [
    kernels.encodeTopK(input),
    kernels.encodeTopK({ ...input, k: Math.min(k, Math.floor(F / 3)), allowed_F }),
    await kernels.encodeBatchTopK(input),
    await kernels.encodeBatchTopK({ ...input, k: Math.min(k, Math.floor(F / 3)), allowed_F }),
    await kernels.encodeThreshold({ ...input, threshold: 2 * Math.sqrt(D) }),
    await kernels.encodeThreshold({ ...input, threshold: tf.tensor1d(batch.bias_F).mul(3), allowed_F }),
  ];
  return results.map(({ acts_BK, indices_BK }) => {
    const hash = createHash('sha256').update(acts_BK.dataSync()).update(indices_BK.dataSync()).digest('hex');
    return `${acts_BK.shape.join(' x ')} ${hash}`;
  });
}

describe.skipIf(!isScreened)(
  'screening in bfloat16 (skipped where the processor has no tiles for it)',
  () => {
    for (const [what, change] of Object.entries(CHANGES)) {
      it.each(SIZES)(`gives the float32 product's bits for ${what}, B $B D $D F $F k $k`, async (sizes) => {
        const rng = createRng(sizes.F);
        const batch = makeBatch(sizes, rng);
        change(batch, sizes, rng);
        const exact = await encodeOn('avx512', batch, sizes);
        expect(await encodeOn('amx', batch, sizes)).toEqual(exact);
      });
    }

    it('finds the strongest feature when rounding ranks a hundred others above it', async () => {
      const unit = 2 ** -7; // between 1 and the next bfloat16
      const hidden_BD = new Float32Array(64).fill(1);
      // The others round to 1 and 1 + unit by turns, 1 + unit / 2 on average; feature 300 rounds to 1 yet is larger.
      const encoder_FD = Float32Array.from({ length: 400 * 64 }, (_, i) =>
        i % 2 === 0 ? 1 + 0.51 * unit : 1 + 0.4 * unit,
      ).fill(1 + 0.49 * unit, 300 * 64, 301 * 64);
      addon?.useInstructionSet('amx');
      const top = opened.kernels.encodeTopK({
        hidden_BD: tf.tensor2d(hidden_BD, [1, 64]),
        encoder_FD: tf.tensor2d(encoder_FD, [400, 64]),
        encoderBias_F: tf.zeros([400]),
        k: 1,
      });
      expect([...top.indices_BK.dataSync()]).toEqual([300]);
    });

    it('keeps the same acts on any number of threads', async () => {
      const sizes = { B: 700, D: 40, F: 600, k: 20 };
      const batch = makeBatch(sizes, createRng(3));
      const one = await (addon?.threads(1), encodeOn('amx', batch, sizes));
      for (const threads of [2, 3, 5]) {
        addon?.threads(threads);
        expect(await encodeOn('amx', batch, sizes)).toEqual(one);
      }
      addon?.threads(2);
    });
  },
);
