/** What an import hands over, whatever the format was: weights in our terms, and what the source says about itself. */
import type { DictionaryWeights } from '../dictionary.ts';

export type ImportFormat =
  | 'sae-lens'
  | 'gemma-scope'
  | 'gemma-scope-2'
  | 'sparsify'
  | 'dictionary-learning'
  | 'openai'
  | 'llama-scope'
  | 'llama-scope-r1';

export interface ImportedFile {
  /** Relative to the folder that was imported. */
  readonly name: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface ImportedDictionary {
  readonly weights: DictionaryWeights;
  readonly format: ImportFormat;
  readonly modelName: string | null;
  /** As the source names it. */
  readonly hookName: string | null;
  /** As we name it; null where we have no such place. */
  readonly hookpoint: string | null;
  readonly contextLength: number | null;
  readonly prependBos: boolean | null;
  /** What the source says its mean L0 or its k is, to be held against a measurement. */
  readonly advertised: { readonly l0?: number; readonly k?: number };
  readonly files: readonly ImportedFile[];
  /** What was folded into the weights, and what was assumed because the source does not say. */
  readonly notes: readonly string[];
}

export interface ImportOptions {
  /** Acts stored per row at most, where the source does not fix k. */
  readonly k?: number;
  /** The factor the inputs were multiplied by in training, where the files do not hold it. */
  readonly inputScale?: number;
  readonly modelName?: string;
  readonly hookName?: string;
  /** dictionary_learning's class, where no config.json lies beside ae.pt. */
  readonly dictClass?: string;
  /** Refuses dictionaries whose encoder and decoder need more. */
  readonly maxWeightsBytes?: number;
}

/** What a format's reader finds; the names of files and our name of the hookpoint are added to it. */
export type ReadDictionary = Omit<ImportedDictionary, 'files' | 'hookpoint'>;
