/**
 * What a read-out has collected so far, kept outside the process: reading a million tokens takes long, and a run that is
 * killed goes on behind the last batch it kept. Knows nothing of files; commands bring one.
 */
import { createHash } from 'node:crypto';
import type { VarianceState } from '../sae/explained-variance.ts';
import type { ActChunk } from './act-table.ts';
import type { EvaluationWindows } from './windows.ts';

export interface JournalEntry {
  readonly chunk: ActChunk;
  /** After this batch; null where its windows hold no token that counts. */
  readonly variance: VarianceState | null;
}

export interface ActJournal {
  /** Entries of this very reading, oldest first; those of another reading are forgotten. */
  replay(key: string): Iterable<JournalEntry>;
  append(entry: JournalEntry): void;
}

/** Of readings with one key, batch n is the same batch. */
export function journalKey(
  windows: EvaluationWindows,
  rest: { hookpoint: string; width: number; budgets: readonly number[]; windowsPerBatch: number },
): string {
  const { windowLength, windowCount, skipFirst, tokens, counted_N } = windows;
  return createHash('sha256')
    .update(JSON.stringify({ ...rest, windowLength, windowCount, skipFirst }))
    .update(new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength))
    .update(counted_N)
    .digest('hex');
}
