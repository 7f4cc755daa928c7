/**
 * What a benchmark says to the processes it times, ours (worker.ts) and the peers' (peers/peer.py) alike: one JSON object
 * a line, one answer a line, one request at a time, so that only one of them computes at any moment.
 */
import type { Shape } from './options.ts';

export interface OpenRequest {
  readonly shape: Shape;
  readonly threads: number | undefined;
  /** File of float32 rows, a whole number of batches of B x D; absent where none are read. */
  readonly data?: string;
  /** Ours: the file of subjects/. */
  readonly subject?: string;
  readonly backend?: string;
  /** Of the native backend; absent: the processor's best. */
  readonly instructionSet?: string;
  /** The peers': the module of peers/ and its variant. */
  readonly peer?: string;
  readonly variant?: string;
  readonly device?: string;
}

export type Request =
  | ({ readonly do: 'open' } & OpenRequest)
  | { readonly do: 'run'; readonly operation: string }
  /** Forget the memory peak so far. */
  | { readonly do: 'rest' }
  | { readonly do: 'memory' }
  | { readonly do: 'close' };

/** What a process says of itself once open. */
export interface About {
  readonly operations: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  readonly device: string;
  readonly threads: number;
  /** Ours alone. */
  readonly backend?: string;
}

export interface Timing {
  readonly ms: number;
  /** Where the operation says how its time divides, ms by name. */
  readonly parts?: Readonly<Record<string, number>>;
}

export interface Memory {
  /** Peak of the resident set since `rest`, above what the process held with its libraries and data loaded. */
  readonly peakBytes: number;
  /** Peak on the accelerator, where there is one. */
  readonly devicePeakBytes?: number;
}

export type Answer = { readonly ok: unknown } | { readonly error: string };
