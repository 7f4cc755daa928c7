/** Acts of two dictionaries of one model on the same text. */
import type { Tensor2D } from '@tensorflow/tfjs';
import path from 'node:path';

import type { Kernels } from '../../compute/kernels.ts';
import { tf } from '../../compute/tf.ts';
import { createActCollector, type ActCollector, type ActTable } from '../../interp/act-table.ts';
import { pickRows } from '../../interp/collect-acts.ts';
import { countOrdinary } from '../../interp/ordinary-windows.ts';
import type { ReadableModel } from '../../interp/subject.ts';
import { countedTokens, countTokens, pickWindows, type EvaluationWindows } from '../../interp/windows.ts';
import { loadModel, type LanguageModel } from '../../lm/model.ts';
import { createDictionary, type Dictionary } from '../../sae/dictionary.ts';
import type { PublishedDictionary } from '../dictionary-file.ts';
import { openReading } from '../import/reading.ts';
import { runToEnd } from '../run-to-end.ts';
import { checkout } from '../settings.ts';
import { WINDOWS_PER_BATCH } from '../train-sae/config.ts';
import { specialTokens } from '../train-sae/open-harvest.ts';
import type { CountingConfig } from '../train-sae/text-config.ts';
import { loadTexts } from '../train-sae/texts.ts';

export interface ReadBothOptions extends CountingConfig {
  readonly kernels: Kernels;
  readonly a: PublishedDictionary;
  readonly b: PublishedDictionary;
  readonly modelFolder: string;
  readonly corpora: Readonly<Record<string, number>>;
  readonly cacheFolder: string;
  readonly contextLength: number;
  readonly tokens: number;
  /** Whether either was trained with a first token before every window. */
  readonly hasBos: boolean;
  onProgress(done: number, total: number): void;
}

export interface ReadBoth {
  readonly a: ActTable;
  readonly b: ActTable;
  readonly tokenCount: number;
  readonly tokenEnd: number;
}

export async function readBoth(options: ReadBothOptions): Promise<ReadBoth> {
  const { a, b, corpora, cacheFolder } = options;
  const model = await loadModel(path.resolve(checkout, options.modelFolder));
  try {
    expectModel(model, a, b, options.modelFolder);
    const { evaluation } = await loadTexts(corpora, model.tokenizer, cacheFolder, async () => {});
    const reading = openReading(model, options, options.hasBos);
    const picked = pickWindows(evaluation, {
      ...{ windowLength: reading.windowLength, tokenCount: options.tokens, skipFirst: reading.skipFirst },
      specialTokens: specialTokens(model),
    });
    const windows = leaveOutliers(picked, options, reading.model);
    const tokenCount = countTokens(windows).reduce((sum, count) => sum + count, 0);
    const readers = [a, b].map((published) =>
      openReader(options.kernels, reading.model, published, tokenCount),
    );
    const T = windows.windowLength;
    for (let first = 0; first < windows.windowCount; first += WINDOWS_PER_BATCH) {
      const last = Math.min(first + WINDOWS_PER_BATCH, windows.windowCount);
      const tokens = windows.tokens.slice(first * T, last * T);
      const tokens_BT = tf.tensor2d(tokens, [last - first, T], 'int32');
      const token_B = countedTokens(windows, first * T, last * T);
      for (const reader of readers) await reader.add(tokens_BT, token_B, first * T);
      tokens_BT.dispose();
      options.onProgress(last, windows.windowCount);
    }
    const [tableA, tableB] = readers.map((reader) => reader.close());
    return { a: tableA, b: tableB, tokenCount, tokenEnd: windows.windowCount * T };
  } finally {
    model.dispose();
  }
}

/** Counts no token that is an outlier where either of them reads. */
function leaveOutliers(
  picked: EvaluationWindows,
  { a, b, maxNormRatio }: ReadBothOptions,
  model: Pick<ReadableModel, 'hiddenAt'>,
): EvaluationWindows {
  let windows = picked;
  for (const hookpoint of new Set([a.hookpoint, b.hookpoint])) {
    const reading = { model, hookpoint, maxNormRatio, windowsPerBatch: WINDOWS_PER_BATCH };
    windows = runToEnd(countOrdinary(windows, reading));
  }
  return windows;
}

function openReader(
  kernels: Kernels,
  model: Pick<ReadableModel, 'hiddenAt'>,
  { weights, hookpoint }: PublishedDictionary,
  tokenCount: number,
) {
  const dictionary: Dictionary = createDictionary(kernels, weights);
  const { width, k } = weights;
  const collector: ActCollector = createActCollector({ width, k, tokenCount });
  return {
    async add(tokens_BT: Tensor2D, token_B: Int32Array, start: number): Promise<void> {
      const rows = token_B.map((token) => token - start);
      const hidden_BD = tf.tidy(() => pickRows(model.hiddenAt(tokens_BT, hookpoint), rows));
      const top = await dictionary.encode(hidden_BD, k);
      collector.add(top.acts_BK.dataSync() as Float32Array, top.indices_BK.dataSync() as Int32Array, token_B);
      tf.dispose([hidden_BD, ...Object.values(top)]);
    },
    close(): ActTable {
      dictionary.dispose();
      return collector.close();
    },
  };
}

function expectModel(
  { slug, sha256 }: LanguageModel,
  a: PublishedDictionary,
  b: PublishedDictionary,
  folder: string,
): void {
  for (const { slug: dictionary, modelSlug, modelSha256 } of [a, b]) {
    if (modelSha256 === sha256) continue;
    throw new Error(
      `act-correlation: expected ${slug} (${folder}) to be the model of ${dictionary}, got ${modelSlug} with other weights. ` +
        'Acts are compared on one model: name its folder with --model, or leave act-correlation out of --methods.',
    );
  }
}
