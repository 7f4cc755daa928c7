/** The recipe of a boost: a BatchTopK dictionary of few features and few acts, fitted to what the base misses. */
import { fitSettings } from '../sae/defaults.ts';
import { type FitSettings, RESIDUAL_FORM } from '../sae/settings.ts';

export interface BoostRecipe {
  readonly hiddenWidth: number;
  /** Features N of the boost; the paper has 1,024 everywhere. */
  readonly features: number;
  /** Acts per token on average, beside those of the base; the paper's 5 is its best trade-off. */
  readonly k: number;
  /** Hidden states of the domain to train on. */
  readonly tokens: number;
  readonly batchTokens: number;
  /** From the recipe of dictionaries when absent. */
  readonly learningRate?: number;
  readonly seed: number;
}

export const BOOST_FEATURES = 512;
export const BOOST_K = 5;

export function boostSettings(recipe: BoostRecipe): FitSettings {
  const { features, ...rest } = recipe;
  return { ...fitSettings({ ...rest, kind: 'batch-topk', width: features }), form: RESIDUAL_FORM };
}
