/** What the made-up vectors, analyses and studies of steering share: shares with their intervals, scores, curves. */
import { fraction, sha256 } from './fixture-text.ts';
import type { Estimate, SteeringProvenance, TestScore, TrainingPoint } from './steering-record.ts';

export const STEERING_MODEL = { slug: 'fixture-model', layers: 4, width: 128, mlpWidth: 384 } as const;
/** The last layer but one gains most, the last one less. */
export const LAYER_GAINS = [0.12, 0.31, 0.55, 0.38];
export const ALL_GAIN = 0.72;
const TEST_SETS = ['easy', 'medium', 'hard', 'all'] as const;
const PROBLEMS = 400;
const STEPS = 60;
const TOKENS_PER_STEP = 6_400;
export const TRAIN_TOKENS = STEPS * TOKENS_PER_STEP;

/** Between -0.5 and 0.5, the same for the same words. */
export const noise = (...words: (string | number)[]) => fraction('steering', ...words) - 0.5;

/** A share with its Wilson interval at z = 1.96. */
export function share(value: number, n = PROBLEMS): Estimate {
  const successes = Math.round(Math.min(1, Math.max(0, value)) * n);
  const p = successes / n;
  const z2 = 1.96 ** 2;
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (1.96 / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return { value: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half), n };
}

export const mean = (value: number, half: number, n: number): Estimate => ({
  ...{ value, low: value - half, high: value + half, n },
});

export function provenance(command: string, seconds: number): SteeringProvenance {
  return {
    ...{ command, codeCommit: 'f1f2f3f4f5', backend: 'native', threads: 2, seconds },
    device: 'a machine that does not exist',
    settings: {
      ...{ steps: STEPS, promptsPerStep: 16, generationsPerPrompt: 8, rate: 0.02, temperature: 1 },
      ...{ mostTokens: 48, schedule: 'constant', klPenalty: false },
    },
    problems: { slug: 'fixture-arithmetic', sha256: sha256('fixture problems'), count: 2_000 },
    notes: ['These numbers are made up for tests.'],
  };
}

const BASE = { easy: 0.62, medium: 0.44, hard: 0.24, all: 0.433 } as const;
export const BASE_SCORES = scoresOf(0, 'base');

/** `gain`: of the share of problems that the untouched model gets wrong. */
export function scoresOf(gain: number, ...words: (string | number)[]): TestScore[] {
  return TEST_SETS.map((testSet) => {
    const accuracy = BASE[testSet] + gain * (1 - BASE[testSet]) + 0.02 * noise(testSet, ...words);
    return { testSet, accuracy: share(accuracy), samples: 2 };
  });
}

export function createCurve(gain: number, layers: number, ...words: (string | number)[]): TrainingPoint[] {
  return Array.from({ length: STEPS + 1 }, (_, step) => {
    const done = 1 - Math.exp(-step / 18);
    const accuracy = Math.min(1, Math.max(0, 0.43 + 0.57 * gain * done + 0.06 * noise('curve', step, ...words))); // prettier-ignore
    return {
      ...{ step, tokens: step * TOKENS_PER_STEP, reward: accuracy, accuracy },
      entropyNats: 0.9 - 0.5 * gain * done + 0.03 * noise('entropy', step, ...words),
      responseLength: 24 + 14 * gain * done + noise('length', step, ...words),
      cutShare: Math.max(0, 0.02 + 0.02 * noise('cut', step, ...words)),
      gradientNorm: 0.8 + 0.4 * noise('gradient', step, ...words),
      norms: Array.from({ length: layers }, (_, layer) => (2 + layer) * done),
    };
  });
}
