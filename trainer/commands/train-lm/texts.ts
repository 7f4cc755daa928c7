/** The corpora of a training run as token streams, and the text held out from it. */
import { loadCorpus } from '../../corpus/corpora.ts';
import { splitOf } from '../../corpus/corpus.ts';
import { tokenizeSplit, tokenizeTexts, type TokenStream } from '../../corpus/token-stream.ts';
import type { EvaluationText } from '../../lm-fit/evaluate.ts';
import { pickHeldOut, type HeldOutText } from '../../lm-fit/held-out.ts';
import type { Tokenizer } from '../../lm/tokenizer/tokenizer.ts';

export interface TrainingTexts {
  readonly train: readonly TokenStream[];
  readonly heldOut: readonly EvaluationText[];
  readonly heldOutTexts: readonly HeldOutText[];
  /** What goes on record. */
  readonly corpora: readonly CorpusRecord[];
}

interface CorpusRecord {
  readonly slug: string;
  readonly sha256: string;
  readonly documentCount: number;
  readonly byteCount: number;
  readonly trainTokens: number;
}

export async function loadTexts(
  slugs: readonly string[],
  cacheFolder: string,
  tokenizer: Tokenizer,
): Promise<TrainingTexts> {
  const corpora = await Promise.all(slugs.map((slug) => loadCorpus(slug, { cacheFolder })));
  const train = corpora.map((corpus) => tokenizeSplit(corpus, tokenizer, 'train'));
  const heldOutTexts = corpora.map(({ slug, documents }) => {
    const texts = documents.filter(({ id }) => splitOf(id) === 'held-out').map(({ text }) => text);
    return pickHeldOut(slug, texts);
  });
  return {
    train,
    heldOutTexts,
    heldOut: tokenizeHeldOut(heldOutTexts, tokenizer),
    corpora: corpora.map(({ slug, sha256, documentCount, byteCount }, i) => {
      return { slug, sha256, documentCount, byteCount, trainTokens: train[i].tokens.length };
    }),
  };
}

export function tokenizeHeldOut(heldOut: readonly HeldOutText[], tokenizer: Tokenizer): EvaluationText[] {
  return heldOut.map(({ corpus, texts }) => ({ corpus, tokens: tokenizeTexts(texts, tokenizer) }));
}
