import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { loadCorpus } from '../../corpus/corpora.ts';
import { loadTokenizer } from '../../lm/tokenizer/tokenizer.ts';
import { checkout } from '../settings.ts';
import { demoRuns } from '../start/demo-runs.ts';
import type { ImportConfig } from '../import/config.ts';
import { findCommitted, generationsFolder } from './committed-dictionary.ts';

const folder = path.join(checkout, generationsFolder('residua-reasoner'));
const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const training = JSON.parse(await readFile(path.join(folder, 'training.json'), 'utf8')) as {
  modelSha256: string;
  hookpoint: string;
  slug: string;
  weightsSha256: string;
  configSha256: string;
  corpus: { fileSha256: string; corpusSha256: string; conversations: number; tokens: number };
};
const published = demoRuns(true).find(({ kind }) => kind === 'import')!;

describe('the dictionary of what the reasoner writes', () => {
  it('is of the committed model and of the bytes its training.json tells of', async () => {
    const model = await readFile(path.join(checkout, 'trainer/models/residua-reasoner/model.safetensors'));
    expect(sha256Of(model)).toBe(training.modelSha256);
    const files = { 'sae_weights.safetensors': training.weightsSha256, 'cfg.json': training.configSha256 };
    for (const [name, sha256] of Object.entries(files))
      expect(sha256Of(await readFile(path.join(folder, name))), name).toBe(sha256);
  });

  it('is found for that model at its layer, under the slug that the demo publishes', async () => {
    const model = { slug: 'residua-reasoner', sha256: training.modelSha256 };
    const found = await findCommitted(model, training.hookpoint);
    expect(found).toMatchObject({ slug: published.slug, hookpoint: 'layers.2.residual.post' });
    expect(found!.weights).toMatchObject({ kind: 'hierarchical-topk', width: 1024, hiddenWidth: 128, k: 16 });
  });

  it('is not taken for other weights, layers or models', async () => {
    const { modelSha256: sha256, hookpoint } = training;
    const slug = 'residua-reasoner';
    expect(await findCommitted({ slug, sha256: 'f'.repeat(64) }, hookpoint)).toBeUndefined();
    expect(await findCommitted({ slug, sha256 }, 'layers.3.residual.post')).toBeUndefined();
    expect(await findCommitted({ slug: 'residua-demo', sha256 }, hookpoint)).toBeUndefined();
  });

  it('has a corpus of whole conversations, each in a window of the demo behind the turn they share', async () => {
    const corpus = await loadCorpus('reasoner-answers');
    expect(corpus).toMatchObject({ sha256: training.corpus.corpusSha256, documentCount: 8192 });
    const tokenizer = await loadTokenizer(path.join(checkout, 'trainer/models/residua-reasoner'));
    const read = corpus.documents.map(({ text }) => tokenizer.encode(text));
    expect(read.reduce((sum, { length }) => sum + length, 0)).toBe(training.corpus.tokens);
    const { contextLength, skipFirst = 0, packing } = published.config as ImportConfig;
    expect(packing).toBe('document');
    // With end of text behind.
    for (const { length } of read) expect(length).toBeLessThan(contextLength);
    const shared = read[0].slice(0, skipFirst).join();
    expect(read.every((tokens) => tokens.slice(0, skipFirst).join() === shared)).toBe(true);
    expect(tokenizer.decode(read[0].slice(0, skipFirst))).toMatch(/<\|im_start\|>user\n$/);
  });
});
