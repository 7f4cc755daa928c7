/**
 * How the responses that teach something are cut into forward and backward passes: prompts of equal length side by side, each
 * read once for all its responses; responses of like length together. Pure. P prompts, R responses of a pass.
 */
import type { Rollout } from './rollouts.ts';

export interface PolicyPass {
  /** Different ones of one length. */
  readonly prompts: readonly (readonly number[])[];
  readonly rows: readonly PolicyRow[];
}

export interface PolicyRow {
  /** Index into the prompts of the pass. */
  readonly prompt: number;
  readonly tokens: readonly number[];
  readonly advantage: number;
}

export interface PlannedRollout extends Pick<Rollout, 'prompt' | 'tokens'> {
  readonly advantage: number;
}

/** Responses without advantage are left out: their gradient is 0. */
export function planPasses(
  prompts: readonly (readonly number[])[],
  rollouts: readonly PlannedRollout[],
  mostTokens: number,
): PolicyPass[] {
  const byLength = new Map<number, PlannedRollout[]>();
  for (const rollout of rollouts) {
    if (rollout.advantage === 0 || rollout.tokens.length === 0) continue;
    const { length } = prompts[rollout.prompt];
    byLength.set(length, [...(byLength.get(length) ?? []), rollout]);
  }
  return [...byLength.values()].flatMap((alike) =>
    cut(
      alike.sort((a, b) => a.tokens.length - b.tokens.length || a.prompt - b.prompt),
      mostTokens,
    ).map((rows) => createPass(prompts, rows)),
  );
}

/** Rows ascend in length, so a piece is padded to its last one's. */
function cut(rows: readonly PlannedRollout[], mostTokens: number): PlannedRollout[][] {
  const pieces: PlannedRollout[][] = [];
  let end = rows.length;
  while (end > 0) {
    const fit = Math.max(1, Math.floor(mostTokens / rows[end - 1].tokens.length));
    pieces.push(rows.slice(Math.max(0, end - fit), end));
    end -= fit;
  }
  return pieces;
}

function createPass(
  prompts: readonly (readonly number[])[],
  rollouts: readonly PlannedRollout[],
): PolicyPass {
  const used = [...new Set(rollouts.map(({ prompt }) => prompt))].sort((a, b) => a - b);
  return {
    prompts: used.map((prompt) => prompts[prompt]),
    rows: rollouts.map((one) => ({ ...one, prompt: used.indexOf(one.prompt) })),
  };
}
