/** `residua harvest`: fills the cache of hidden states that `train-sae --cache` reads, and mends what is damaged in it. */
import { Command, Option } from 'commander';
import path from 'node:path';

import { formatBytes } from '../compute/memory.ts';
import { openBackend } from '../compute/backend.ts';
import type { CachedSource } from '../harvest/cache/cached-source.ts';
import { HIDDEN_DTYPES } from '../harvest/cache/chunk-format.ts';
import { toHookpoint } from '../lm/hookpoints.ts';
import { loadConfig, loadModel } from '../lm/model.ts';
import { demoConfig } from './demo.ts';
import { fill } from './harvest/fill.ts';
import { openModelFolder } from './model-folder.ts';
import { checkout, readSettings } from './settings.ts';
import { parseMixture } from './train-lm/mixture.ts';
import { parseCount } from './train-lm/options.ts';
import { SEQUENCES_PER_BATCH, type TrainSaeConfig } from './train-sae/config.ts';
import { openHidden } from './train-sae/hidden-source.ts';
import { expectSuits } from './train-sae/pipeline.ts';
import { addTextOptions, type TextConfig } from './train-sae/text-config.ts';
import { loadTexts, textOptions, type RunTexts } from './train-sae/texts.ts';

type Options = Pick<TrainSaeConfig, 'hookpoint' | 'corpora' | 'contextLength'> &
  TextConfig & {
    readonly model: string;
    readonly cache: NonNullable<TrainSaeConfig['cache']>;
    readonly tokens?: number;
  };

export function harvestCommand(): Command {
  const demo = demoConfig;
  const command = new Command('harvest')
    .description('Read text with a model and keep its hidden states on disk, for train-sae --cache.')
    .option(
      '--model <name>',
      'folder of a model, its name, or org/name[@revision] on the Hugging Face hub',
      demo.modelFolder,
    )
    .option('--hookpoint <name>', 'where to read', demo.hookpoint)
    .option('--corpora <shares>', 'corpus=share,..., as for train-sae', parseMixture, demo.corpora)
    .option('--context-length <tokens>', 'tokens of a sequence', parseCount, demo.contextLength);
  return addTextOptions(command)
    .addOption(new Option('--cache <precision>', 'of the numbers kept').choices(HIDDEN_DTYPES).default('f32'))
    .option(
      '--tokens <count>',
      'tokens to hold, by the shares of the corpora (default: all train text)',
      parseCount,
    )
    .addHelpText(
      'after',
      `
Text, context, hookpoint and precision must be those of train-sae; seeds, widths and kinds may differ. What is there
already is checked, what is damaged is named and made again. Stopped, even by kill -9, it goes on when started again.

  residua harvest --cache bf16
  residua train-sae --cache bf16 --slug first
  residua train-sae --cache bf16 --slug second --seed 1 --kind topk --k 32      (the model is not run again)`,
    )
    .action(harvest);
}

async function harvest({ model: name, ...given }: Options): Promise<void> {
  const options = { ...given, hookpoint: toHookpoint(given.hookpoint) };
  const settings = readSettings();
  const folder = path.resolve(checkout, await openModelFolder(name, settings.home));
  expectSuits(options, await loadConfig(folder));
  const backend = await openBackend({ name: settings.backend, threads: settings.threads });
  console.log(`${backend.name} (${backend.device}, ${backend.threads} threads)`);
  const model = await loadModel(folder, { upTo: options.hookpoint });
  const cacheFolder = path.join(settings.home, 'corpora');
  const onCorpus = () => Promise.resolve();
  const texts = await loadTexts(
    options.corpora,
    model.tokenizer,
    cacheFolder,
    onCorpus,
    textOptions(options),
  );
  const say = (line: string) => console.log(line);
  const wantedTokens = options.tokens ?? Infinity;
  const { cache } = openHidden({ config: options, home: settings.home, model, texts, say, wantedTokens });
  try {
    if (cache) await fillCache(cache, texts, options);
  } finally {
    cache?.close();
    model.dispose();
  }
  if (cache) console.log(`${cache.folder}: ${formatBytes(cache.store.sizeBytes())}`);
}

const LINE_EVERY_MS = 2_000;

async function fillCache(
  cache: CachedSource,
  texts: RunTexts,
  options: Omit<Options, 'model'>,
): Promise<void> {
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => abort.abort(new Error(`stopped by ${signal}; start it again to go on`)));
  // Lets signals in between two batches: running a model keeps the thread.
  const breathe = () => new Promise((resolve) => setImmediate(resolve));
  for (const { done, total } of cache.store.verify()) {
    if (done === total) console.log(`checked ${total} chunks, ${cache.store.windowCount()} windows`);
    await breathe();
    abort.signal.throwIfAborted();
  }
  const startedMs = performance.now();
  let lastMs = -Infinity;
  const { hookpoint, contextLength, tokens } = options;
  const windowsPerBatch = SEQUENCES_PER_BATCH;
  const filling = { cache, hookpoint, streams: texts.streams, contextLength, windowsPerBatch, tokens };
  for (const { doneTokens, totalTokens } of fill(filling)) {
    const ms = performance.now();
    if (ms - lastMs >= LINE_EVERY_MS || doneTokens === totalTokens) {
      const perSecond = Math.round((1000 * doneTokens) / (ms - startedMs));
      console.log(
        `${doneTokens.toLocaleString('en')} of ${totalTokens.toLocaleString('en')} tokens, ` +
          `${perSecond.toLocaleString('en')} tokens/s`,
      );
      lastMs = ms;
    }
    await breathe();
    abort.signal.throwIfAborted();
  }
}
