/** Rewritings that change the weights and nothing else, on cases small enough to do by hand. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { foldDecoderNorms, foldGate, foldInputScale } from './fold.ts';
import { buildSafetensors } from './hostile.fixture.ts';
import { importDictionary } from './import-dictionary.ts';

const raw = () => ({
  width: 2,
  hiddenWidth: 2,
  encoder_FD: Float32Array.of(1, 2, 3, 4),
  encoderBias_F: Float32Array.of(0.5, -0.5),
  decoder_FD: Float32Array.of(3, 4, 0, 0),
  decoderBias_D: Float32Array.of(1, -1),
});

describe('folding', () => {
  it('moves the norm of a decoder row into its encoder, and silences a row of zeros', () => {
    const weights = raw();
    expect(foldDecoderNorms(weights)).toBe(1);
    expect([...weights.encoder_FD]).toEqual([5, 10, 0, 0]);
    expect([...weights.encoderBias_F]).toEqual([2.5, -0]);
    expect([...weights.decoder_FD]).toEqual([3 / 5, 4 / 5, 0, 0].map(Math.fround));
  });

  it('tells a dictionary of scaled inputs in units of the inputs', () => {
    const weights = raw();
    foldInputScale(weights, 2, 4);
    expect([...weights.encoder_FD]).toEqual([2, 4, 6, 8]);
    expect([...weights.encoderBias_F]).toEqual([0.5, -0.5]);
    expect([...weights.decoder_FD]).toEqual([0.75, 1, 0, 0]);
    expect([...weights.decoderBias_D]).toEqual([0.25, -0.25]);
  });

  it('turns a gate into a threshold on the magnitude', () => {
    const weights = raw();
    const threshold_F = foldGate(weights, {
      gateBias_F: Float32Array.of(-0.5, 1),
      magnitudeBias_F: Float32Array.of(0.25, 0.25),
      logMagnitude_F: Float32Array.of(Math.log(2), 0),
    });
    // u > 0.5 with z = 2u + 0.25 is z > 1.25; u > -1 with z = u + 0.25 is z > -0.75, and relu has the last word.
    expect(threshold_F[0]).toBeCloseTo(1.25, 6);
    expect(threshold_F[1]).toBe(0);
    expect(weights.encoder_FD[1]).toBeCloseTo(4, 6);
    expect([...weights.encoderBias_F]).toEqual([0.25, 0.25]);
  });
});

describe('an older SAELens file', () => {
  /** One feature of one hidden number, and one more tensor. */
  function write(config: unknown, name: string, value: number): string {
    const names = ['W_enc', 'W_dec', 'b_enc', 'b_dec', name];
    const shapes = [[1, 1], [1, 1], [1], [1], [1]];
    const header = Object.fromEntries(
      names.map((tensor, i) => [
        tensor,
        { dtype: 'F32', shape: shapes[i], data_offsets: [4 * i, 4 * i + 4] },
      ]),
    );
    const data = Buffer.from(Float32Array.of(1, 2, 0, 0, value).buffer);
    const folder = mkdtempSync(path.join(os.tmpdir(), 'residua-fold-'));
    writeFileSync(path.join(folder, 'cfg.json'), JSON.stringify(config));
    writeFileSync(path.join(folder, 'sae_weights.safetensors'), buildSafetensors(header, data));
    return folder;
  }

  it('has its fine-tuned factors in the decoder, where it says that they count', async () => {
    const [counts, silent] = [
      write({ finetuning_scaling_factor: true }, 'scaling_factor', 3),
      write({}, 'scaling_factor', 3),
    ];
    expect([...(await importDictionary(counts)).weights.decoder_FD]).toEqual([6]);
    await expect(importDictionary(silent)).rejects.toThrow(/scaling_factor of ones/);
    const ones = write({}, 'scaling_factor', 1);
    expect([...(await importDictionary(ones)).weights.decoder_FD]).toEqual([2]);
    for (const folder of [counts, silent, ones]) rmSync(folder, { recursive: true });
  });

  it('has its threshold from the logarithm', async () => {
    const folder = write({ architecture: 'jumprelu' }, 'log_threshold', Math.log(0.3));
    const { selection } = (await importDictionary(folder)).weights;
    expect(selection.by === 'threshold' && selection.threshold_F[0]).toBeCloseTo(0.3, 6);
    rmSync(folder, { recursive: true });
  });

  it('has its factor of the inputs from the checkpoint beside it', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'residua-fold-'));
    cpSync(path.join(import.meta.dirname, 'golden/sae-lens/older-scaled'), folder, { recursive: true });
    const { weights } = await importDictionary(folder, { inputScale: 0.37 });
    writeFileSync(path.join(folder, 'activation_scaler.json'), '{"scaling_factor":0.37}');
    expect((await importDictionary(folder)).weights).toEqual(weights);
    rmSync(folder, { recursive: true });
  });
});
