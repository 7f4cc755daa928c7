/** What `residua evaluate` stores: the numbers as a trial, and how to get them again. */
import type { Backend } from '../../compute/backend.ts';
import { trialSlug, type EvaluationRecord, type TrialRecord } from '../../interp/trial-records.ts';
import type { LanguageModel } from '../../lm/model.ts';
import type { Queryable } from '../../store/database.ts';
import type { CorpusSource, ProvenanceRecord } from '../../store/provenance.ts';
import { readCodeCommit } from '../train-sae/code-commit.ts';
import { type CountingConfig, describeReading } from '../train-sae/text-config.ts';
import { describeBackend } from '../train-sae/pipeline.ts';
import { hashTokenizer } from '../train-sae/publication.ts';
import type { RunTexts } from '../train-sae/texts.ts';
import type { Measured } from './subject.ts';

export interface TrialOptions extends CountingConfig {
  /** A dictionary, or boosts joined by +. */
  readonly dictionary: string;
  readonly corpora: string[];
  readonly budgets?: number[];
  /** Its folder. */
  readonly model: string;
  readonly contextLength: number;
  readonly tokens: number;
  readonly metricTokens: number;
  readonly experiment: string;
}

/** Of base and boosts: the sum's domains in alphabetical order. */
export function trialOf(
  { base, boosts }: Measured,
  options: TrialOptions,
  evaluations: readonly EvaluationRecord[],
): TrialRecord {
  const domains = boosts.map(({ domain }) => domain ?? '-').sort();
  const [only = base] = boosts;
  const own = boosts.length > 0 ? boosts : [base];
  const sum = (of: (one: (typeof own)[number]) => number) => own.reduce((total, one) => total + of(one), 0);
  const key = {
    experiment: options.experiment,
    method: boosts.length > 0 ? 'boost' : 'base',
    base: base.slug,
    model: base.modelSlug,
    domain: domains.length > 0 ? domains.join('+') : null,
    k: sum(({ weights }) => (boosts.length > 0 ? weights.k / 4 : weights.k)),
    trainTokenCount: sum(({ trainTokenCount }) => trainTokenCount),
    seed: only.seed,
  };
  return {
    slug: trialSlug(key),
    ...key,
    kind: only.weights.kind,
    hookpoint: base.hookpoint,
    dictionary: own.length === 1 ? own[0].slug : null,
    width: sum(({ weights }) => weights.width),
    weightsSha256: only.sha256,
    baseCosines: [],
    config: options,
    evaluations,
  };
}

interface Made {
  readonly measured: Measured;
  readonly options: TrialOptions;
  readonly model: LanguageModel;
  readonly texts: RunTexts;
  readonly backend: Backend;
}

export async function provenanceOf(
  db: Queryable,
  { measured: { base, boosts }, options, model, texts, backend }: Made,
): Promise<ProvenanceRecord> {
  const [only = base] = boosts;
  return {
    modelSlug: model.slug,
    modelRevision: model.sha256.slice(0, 12),
    modelSha256: model.sha256,
    checkpointSha256: only.sha256,
    trainCorpora: await trainCorporaOf(
      db,
      [base, ...boosts].map(({ slug }) => slug),
    ),
    readCorpora: texts.corpora.map(({ slug, sha256, documentCount, byteCount }) => {
      return { slug, sha256, documentCount, byteCount };
    }),
    tokenizer: `byte-level BPE, ${model.tokenizer.vocabSize} tokens, sha256 ${await hashTokenizer({ modelFolder: options.model })}`,
    contextLength: options.contextLength,
    bosPolicy: `${describeReading(options)}; evaluated on held-out documents`,
    normalisation: 'none: read as published',
    codeCommit: readCodeCommit(),
    backend: describeBackend(backend),
    seed: only.seed,
    trainTokenCount: [base, ...boosts].reduce((sum, { trainTokenCount }) => sum + trainTokenCount, 0),
    readTokenCount: options.tokens,
    command: commandOf(options),
    config: options,
  };
}

/** Of base and boosts together. */
async function trainCorporaOf(db: Queryable, slugs: readonly string[]): Promise<CorpusSource[]> {
  const { rows } = await db.query<{ corpus: CorpusSource }>(
    `SELECT DISTINCT corpus FROM dictionary JOIN provenance ON provenance.id = provenance_id,
       jsonb_array_elements(train_corpora) corpus WHERE dictionary.slug = ANY($1) ORDER BY corpus`,
    [slugs],
  );
  return rows.map(({ corpus }) => corpus);
}

function commandOf(options: TrialOptions): string {
  const flags = Object.entries(options).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${String(value)}`],
  );
  return `residua evaluate ${flags.join(' ')}`;
}
