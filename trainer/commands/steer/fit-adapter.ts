/** Trains an adapter on the problems of a bench, for single runs and for studies; what cannot learn is left as it is. */
import type { Adapter } from '../../steering/adapter.ts';
import { fitSteering, type SteeringOutcome, type SteeringProgress } from '../../steering/fit.ts';
import type { RewardKind } from '../../steering/record.ts';
import { REWARD_OF } from '../../steering/rewards.ts';
import type { SteeringSettings } from '../../steering/settings.ts';
import type { SteerBench } from './bench.ts';

export interface Fitting {
  readonly adapter: Adapter;
  readonly settings: SteeringSettings;
  readonly reward: RewardKind;
  readonly checkpointFolder: string;
  readonly checkpointEverySteps: number;
  /** Ends the training by throwing; the last checkpoint stays. */
  onStep?(progress: SteeringProgress): Promise<void>;
}

/** The adapter holds the result, too. */
export async function fitAdapter(bench: SteerBench, fitting: Fitting): Promise<SteeringOutcome> {
  const { adapter, reward, onStep, ...rest } = fitting;
  if (adapter.kind === 'random') return leave(adapter);
  const { backend, model, chat, problems, now } = bench;
  const running = fitSteering({
    ...{ ...rest, adapter, kernels: backend.kernels, model, chat, now },
    problems: problems.train,
    reward: REWARD_OF[reward],
    fingerprint: { reward, problems: problems.sha256, backend: backend.name },
  });
  try {
    for (;;) {
      const step = await running.next();
      if (step.done) return step.value;
      await onStep?.(step.value);
    }
  } finally {
    // Where onStep threw: lets go of what the learner holds.
    await running.return(undefined as never);
  }
}

async function leave(adapter: Adapter): Promise<SteeringOutcome> {
  return {
    values: await adapter.save(),
    applied: await adapter.applied(),
    curve: [],
    stepMs: { generate: 0, learn: 0, other: 0 },
    notes: ['Drawn at random, not trained.'],
  };
}
