/** The corpora of a run: train text for the dictionary, held-out text to read it out on, and what goes on record. */
import { loadCorpus } from '../../corpus/corpora.ts';
import type { Corpus } from '../../corpus/corpus.ts';
import { isInBlocks, type TokenLayout } from '../../corpus/token-layout.ts';
import { tokenizeCorpus } from '../../corpus/token-stream.ts';
import type { HarvestStream } from '../../harvest/stream-cursor.ts';
import type { EvaluationText } from '../../interp/windows.ts';
import type { Tokenizer } from '../../lm/tokenizer/tokenizer.ts';
import { readHubSettings } from '../settings.ts';
import type { TrainSaeConfig } from './config.ts';
import type { TextConfig } from './text-config.ts';

export interface RunTexts {
  readonly corpora: readonly Corpus[];
  readonly streams: readonly HarvestStream[];
  /** Documents neither the model nor the dictionary was trained on. */
  readonly evaluation: readonly EvaluationText[];
}

/** How text is read and laid out, where not as ever. */
export interface TextOptions {
  readonly textField?: string;
  readonly corpusBytes?: number;
  readonly layout?: TokenLayout;
}

export function textOptions({
  textField,
  corpusBytes,
  contextLength,
  ...rest
}: TextConfig & Pick<TrainSaeConfig, 'contextLength'>): TextOptions {
  const layout = { bos: rest.bos ?? 'none', packing: rest.packing ?? 'joined', contextLength };
  return { textField, corpusBytes, ...(isInBlocks(layout) && { layout }) };
}

export async function loadTexts(
  shares: Readonly<Record<string, number>>,
  tokenizer: Tokenizer,
  cacheFolder: string,
  onCorpus: (done: number, total: number) => Promise<void>,
  { textField, corpusBytes, layout }: TextOptions = {},
): Promise<RunTexts> {
  const settings = readHubSettings();
  const hub = settings.isOffline ? undefined : settings;
  const corpora: Corpus[] = [];
  const streams: HarvestStream[] = [];
  const evaluation: EvaluationText[] = [];
  const slugs = Object.keys(shares);
  for (const slug of slugs) {
    await onCorpus(corpora.length, slugs.length);
    const corpus = await loadCorpus(slug, { cacheFolder, hub, textField, maxBytes: corpusBytes });
    const split = tokenizeCorpus(corpus, tokenizer, layout);
    corpora.push(corpus);
    streams.push({ corpus: slug, tokens: split.train.tokens, weight: shares[slug] });
    evaluation.push({
      corpus: slug,
      name: corpus.name,
      tokens: split['held-out'].tokens,
      // Held-out text is numbered after the train text, so (corpus, start) names one place for ever.
      offset: split.train.tokens.length,
      weight: shares[slug],
    });
  }
  return { corpora, streams, evaluation };
}
