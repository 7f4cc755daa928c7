/**
 * Prints the speed of each fused dictionary operation and of a whole step of a fit, beside the bare encoder product that
 * bounds it. Run: node --import tsx trainer/bench/dictionary.bench.ts [backend] [B D F K]
 */
import type { Tensor2D } from '@tensorflow/tfjs';
import { openBackend } from '../compute/backend.ts';
import { createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import { fitSettings } from '../sae/defaults.ts';
import { hierarchicalBudgets } from '../sae/hierarchical-topk.ts';
import { createTraining } from '../sae/training.ts';

const REPEATS = 5;
/** The demo, and a layer of a small real model. */
const SHAPES = [
  [2048, 256, 4096, 64],
  [4096, 768, 16384, 32],
];

const [name, ...sizes] = process.argv.slice(2);
const backend = await openBackend({ name });
console.log(`${backend.name} (${backend.device}), ${backend.threads} threads; quickest of ${REPEATS}`);
for (const shape of sizes.length === 4 ? [sizes.map(Number)] : SHAPES) await benchShape(shape);

async function benchShape([B, D, F, K]: number[]): Promise<void> {
  const { kernels } = backend;
  const rng = createRng(1);
  const values = (size: number) => Float32Array.from({ length: size }, () => rng.normal());
  const hidden = values(B * D);
  const hidden_BD = tf.tensor2d(hidden, [B, D]);
  const training = createTraining(
    kernels,
    fitSettings({ hiddenWidth: D, width: F, k: K, tokens: B * 100 }),
    hidden,
  );
  const { encoder_FD: encoder, decoder_FD: decoder } = training.weights();
  const [encoder_FD, decoder_FD] = [encoder, decoder].map((rows) => tf.tensor2d(rows, [F, D]));
  const [bias_F, bias_D] = [tf.tensor1d(new Float32Array(F)), tf.tensor1d(new Float32Array(D))];
  const top = kernels.encodeTopK({ hidden_BD, encoder_FD, encoderBias_F: bias_F, k: K });
  const input = { ...top, target_BD: hidden_BD, decoder_FD, decoderBias_D: bias_D };
  const gradActs_BK = tf.onesLike(top.acts_BK) as Tensor2D;
  const operations: Record<string, () => unknown> = {
    'bare encoder product, B x F stored': () => tf.matMul(hidden_BD, encoder_FD, false, true),
    encodeTopK: () => kernels.encodeTopK({ hidden_BD, encoder_FD, encoderBias_F: bias_F, k: K }),
    'hierarchical, J = 1..K': () => kernels.hierarchical({ ...input, budgets: hierarchicalBudgets(K) }),
    'hierarchical, J = {K}': () => kernels.hierarchical({ ...input, budgets: [K] }),
    encoderGradient: () => kernels.encoderGradient({ ...top, hidden_BD, gradActs_BK, encoder_FD }),
    decode: () => kernels.decode(top.acts_BK, top.indices_BK, decoder_FD, bias_D),
  };
  console.log(`B ${B}, D ${D}, F ${F}, K ${K}`);
  for (const [what, run] of Object.entries(operations)) {
    const ms = await quickestMs(() => tf.tidy(() => void run()));
    console.log(`  ${what.padEnd(36)} ${ms.toFixed(1).padStart(7)} ms`);
  }
  const stepMs = await quickestMs(() => training.advance(hidden_BD, false));
  console.log(
    `  ${'whole step'.padEnd(36)} ${stepMs.toFixed(1).padStart(7)} ms, ${((1000 * B) / stepMs).toFixed(0)} tokens/s`,
  );
  training.dispose();
  tf.disposeVariables();
}

async function quickestMs(run: () => unknown): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < REPEATS; i++) {
    const start = performance.now();
    await run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}
