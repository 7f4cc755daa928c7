/** What a response is worth. A response that was cut off has no answer: right is only what ended by itself. */
import type { Rng } from '../compute/rng.ts';
import type { Problem } from './problem.ts';
import type { RewardKind } from './record.ts';
import { scoreExact } from './reward.ts';
import type { Rollout } from './rollouts.ts';

export interface Judged {
  readonly rollout: Rollout;
  readonly problem: Problem;
  readonly isCorrect: boolean;
}

export type Reward = (judged: Judged, rng: Pick<Rng, 'next'>) => number;

export const REWARD_OF: Readonly<Record<RewardKind, Reward>> = {
  exact: ({ isCorrect }) => Number(isCorrect),
  random: (_, rng) => (rng.next() < 0.5 ? 0 : 1),
};

export function isCorrect({ text, ended }: Pick<Rollout, 'text' | 'ended'>, problem: Problem): boolean {
  return ended !== 'length' && scoreExact(text, problem.answer) === 1;
}
