/**
 * BatchTopK (Bussmann et al. 2024, 2412.06410): while it is fitted, the B·k strongest acts of the whole batch are kept, so
 * that rows share their budget; afterwards one threshold, since what a token does must not depend on its neighbours.
 * The threshold runs along (dictionary_learning's form, sae-peers §5.10) and is at last set exactly (calibrate.ts).
 */
import type { KeptActs } from './dead-features.ts';
import type { FitKindSpec, KindState } from './fit-kind.ts';
import { passChosen } from './pass.ts';
import type { FitSettings } from './settings.ts';

const THRESHOLD_DECAY = 0.999;
/** Before it acts are too young; a short fit begins halfway. */
const THRESHOLD_FROM_STEP = 1000;

export const batchTopK: FitKindSpec = {
  defaults: () => ({}),
  budgetsOf: ({ k }) => [k],
  trainsThreshold: false,
  async pass(input) {
    const { kernels, settings, weights, read_BD } = input;
    const { encoder_FD, encoderBias_F } = weights;
    const top = await kernels.encodeBatchTopK({
      hidden_BD: read_BD,
      encoder_FD,
      encoderBias_F,
      k: settings.k,
    });
    return passChosen(input, top, [top.acts_BK.shape[1]]);
  },
  nextState: followThreshold,
  selectionOf: selectByThreshold,
  isCalibrated: true,
};

/** The least act kept: taken as it is the first time, then 0.1 % of the way at every step. */
export function followThreshold(
  state: KindState,
  settings: FitSettings,
  step: number,
  kept: readonly KeptActs[],
): KindState {
  if (step < Math.min(THRESHOLD_FROM_STEP, Math.ceil(settings.stepTotal / 2))) return state;
  const least = leastPositive(kept);
  if (least === Infinity) return state;
  const threshold =
    state.threshold === null ? least : THRESHOLD_DECAY * state.threshold + (1 - THRESHOLD_DECAY) * least;
  return { threshold };
}

export function selectByThreshold({ width }: FitSettings, { threshold }: KindState) {
  return { by: 'threshold', threshold_F: new Float32Array(width).fill(threshold ?? 0) } as const;
}

function leastPositive(kept: readonly KeptActs[]): number {
  let least = Infinity;
  for (const { acts } of kept) {
    for (let i = 0; i < acts.length; i++) if (acts[i] > 0 && acts[i] < least) least = acts[i];
  }
  return least;
}
