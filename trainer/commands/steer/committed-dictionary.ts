/**
 * The dictionary that lies beside a model of ours, fitted on what that model writes: trainer/models/<model>-generations, a
 * SAELens directory with a training.json that says of which weights and of which layer it is.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import type { LanguageModel } from '../../lm/language-model.ts';
import type { DictionaryWeights } from '../../sae/dictionary.ts';
import { importDictionary } from '../../sae/formats/import-dictionary.ts';
import { checkout } from '../settings.ts';

export interface CommittedDictionary {
  /** It is published under this one, too: features of both are the same. */
  readonly slug: string;
  readonly hookpoint: string;
  readonly weights: DictionaryWeights;
}

interface Training {
  readonly slug: string;
  readonly hookpoint: string;
  readonly modelSha256: string;
}

/** Relative to the checkout. */
export const generationsFolder = (model: string): string => `trainer/models/${model}-generations`;

/** undefined where there is none, or one of other weights or of another place. */
export async function findCommitted(
  model: Pick<LanguageModel, 'slug' | 'sha256'>,
  hookpoint: string,
): Promise<CommittedDictionary | undefined> {
  const folder = path.join(checkout, generationsFolder(model.slug));
  const training = await readTraining(path.join(folder, 'training.json'));
  if (training?.modelSha256 !== model.sha256 || training.hookpoint !== hookpoint) return undefined;
  const { weights } = await importDictionary(folder);
  return { slug: training.slug, hookpoint, weights };
}

async function readTraining(file: string): Promise<Training | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as Training);
}
