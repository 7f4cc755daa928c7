/**
 * What reading a dictionary out holds in memory: the table of all acts, the spliced logits, and the records of every
 * feature until they are published. N tokens read, K acts kept, F features, L budgets, C corpora.
 */
import { createItem, type MemoryItem } from '../compute/memory.ts';
import { NEIGHBOURS } from './dictionary-rows.ts';
import { LOGITS_PER_SIDE } from './feature-logits.ts';
import { INTERVALS } from './feature-stats.ts';
import { judgedRows } from './judge-rows.ts';

export interface ReadOutSize {
  /** N */
  readonly tokenCount: number;
  /** K */
  readonly k: number;
  /** F */
  readonly width: number;
  /** L */
  readonly budgetCount: number;
  /** Passes of the model that are judged together, beside the untouched and the zeroed. */
  readonly levels: number;
  /** C */
  readonly corpusCount: number;
  /** Of a batch of windows. */
  readonly windowsPerBatch: number;
  readonly windowLength: number;
  /** V */
  readonly vocabSize: number;
  /** D */
  readonly hiddenWidth: number;
  /** False where operations are composed, and their intermediates stored. */
  readonly isFused: boolean;
}

/** Bytes of V8's heap for a record, measured over whole read-outs (4,096 and 65,536 features). */
const RECORD_BYTES = 90;
/** The same with its positions, acts and ranks. */
const EXAMPLE_BYTES = 1_100;
/** Kept for a feature that fires often, of at most 85: most windows repeat. */
const EXAMPLES_PER_FEATURE = 40;
const ACTS_PER_EXAMPLE = 2;

/** While acts are collected and regrouped by feature (act-table.ts). */
export function actMemory({ tokenCount: N, k: K, width: F }: ReadOutSize): MemoryItem[] {
  return [
    createItem('acts and features', {
      axes: { N, K },
      bytesPerValue: F <= 65_536 ? 8 : 10,
      place: 'arrays',
    }),
    actTable(N, K),
  ];
}

const actTable = (N: number, K: number): MemoryItem =>
  createItem('acts by feature', { axes: { N, K }, bytesPerValue: 8, place: 'arrays' });

/** Beside the model's forward pass: the table, what every pass ends with, and the logits of a few rows of that. */
export function fidelityMemory(size: ReadOutSize): MemoryItem[] {
  const { tokenCount: N, k: K, windowsPerBatch: B, windowLength: T, vocabSize: V } = size;
  const rows = Math.min(B * T, judgedRows(V));
  return [
    actTable(N, K),
    createItem('last hidden states of every pass', {
      axes: { passes: size.levels + 2, B, T, D: size.hiddenWidth },
    }),
    createItem('logits of rows, log-softmax', { axes: { rows, V }, copies: size.isFused ? 2 : 7 }),
    createItem('their probabilities; logits given up', { axes: { rows, V }, copies: 3, place: 'arrays' }),
  ];
}

/** Feature by feature, and until everything is in the database. */
export function recordMemory(size: ReadOutSize): MemoryItem[] {
  const { tokenCount: N, k: K, width: F, hiddenWidth: D, budgetCount: L, corpusCount: C } = size;
  const perFeature = 3 + L * (1 + C + INTERVALS) + 2 * LOGITS_PER_SIDE + NEIGHBOURS;
  const examples = Math.round(Math.min(EXAMPLES_PER_FEATURE, (N * K) / F / ACTS_PER_EXAMPLE));
  return [
    actTable(N, K),
    createItem('decoder rows to compare', { axes: { F, D } }),
    createItem('records', { axes: { F, perFeature }, bytesPerValue: RECORD_BYTES, place: 'objects' }),
    createItem('examples', { axes: { F, examples }, bytesPerValue: EXAMPLE_BYTES, place: 'objects' }),
  ];
}
