/**
 * Prints the native backend's speed: matrix products in GFLOP/s, and a whole training step of a small language model in
 * tokens/s with the share of each kernel. Run: node --import tsx trainer/bench/gemm.bench.ts [backend]
 */
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs';
import { openBackend } from '../compute/backend.ts';
import { crossEntropy } from '../compute/layers.ts';
import { createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import type { LlamaConfig } from '../lm/config.ts';
import { finish, unembed, walk } from '../lm/decoder.ts';
import { createParameters } from '../lm/parameters.ts';
import { initAdam, updateAdam } from '../optim/adam.ts';

/** The demo model's shape (roughly): small enough for two cores, large enough that products dominate. */
const CONFIG: LlamaConfig = {
  vocabSize: 4096,
  hiddenWidth: 256,
  layerCount: 5,
  headCount: 8,
  kvHeadCount: 4,
  headWidth: 32,
  mlpWidth: 576,
  contextLength: 256,
  normEps: 1e-5,
  ropeTheta: 10_000,
  tiedEmbeddings: true,
};
const BATCH = 16;
const REPEATS = 5;

/** The quickest of a few runs: on a shared machine the others measure the neighbours. */
function quickestMs(run: () => void): number {
  let best = Infinity;
  for (let i = 0; i < REPEATS; i++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

function benchProducts(): void {
  for (const [M, N, K] of [
    [2048, 4096, 1024],
    [4096, 576, 256],
    [4096, 4096, 256],
    [512, 512, 512],
  ]) {
    const [a, b] = [tf.randomNormal([M, K]), tf.randomNormal([K, N])];
    const ms = quickestMs(() => tf.matMul(a, b).dispose());
    console.log(`gemm ${M} x ${K} x ${N}: ${((2 * M * N * K) / ms / 1e6).toFixed(0)} GFLOP/s`);
    tf.dispose([a, b]);
  }
}

/** Time spent per kernel name, measured around every registered kernel of the backend. */
function timeKernels(backendName: string): Map<string, number> {
  const spentMs = new Map<string, number>();
  for (const config of tf.getKernelsForBackend(backendName)) {
    const { kernelName, kernelFunc } = config;
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({
      ...config,
      kernelFunc: (call) => {
        const start = performance.now();
        const result = kernelFunc(call);
        spentMs.set(kernelName, (spentMs.get(kernelName) ?? 0) + performance.now() - start);
        return result;
      },
    });
  }
  return spentMs;
}

const backend = await openBackend({ name: process.argv[2] });
console.log(`${backend.name} (${backend.device}), ${backend.threads} threads`);
benchProducts();

const spentMs = timeKernels(backend.name);
const initial = createParameters(CONFIG, createRng(1));
const parameters: Record<string, Variable> = Object.fromEntries(
  Object.entries(initial).map(([name, { shape, values }]) => [
    name,
    tf.variable(tf.tensor(values, [...shape]), true, name),
  ]),
);
let adam = initAdam(parameters);
const tokens = tf
  .randomUniform([BATCH, CONFIG.contextLength + 1], 0, CONFIG.vocabSize, 'int32', 1)
  .arraySync() as number[][];
const inputs = tf.tensor2d(
  tokens.map((row) => row.slice(0, -1)),
  undefined,
  'int32',
);
const targets = tf.tensor1d(
  tokens.flatMap((row) => row.slice(1)),
  'int32',
);

function step(): number {
  return tf.tidy(() => {
    const { value, grads } = tf.variableGrads(() => {
      const logits = unembed(parameters, CONFIG, finish(walk(parameters, CONFIG, inputs)));
      return tf.mean(crossEntropy(tf.reshape(logits, [-1, CONFIG.vocabSize]), targets)) as Scalar;
    });
    adam = updateAdam(backend.kernels, parameters, grads as Record<string, Tensor>, adam, {
      learningRate: 1e-3,
      beta1: 0.9,
      beta2: 0.95,
      epsilon: 1e-8,
    });
    return value.dataSync()[0];
  });
}

const losses: number[] = [];
losses.push(step(), step());
spentMs.clear();
const rssBefore = process.memoryUsage().rss;
const stepMs = quickestMs(() => losses.push(step()));
const tokenCount = BATCH * CONFIG.contextLength;
console.log(
  `step ${stepMs.toFixed(0)} ms: ${((tokenCount / stepMs) * 1000).toFixed(0)} tokens/s, losses ${losses.map((l) => l.toFixed(3)).join(' ')}`,
);
const grownMb = (process.memoryUsage().rss - rssBefore) / 1e6;
console.log(
  `resident set ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB, grown by ${grownMb.toFixed(0)} MB in ${REPEATS} steps`,
);
for (const [name, ms] of [...spentMs].sort((p, q) => q[1] - p[1]).slice(0, 16)) {
  console.log(`  ${name.padEnd(28)} ${(ms / REPEATS).toFixed(1)} ms a step`);
}
