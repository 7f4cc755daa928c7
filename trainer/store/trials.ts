/** Trials and their evaluations: one transaction for each trial, under its slug. What was run here outranks what was recorded. */
import type { CorpusId, ModelId, RunId } from '@residua/prisma/ids';
import type { EvaluationRecord, TrialRecord } from '../interp/trial-records.ts';
import type { CorpusRecord } from './corpora.ts';
import { inTransaction, type Database, type Queryable } from './database.ts';
import { loadProvenance, saveProvenance, type ProvenanceRecord } from './provenance.ts';

export interface TrialLinks {
  readonly model: ModelId;
  /** Of every corpus the evaluations name, by slug. */
  readonly corpora: ReadonlyMap<string, CorpusId>;
  readonly run: RunId | null;
  readonly provenance: ProvenanceRecord | null;
  /** Run elsewhere before, and read from a file. */
  readonly isRecorded: boolean;
}

/** Saving it again changes nothing. A recorded trial never replaces one that was run here: then false. */
export async function saveTrial(db: Database, trial: TrialRecord, links: TrialLinks): Promise<boolean> {
  return inTransaction(db, async (client) => {
    const provenance = links.provenance && (await saveProvenance(client, links.provenance));
    const { rows } = await client.query<{ id: number }>(UPSERT, [
      trial.slug,
      trial.experiment,
      trial.method,
      trial.kind.replaceAll('-', '_'),
      links.model,
      trial.hookpoint,
      trial.base,
      trial.dictionary,
      trial.domain,
      trial.seed,
      trial.width,
      trial.k,
      trial.trainTokenCount,
      trial.weightsSha256,
      trial.baseCosines,
      JSON.stringify(trial.config),
      links.isRecorded,
      links.run,
      provenance,
    ]);
    if (rows.length === 0) return false;
    await client.query('DELETE FROM evaluation WHERE trial_id = $1', [rows[0].id]);
    for (const evaluation of trial.evaluations) {
      await insertEvaluation(client, rows[0].id, evaluation, links.corpora);
    }
    return true;
  });
}

// A base that is not published here yet stays null until the trial is saved again; the slug names it anyway.
const UPSERT = `
  INSERT INTO trial (slug, experiment, method, kind, model_id, hookpoint, base_id, dictionary_id, domain, seed, width, k,
    train_token_count, weights_sha256, base_cosines, config, recorded, run_id, provenance_id)
  VALUES ($1, $2, $3, $4, $5, $6, (SELECT id FROM dictionary WHERE slug = $7),
    (SELECT id FROM dictionary WHERE slug = $8), $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
  ON CONFLICT (slug) DO UPDATE SET kind = excluded.kind, model_id = excluded.model_id, hookpoint = excluded.hookpoint,
    base_id = excluded.base_id, dictionary_id = excluded.dictionary_id, width = excluded.width,
    weights_sha256 = excluded.weights_sha256, base_cosines = excluded.base_cosines, config = excluded.config,
    recorded = excluded.recorded, run_id = excluded.run_id, provenance_id = excluded.provenance_id
  WHERE trial.recorded OR NOT excluded.recorded
  RETURNING id`;

async function insertEvaluation(
  client: Queryable,
  trial: number,
  evaluation: EvaluationRecord,
  corpora: ReadonlyMap<string, CorpusId>,
): Promise<void> {
  const corpus = corpora.get(evaluation.corpus);
  if (corpus === undefined) {
    throw new Error(
      `An evaluation names corpus ${evaluation.corpus}, but only ${[...corpora.keys()].join(', ')} were saved.`,
    );
  }
  await client.query(
    `INSERT INTO evaluation (trial_id, corpus_id, budget, explained_variance, ce_original, ce_spliced, ce_zero,
       ce_recovered, delta_ce, kl_nats, l0, residual_l0, dead_fraction, token_count, ce_token_count)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    [
      trial,
      corpus,
      evaluation.budget,
      evaluation.explainedVariance,
      evaluation.ceOriginal,
      evaluation.ceSpliced,
      evaluation.ceZero,
      evaluation.ceRecovered,
      evaluation.deltaCe,
      evaluation.klNats,
      evaluation.l0,
      evaluation.residualL0,
      evaluation.deadFraction,
      evaluation.tokenCount,
      evaluation.ceTokenCount,
    ],
  );
}

/** Trials of an experiment with all that another database needs to take them over. */
export interface TrialSet {
  readonly corpora: readonly CorpusRecord[];
  readonly provenances: readonly ProvenanceRecord[];
  /** provenance: its place in the list; null where there is none. */
  readonly trials: readonly (TrialRecord & { readonly provenance: number | null })[];
}

/** In the order of their slugs. */
export async function loadTrials(db: Queryable, experiment: string): Promise<TrialSet> {
  const trials = await db.query<{ provenanceId: number | null; trial: TrialRecord }>(
    `SELECT trial.provenance_id AS "provenanceId", jsonb_build_object(
       'slug', trial.slug, 'experiment', experiment, 'method', method, 'kind', replace(trial.kind::text, '_', '-'),
       'model', model.slug, 'hookpoint', trial.hookpoint, 'base', base.slug, 'dictionary', dictionary.slug,
       'domain', trial.domain, 'seed', trial.seed, 'width', trial.width, 'k', trial.k,
       'trainTokenCount', train_token_count, 'weightsSha256', weights_sha256, 'baseCosines', base_cosines,
       'config', trial.config, 'evaluations', (${EVALUATIONS})) AS trial
     FROM trial JOIN model ON model.id = trial.model_id
       LEFT JOIN dictionary base ON base.id = base_id LEFT JOIN dictionary ON dictionary.id = dictionary_id
     WHERE experiment = $1 ORDER BY trial.slug COLLATE "C"`,
    [experiment],
  );
  const ids = [...new Set(trials.rows.flatMap(({ provenanceId }) => provenanceId ?? []))];
  return {
    corpora: await loadCorpora(db, experiment),
    provenances: await Promise.all(ids.map((id) => loadProvenance(db, id))),
    trials: trials.rows.map(({ provenanceId, trial }) => ({
      ...trial,
      provenance: provenanceId === null ? null : ids.indexOf(provenanceId),
    })),
  };
}

const EVALUATIONS = `SELECT coalesce(jsonb_agg(jsonb_build_object(
    'corpus', corpus.slug, 'budget', budget, 'explainedVariance', explained_variance, 'ceOriginal', ce_original,
    'ceSpliced', ce_spliced, 'ceZero', ce_zero, 'ceRecovered', ce_recovered, 'deltaCe', delta_ce, 'klNats', kl_nats,
    'l0', l0, 'residualL0', residual_l0, 'deadFraction', dead_fraction, 'tokenCount', token_count,
    'ceTokenCount', ce_token_count) ORDER BY corpus.slug COLLATE "C", budget), '[]')
  FROM evaluation JOIN corpus ON corpus.id = corpus_id WHERE trial_id = trial.id`;

async function loadCorpora(db: Queryable, experiment: string): Promise<CorpusRecord[]> {
  const { rows } = await db.query<CorpusRecord>(
    `SELECT slug, name, domain, description, sha256, document_count AS "documentCount", byte_count::float8 AS "byteCount"
     FROM corpus WHERE id IN (SELECT corpus_id FROM evaluation JOIN trial ON trial.id = trial_id WHERE experiment = $1)
     ORDER BY slug COLLATE "C", sha256`,
    [experiment],
  );
  return rows;
}
