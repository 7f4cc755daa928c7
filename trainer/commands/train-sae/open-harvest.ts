/** The harvest of a run that fits dictionaries: from its config, its model and its text. */
import { isInBlocks } from '../../corpus/token-layout.ts';
import { createHarvest, type Harvest, type HiddenSource } from '../../harvest/harvest.ts';
import type { HarvestStream } from '../../harvest/stream-cursor.ts';
import type { LanguageModel } from '../../lm/model.ts';
import { SEQUENCES_PER_BATCH } from './config.ts';
import { type HiddenConfig, skipFirstOf } from './text-config.ts';

interface HarvestConfig extends HiddenConfig {
  readonly hookpoint: string;
  readonly contextLength: number;
  readonly bufferTokens: number;
  readonly batchTokens: number;
  readonly seed: number;
}

export function openHarvest(
  config: HarvestConfig,
  model: LanguageModel,
  streams: readonly HarvestStream[],
  source: HiddenSource,
): Harvest {
  const { bos = 'none', packing = 'joined' } = config;
  return createHarvest({
    model: source,
    hookpoint: config.hookpoint,
    streams,
    contextLength: config.contextLength,
    sequencesPerBatch: SEQUENCES_PER_BATCH,
    bufferTokens: config.bufferTokens,
    batchTokens: config.batchTokens,
    seed: config.seed,
    skipFirst: skipFirstOf(config),
    specialTokens: specialTokens(model),
    maxNormRatio: config.maxNormRatio,
    // What is laid out in blocks is cut at their ends; what is cached must be cut alike by every fit.
    alignWindows: config.cache !== undefined || isInBlocks({ bos, packing }),
    now: () => performance.now(),
  });
}

/** Special tokens are no text: neither trained on nor counted. */
export function specialTokens({ tokenizer }: Pick<LanguageModel, 'tokenizer'>): number[] {
  const { specialTokens: named, endOfText } = tokenizer;
  return endOfText === undefined ? [...named] : [...new Set([...named, endOfText])];
}
