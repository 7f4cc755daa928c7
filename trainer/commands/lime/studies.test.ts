import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../../compute/backend.ts';
import { createRng } from '../../compute/rng.ts';
import { checkStudy } from '../../lime/check-study.ts';
import type { LimeStudy } from '../../lime/study.ts';
import type { Tokenizer } from '../../lm/tokenizer/tokenizer.ts';
import { DEMO_MIXTURE } from '../train-lm/mixture.ts';
import { studyAblation } from './ablation.ts';
import { studyCollapse } from './collapse.ts';
import type { LanguageModelBench } from './language-models.ts';
import { studyLoss } from './loss.ts';
import { studyRouters } from './routers.ts';

const VOCABULARY = 12;
const WORDS = [' is', ' are', ' was', ' were'];

let bench: LanguageModelBench;
const said: string[] = [];

/** Tokens that come in a fixed order, with slips: something to learn. */
function createText(corpus: string, seed: number, length: number) {
  const rng = createRng(seed);
  const tokens = Uint16Array.from({ length }, (_, i) =>
    rng.next() < 0.2 ? rng.int(VOCABULARY) : i % VOCABULARY,
  );
  return { corpus, split: 'train' as const, tokens };
}

beforeAll(async () => {
  const corpora = Object.keys(DEMO_MIXTURE);
  bench = {
    backend: await openBackend({ say: () => {} }),
    seeds: [1, 2],
    folder: await mkdtemp(path.join(tmpdir(), 'residua-lime-')),
    command: 'residua lime study',
    timing: { rounds: 1, stepsPerRound: 1 },
    say: (line) => said.push(line),
    now: () => performance.now(),
    plan: { width: 8, heads: 2, kvHeads: 2, mlp: 8, context: 8, rows: 2, steps: 2, rate: 1e-2 },
    tokenizer: {
      vocabSize: VOCABULARY,
      encode: (text: string) => [WORDS.indexOf(text)],
    } as unknown as Tokenizer,
    texts: {
      train: corpora.map((corpus, i) => createText(corpus, i + 1, 800)),
      heldOut: corpora.map((corpus, i) => createText(corpus, i + 11, 100)),
      heldOutTexts: [],
      corpora: corpora.map((slug) => ({
        slug,
        sha256: 'x',
        documentCount: 1,
        byteCount: 1,
        trainTokens: 800,
      })),
    },
  };
});
afterAll(async () => rm(bench.folder, { recursive: true }));

/** As it is after its file. */
const written = (study: LimeStudy): LimeStudy => checkStudy(JSON.parse(JSON.stringify(study)), study.part);

describe('studies of language models', () => {
  it('compare losses by depth, and go on where they ended', async () => {
    const first = written(await studyLoss(bench, [2, 3]));
    if (first.part !== 'loss') throw new Error('expected the part loss');
    expect(first.comparisons.map(({ base, lime }) => [base, lime])).toEqual([
      ['llama-2', 'lime-2'],
      ['llama-3', 'lime-3'],
    ]);
    expect(first.provenance.models.map(({ routerParameterCount }) => routerParameterCount)).toEqual([
      0, 8, 0, 20,
    ]);
    said.length = 0;
    const again = await studyLoss(bench, [2, 3]);
    expect(again.part === 'loss' && again.runs).toEqual(first.runs);
    expect(said.every((line) => line.endsWith('from its last run'))).toBe(true);
  });

  it('measure collapse layer by layer', async () => {
    const study = written(await studyCollapse(bench, [2]));
    if (study.part !== 'collapse') throw new Error('expected the part collapse');
    expect(study.entropy.map(({ model, of }) => `${model} ${of}`)).toEqual([
      'llama-2 values',
      'llama-2 hidden',
      'lime-2 values',
      'lime-2 hidden',
    ]);
    for (const { layers } of study.entropy) {
      for (const { bySeed } of layers)
        for (const entropy of bySeed) expect(entropy).toBeLessThan(Math.log(8));
    }
  });

  it('read routers and prune them', async () => {
    const study = written(await studyRouters(bench, [3]));
    if (study.part !== 'routers') throw new Error('expected the part routers');
    const [{ pruning }] = study.models;
    expect(pruning[0]).toMatchObject({ topP: 1, prunedBySeed: [0, 0] });
    expect(pruning.at(-1)!.prunedBySeed[0]).toBeGreaterThan(0.2);
  });

  it('ablate routers', async () => {
    // What another seed adds to a study, the parts before have shown.
    const study = written(await studyAblation({ ...bench, seeds: [1] }, 2));
    if (study.part !== 'ablation') throw new Error('expected the part ablation');
    expect(study.rows.map(({ variant }) => variant)).toEqual([
      ...['llama', 'lime', 'uniform', 'last-2', 'last-4', 'first-2', 'first-4', 'dynamic'],
    ]);
  });
});
