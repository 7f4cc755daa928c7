/** One fit on every backend there is: rounding differs, so weights do, but what is learned and how fast must not. */
import { beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS, openBackend } from '../compute/backend.ts';
import { openForTests } from '../compute/webgpu/swiftshader.ts';
import { ADAM_DEFAULTS } from '../optim/adam.ts';
import { linearSchedule } from '../optim/schedule.ts';
import { fit, startTraining } from './fit.ts';
import type { FitSettings } from './settings.ts';
import { createToySource } from './toy-source.ts';

const STEPS = 500;
const BATCH = 64;
/** A software GPU takes about 40 ms a step. */
const SLOW = { timeout: 180_000 };
/** Relative, absolute. Measured 1e-6 on native and wasm; one near tie of the top-k decided otherwise would cost more. */
const LOSS_TOLERANCE = 1e-3;
const EV_TOLERANCE = 1e-3;

const settings: FitSettings = {
  kind: 'hierarchical-topk',
  width: 48,
  hiddenWidth: 12,
  k: 6,
  seed: 5,
  stepTotal: STEPS,
  schedule: linearSchedule({ peak: 3e-3, warmupSteps: 20, decaySteps: 400, stepTotal: STEPS }),
  ...ADAM_DEFAULTS,
  gradientNormLimit: 1,
  auxCoefficient: 1 / 32,
  deadAfterTokens: 10 * BATCH,
  initTokens: 4 * BATCH,
};

interface Curve {
  /** Mean over each fifty steps. */
  readonly losses: number[];
  readonly finalEv: number;
}

async function fitOn(name: string): Promise<Curve | null> {
  if (name === 'webgpu') await openForTests();
  const backend = await openBackend({ name, say: () => undefined });
  if (backend.name !== name) return null;
  const source = createToySource({ hiddenWidth: 12, directions: 24, perRow: 3, batchTokens: BATCH, seed: 2 });
  const training = await startTraining(backend.kernels, settings, source);
  const losses: number[] = [];
  let finalEv = 0;
  for await (const record of fit({ training, source, now: () => 0, progressEverySteps: 1 })) {
    losses.push(record.loss);
    finalEv = record.explainedVariance;
  }
  training.dispose();
  const means = Array.from(
    { length: STEPS / 50 },
    (_, i) => losses.slice(50 * i, 50 * i + 50).reduce((sum, loss) => sum + loss, 0) / 50,
  );
  return { losses: means, finalEv };
}

describe('the loss curve of a 500-step fit', () => {
  let expected: Curve;
  beforeAll(async () => {
    expected = (await fitOn('cpu')) as Curve;
  }, 120_000);

  it('falls, on the plain processor', () => {
    expect(expected.losses[9]).toBeLessThan(0.5 * expected.losses[0]);
    expect(expected.finalEv).toBeGreaterThan(0.8);
  });

  it.for(BACKENDS.filter((name) => name !== 'cpu'))('is the same on %s', SLOW, async (name, { skip }) => {
    const curve = await fitOn(name);
    if (!curve) return skip(`the ${name} backend does not open here`);
    curve.losses.forEach((loss, i) => {
      expect(Math.abs(loss / expected.losses[i] - 1)).toBeLessThan(LOSS_TOLERANCE);
    });
    expect(Math.abs(curve.finalEv - expected.finalEv)).toBeLessThan(EV_TOLERANCE);
  });
});
