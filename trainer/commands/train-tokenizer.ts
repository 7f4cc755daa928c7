/** `residua train-tokenizer`: fits a byte-level BPE to the installed corpora and writes it into a model folder. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { loadCorpus } from '../corpus/corpora.ts';
import { splitOf, type Corpus } from '../corpus/corpus.ts';
import { fitTokenizer, TOKENIZER_CONFIG, type WeightedText } from '../lm/tokenizer/fit-tokenizer.ts';
import { createTokenizer } from '../lm/tokenizer/tokenizer.ts';
import { readSettings } from './settings.ts';
import { parseCount } from './train-lm/options.ts';

/** How often a word of each corpus counts: evens out 5 MB of prose, 12 of code, 0.3 of Russian and 2 of other languages. */
const WORD_WEIGHTS: Readonly<Record<string, number>> = {
  'english-prose': 16,
  'typescript-declarations': 4,
  'russian-messages': 24,
  'localised-messages': 1,
};

export function trainTokenizerCommand(): Command {
  return new Command('train-tokenizer')
    .description('Fit a byte-level BPE tokenizer to the installed corpora.')
    .option('--out <folder>', 'model folder to write tokenizer.json into', 'trainer/models/residua-demo')
    .option('--vocab <count>', 'tokens, <|endoftext|> and the 256 bytes included', parseCount, 4096)
    .addHelpText(
      'after',
      `
The result is a standard tokenizer.json (ByteLevel, BPE) and takes seconds. The same packages give the same file.
A model is tied to its tokenizer: after this, train the model anew with residua train-lm.`,
    )
    .action(trainTokenizer);
}

async function trainTokenizer({ out, vocab }: { out: string; vocab: number }): Promise<void> {
  const cacheFolder = join(readSettings().home, 'corpora');
  // Those that it is of use to: what another model wrote is not text for this one.
  const slugs = Object.keys(WORD_WEIGHTS);
  const corpora = await Promise.all(slugs.map((slug) => loadCorpus(slug, { cacheFolder })));
  const file = fitTokenizer(weightedTexts(corpora), vocab);
  await mkdir(out, { recursive: true });
  await writeFile(join(out, 'tokenizer.json'), `${JSON.stringify(file, null, 1)}\n`);
  await writeFile(join(out, 'tokenizer_config.json'), `${JSON.stringify(TOKENIZER_CONFIG, null, 1)}\n`);
  const tokenizer = createTokenizer(file);
  console.log(`${out}/tokenizer.json: ${tokenizer.vocabSize} tokens`);
  for (const corpus of corpora) {
    const texts = corpus.documents.filter(({ id }) => splitOf(id) === 'held-out').map(({ text }) => text);
    const byteCount = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const tokenCount = texts.reduce((sum, text) => sum + tokenizer.encode(text).length, 0);
    console.log(`  ${corpus.slug}: ${(byteCount / tokenCount).toFixed(2)} bytes per token on held-out text`);
  }
}

function* weightedTexts(corpora: readonly Corpus[]): Iterable<WeightedText> {
  for (const { slug, documents } of corpora) {
    for (const { id, text } of documents) {
      if (splitOf(id) === 'train') yield { text, weight: WORD_WEIGHTS[slug] };
    }
  }
}
