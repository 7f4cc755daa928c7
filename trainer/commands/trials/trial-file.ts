/** Trials as a compact JSON file, one trial a line: what was measured elsewhere, ready for another database. */
import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';

import type { TrialRecord } from '../../interp/trial-records.ts';
import type { CorpusRecord } from '../../store/corpora.ts';
import type { ProvenanceRecord } from '../../store/provenance.ts';
import type { TrialSet } from '../../store/trials.ts';

const FORMAT = 'residua-trials-1';
/** Digits of the metrics: more would be noise of the machine. */
const DIGITS = 6;

const evaluation = z.object({
  corpus: z.string(),
  budget: z.int().min(1),
  explainedVariance: z.number(),
  ceOriginal: z.number(),
  ceSpliced: z.number(),
  ceZero: z.number(),
  ceRecovered: z.number().nullable(),
  deltaCe: z.number(),
  klNats: z.number(),
  l0: z.number(),
  residualL0: z.number().nullable(),
  deadFraction: z.number(),
  tokenCount: z.int(),
  ceTokenCount: z.int(),
});

const schema = z.object({
  format: z.literal(FORMAT),
  corpora: z.array(z.object({ slug: z.string(), sha256: z.string() }).loose()),
  provenance: z.array(z.object({ checkpointSha256: z.string(), command: z.string() }).loose()),
  trials: z.array(
    z
      .object({
        slug: z.string(),
        experiment: z.string(),
        method: z.string(),
        kind: z.string(),
        model: z.string(),
        seed: z.int(),
        provenance: z.int().min(0).nullable(),
        evaluations: z.array(evaluation),
      })
      .loose(),
  ),
});

export async function saveTrialFile(path: string, { corpora, provenances, trials }: TrialSet): Promise<void> {
  const lines = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row, shorten)).join(',\n');
  await writeFile(
    path,
    `{"format":"${FORMAT}",\n"corpora":[\n${lines(corpora)}],\n"provenance":[\n${lines(provenances)}],\n` +
      `"trials":[\n${lines(trials)}]}\n`,
  );
}

export async function loadTrialFile(path: string): Promise<TrialSet> {
  const text = await readFile(path, 'utf8');
  const parsed = schema.safeParse(parseJson(text, path));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(
      `${path}: expected trials as residua trials save writes them, got at ${issue.path.join('.') || 'its root'}: ${issue.message}. ` +
        'Save the file again.',
    );
  }
  const { corpora, provenance, trials } = parsed.data;
  return {
    corpora: corpora as unknown as CorpusRecord[],
    provenances: provenance as unknown as ProvenanceRecord[],
    trials: trials as unknown as (TrialRecord & { provenance: number | null })[],
  };
}

function shorten(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: expected JSON, got ${(error as Error).message}. Save the file again.`, {
      cause: error,
    });
  }
}
