/** What an import is given, and what it has opened: the records its phases hand to one another. */
import type { Backend } from '../../compute/backend.ts';
import type { EvaluationText } from '../../interp/windows.ts';
import type { ReadableModel } from '../../interp/subject.ts';
import type { LanguageModel } from '../../lm/model.ts';
import type { DictionaryWeights } from '../../sae/dictionary.ts';
import type { ImportedDictionary } from '../../sae/formats/imported-dictionary.ts';
import type { Maker } from '../train-sae/makers.ts';
import type { RunTexts } from '../train-sae/texts.ts';
import type { Work } from '../train-sae/work.ts';
import type { ImportConfig } from './config.ts';
import type { Measured } from './judge.ts';

export type ImportWork = Work<ImportConfig>;

export interface ImportSubject {
  readonly backend: Backend;
  readonly model: LanguageModel;
  readonly texts: RunTexts;
  /** What the dictionary was not trained on: all of every corpus, or its held-out documents. */
  readonly readable: readonly EvaluationText[];
}

/** How the model reads while this dictionary is looked at. */
export interface Reading {
  readonly model: ReadableModel;
  readonly windowLength: number;
  readonly skipFirst: number;
  readonly hasBos: boolean;
}

/** What the files say of themselves, and what was found when they were taken in. */
export interface Facts {
  readonly source: Omit<ImportedDictionary, 'weights'>;
  readonly hookpoint: string;
  readonly hasBos: boolean;
  readonly measured: Measured;
  /** Why the self-check would have refused it; only with --unchecked. */
  readonly objections: readonly string[];
  readonly maker: Maker;
}

export interface TakenIn {
  readonly weights: DictionaryWeights;
  /** Of our file. */
  readonly sha256: string;
  readonly facts: Facts;
}
