/**
 * How the responses that teach something are cut into forward and backward passes: the beginnings of prompts, cut to one length,
 * are read once for all responses to them; responses of like length stand together. Pure.
 */
import type { Rollout } from './rollouts.ts';

export interface PolicyPass {
  /** Beginnings of prompts, different prompts' each, all of one length, which may be 0. */
  readonly prefixes: readonly (readonly number[])[];
  readonly rows: readonly PolicyRow[];
  /** Tokens that every row is padded to. */
  readonly length: number;
}

export interface PolicyRow {
  /** Index into the prefixes. */
  readonly prefix: number;
  /** What is left of the prompt: at least its last token, which foretells the response's first. */
  readonly rest: readonly number[];
  readonly tokens: readonly number[];
  readonly advantage: number;
}

export interface PlannedRollout extends Pick<Rollout, 'prompt' | 'tokens'> {
  readonly advantage: number;
}

/** Prefixes are multiples of this, so that prompts of other lengths share a pass for some tokens read more than once. */
const PREFIX_STEP = 8;
/**
 * Passes are padded to multiples of the one length and cut at multiples of the other number of rows: there are then fewer different
 * shapes, which helps where buffers serve one size alone, as on a GPU. Native ones serve many sizes and would do without. Contexts
 * are multiples of both lengths, so padding stays inside them.
 */
const LENGTH_STEP = 4;
const ROWS_STEP = 8;
/** What a pass costs beside its tokens, in tokens: a hundred small operations, forth and back. */
const PASS_TOKENS = 150;

/** Responses without advantage are left out: their gradient is 0. No pass has more than `mostTokens`, but for padding. */
export function planPasses(
  prompts: readonly (readonly number[])[],
  rollouts: readonly PlannedRollout[],
  mostTokens: number,
): PolicyPass[] {
  const byPrefix = new Map<number, PlannedRow[]>();
  for (const { prompt, tokens, advantage } of rollouts) {
    if (advantage === 0 || tokens.length === 0) continue;
    const shared = sharedOf(prompts[prompt]);
    const rest = prompts[prompt].slice(shared);
    const row = { prompt, rest, tokens, advantage, length: rest.length + tokens.length - 1 };
    const alike = byPrefix.get(shared);
    if (alike) alike.push(row);
    else byPrefix.set(shared, [row]);
  }
  return [...byPrefix].flatMap(([shared, alike]) => {
    // The longest first: what is left over at the end are short ones.
    const rows = alike.sort((a, b) => b.length - a.length || a.prompt - b.prompt);
    return cut(rows, shared, mostTokens).map((some) => createPass(prompts, some, shared));
  });
}

interface PlannedRow extends PlannedRollout {
  readonly rest: readonly number[];
  readonly length: number;
}

const sharedOf = (prompt: readonly number[]): number =>
  Math.floor((prompt.length - 1) / PREFIX_STEP) * PREFIX_STEP;

/** Rows descend in length. Of the ways to cut them at multiples of ROWS_STEP the cheapest (best[n]: cost of the first n rows). */
function cut(rows: readonly PlannedRow[], shared: number, mostTokens: number): (readonly PlannedRow[])[] {
  const step = Math.max(1, Math.min(ROWS_STEP, Math.floor(mostTokens / rows[0].length)));
  const ends = Array.from({ length: Math.ceil(rows.length / step) + 1 }, (_, i) =>
    Math.min(rows.length, i * step),
  );
  const best = [0];
  const starts = [0];
  for (let i = 1; i < ends.length; i++) {
    const seen = new Set<number>();
    best[i] = Infinity;
    for (let j = i - 1; j >= 0; j--) {
      const tokens = (ends[i] - ends[j]) * rows[ends[j]].length;
      if (tokens > mostTokens && j < i - 1) break;
      for (let row = ends[j]; row < ends[j + 1]; row++) seen.add(rows[row].prompt);
      const cost = best[j] + tokens + seen.size * shared + PASS_TOKENS;
      if (cost < best[i]) [best[i], starts[i]] = [cost, j];
    }
  }
  const pieces: (readonly PlannedRow[])[] = [];
  for (let i = ends.length - 1; i > 0; i = starts[i]) pieces.push(rows.slice(ends[starts[i]], ends[i]));
  return pieces;
}

function createPass(
  prompts: readonly (readonly number[])[],
  rows: readonly PlannedRow[],
  shared: number,
): PolicyPass {
  const used = [...new Set(rows.map(({ prompt }) => prompt))].sort((a, b) => a - b);
  return {
    prefixes: used.map((prompt) => prompts[prompt].slice(0, shared)),
    rows: rows.map(({ prompt, rest, tokens, advantage }) => {
      return { prefix: used.indexOf(prompt), rest, tokens, advantage };
    }),
    length: Math.ceil(rows[0].length / LENGTH_STEP) * LENGTH_STEP,
  };
}
