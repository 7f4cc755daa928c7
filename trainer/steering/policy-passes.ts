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

/** What a pass costs beside its tokens, in tokens: a hundred small operations, forth and back. */
const PASS_TOKENS = 150;

/** Responses without advantage are left out: their gradient is 0. No pass has more than `mostTokens`, unless of one response. */
export function planPasses(
  prompts: readonly (readonly number[])[],
  rollouts: readonly PlannedRollout[],
  mostTokens: number,
): PolicyPass[] {
  const byLength = new Map<number, PlannedRollout[]>();
  for (const rollout of rollouts) {
    if (rollout.advantage === 0 || rollout.tokens.length === 0) continue;
    const { length } = prompts[rollout.prompt];
    const alike = byLength.get(length);
    if (alike) alike.push(rollout);
    else byLength.set(length, [rollout]);
  }
  return [...byLength].flatMap(([promptTokens, alike]) => {
    const rows = alike.sort((a, b) => a.tokens.length - b.tokens.length || a.prompt - b.prompt);
    return cut(rows, promptTokens, mostTokens).map((some) => createPass(prompts, some));
  });
}

/**
 * Rows ascend in length. A pass is padded to its longest and reads the prompts of its rows: of all ways to cut them into passes
 * the cheapest, found from the front (best[n]: cost of the first n rows).
 */
function cut(
  rows: readonly PlannedRollout[],
  promptTokens: number,
  mostTokens: number,
): (readonly PlannedRollout[])[] {
  const best = [0];
  const starts = [0];
  for (let end = 1; end <= rows.length; end++) {
    const longest = rows[end - 1].tokens.length;
    const seen = new Set<number>();
    best[end] = Infinity;
    for (let start = end - 1; start >= 0; start--) {
      const tokens = (end - start) * longest;
      if (tokens > mostTokens && start < end - 1) break;
      seen.add(rows[start].prompt);
      const cost = best[start] + tokens + seen.size * promptTokens + PASS_TOKENS;
      if (cost < best[end]) [best[end], starts[end]] = [cost, start];
    }
  }
  const pieces: (readonly PlannedRollout[])[] = [];
  for (let end = rows.length; end > 0; end = starts[end]) pieces.push(rows.slice(starts[end], end));
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
