/**
 * The first half of an import: files -> weights in our terms -> self-check -> a dictionary file of ours beside what was
 * found. That file is the record that this half is over: a run that goes on does not look at the source again.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { mkdir } from 'node:fs/promises';
import { loadDictionary, saveDictionary } from '../../sae/format.ts';
import { importDictionary } from '../../sae/formats/import-dictionary.ts';
import type { ImportOptions } from '../../sae/formats/imported-dictionary.ts';
import { capOf } from '../../sae/kinds.ts';
import type { DictionaryWeights } from '../../sae/dictionary.ts';
import { writeDurably } from '../../sae/write-durably.ts';
import { checkout } from '../settings.ts';
import { readCodeCommit } from '../train-sae/code-commit.ts';
import { specialTokens } from '../train-sae/open-harvest.ts';
import { describeBackend } from '../train-sae/pipeline.ts';
import type { ImportConfig } from './config.ts';
import { expectFits } from './fits-model.ts';
import { judge, type Measured } from './judge.ts';
import { openReading, wantsBos } from './reading.ts';
import { findAlternatives, measure } from './self-check.ts';
import type { Facts, ImportSubject, ImportWork, TakenIn } from './work.ts';

const FACTS = 'imported.json';
const WEIGHTS = 'dictionary.safetensors';

export async function takeIn(work: ImportWork, subject: ImportSubject): Promise<TakenIn> {
  const { config, folder, report } = work;
  const finished = await loadTakenIn(folder);
  if (finished) return finished;

  await report.phase({ phase: 'import', phaseStep: 0, phaseTotal: 1 });
  const { weights, ...source } = await importDictionary(
    path.resolve(checkout, config.source),
    optionsOf(config),
  );
  const { model } = subject;
  const asked = { ...config, modelSlug: model.slug, model: model.config };
  const hookpoint = expectFits({ ...source, weights }, asked);
  const hasBos = wantsBos(config, source.prependBos);
  await report.phase({ phase: 'self-check', phaseStep: 0, phaseTotal: 1 });
  const { measured, objections } = await check(subject, { config, weights, source, hookpoint, hasBos });
  if (objections.length > 0 && !config.unchecked) throw new Error(refusal(config, hookpoint, objections));
  const maker = { codeCommit: readCodeCommit(), backend: describeBackend(subject.backend) };
  return saveTakenIn(folder, limitActs(weights, config, source.advertised, measured), {
    ...{ source, hookpoint, hasBos, measured, objections, maker },
  });
}

export function optionsOf(config: ImportConfig): ImportOptions {
  const { k, inputScale, dictClass } = config;
  return {
    ...(k !== null && { k }),
    ...(inputScale !== null && { inputScale }),
    ...(dictClass !== null && { dictClass }),
  };
}

interface Candidate extends Pick<Facts, 'source' | 'hookpoint' | 'hasBos'> {
  readonly config: ImportConfig;
  readonly weights: DictionaryWeights;
}

async function check(
  { backend, model, readable }: ImportSubject,
  { config, weights, source, hookpoint, hasBos }: Candidate,
): Promise<Pick<Facts, 'measured' | 'objections'>> {
  const options = {
    kernels: backend.kernels,
    weights,
    reading: openReading(model, config, hasBos),
    hookpoint,
    texts: readable,
    specialTokens: specialTokens(model),
  };
  const measured = await measure(options);
  const advertised = source.advertised.l0 ?? source.advertised.k;
  const isDoubtful = judge(measured, advertised, []).length > 0;
  const others = isDoubtful ? await findAlternatives(options, model.hookpoints) : [];
  return { measured, objections: judge(measured, advertised, others) };
}

const refusal = (config: ImportConfig, hookpoint: string, objections: readonly string[]): string =>
  `${config.source}: the self-check at ${hookpoint} speaks against it. ${objections.join('. ')}. Mend that and import it ` +
  'again; --unchecked takes it as it is.';

/** Where nothing says how many acts a token keeps, what was measured does. */
function limitActs(
  weights: DictionaryWeights,
  { k }: ImportConfig,
  advertised: Facts['source']['advertised'],
  { l0 }: Measured,
): DictionaryWeights {
  const isKnown = k !== null || advertised.l0 !== undefined || advertised.k !== undefined;
  if (weights.selection.by !== 'threshold' || isKnown) return weights;
  return { ...weights, k: Math.min(weights.k, capOf(Math.max(1, l0), weights.width)) };
}

async function saveTakenIn(folder: string, weights: DictionaryWeights, facts: Facts): Promise<TakenIn> {
  await mkdir(folder, { recursive: true });
  await writeDurably(path.join(folder, FACTS), [Buffer.from(`${JSON.stringify(facts, null, 1)}\n`)]);
  const { sha256 } = await saveDictionary(path.join(folder, WEIGHTS), weights, {
    hookpoint: facts.hookpoint,
    format: facts.source.format,
  });
  return { weights, sha256, facts };
}

async function loadTakenIn(folder: string): Promise<TakenIn | undefined> {
  try {
    const facts = JSON.parse(await readFile(path.join(folder, FACTS), 'utf8')) as Facts;
    return { ...(await loadDictionary(path.join(folder, WEIGHTS))), facts };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(
      `What this run took in cannot be read: ${(error as Error).message} Or delete ${folder} and import it again.`,
      { cause: error },
    );
  }
}
