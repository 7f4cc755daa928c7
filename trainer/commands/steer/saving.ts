/** Keeps what a training of vectors has made: the set in the database, and everything as JSON in the run's folder. */
import path from 'node:path';

import { createVectorRecord } from '../../steering/vector-record.ts';
import type { SteeringProvenance, TestScore, VectorRecord } from '../../steering/record.ts';
import { saveModel } from '../../store/models.ts';
import { saveVector } from '../../store/steering.ts';
import { modelRecord, vocabulary } from '../train-sae/subject-records.ts';
import { createProvenance } from './bench.ts';
import { writeJson } from '../kept.ts';
import type { SteerWork, Trained } from './training.ts';

/** Of a baseline that has no vectors: its numbers, for a study to compare with. */
export interface BaselineRecord {
  readonly format: 'residua-steering-baseline-1';
  readonly slug: string;
  readonly adapter: 'lora' | 'full';
  readonly parameterCount: number;
  readonly base: readonly TestScore[];
  readonly scores: readonly TestScore[];
  readonly curve: VectorRecord['curve'];
  readonly provenance: SteeringProvenance;
}

export async function saveTrained(work: SteerWork, trained: Trained): Promise<void> {
  const { config, db, run, folder, report, say } = work;
  await report.phase({ phase: 'publish', phaseStep: 0, phaseTotal: 1 });
  const { bench, adapter, outcome, base, scores } = trained;
  const { model } = bench;
  const slug = `${model.slug}/${config.vector}`;
  const shared = { slug, base, scores, curve: outcome.curve, provenance: provenanceOf(work, trained) };
  const { kind } = adapter;
  if (kind === 'lora' || kind === 'full') {
    const { parameterCount } = adapter;
    const record: BaselineRecord = {
      format: 'residua-steering-baseline-1',
      ...{ adapter: kind, parameterCount, ...shared },
    };
    await writeJson(path.join(folder, 'baseline.json'), record);
    say(`${kind} has no vectors to publish: its numbers are in ${path.join(folder, 'baseline.json')}`);
  } else {
    const { name, reward, seed } = config;
    const hiddenNorms = await bench.hiddenNorms();
    const facts = { ...shared, ...{ name, reward, seed, model, adapter, hiddenNorms } };
    const record = createVectorRecord({ ...facts, applied: outcome.applied! });
    await writeJson(path.join(folder, 'vector.json'), record);
    await saveModel(db, modelRecord(model), vocabulary(model));
    await saveVector(db, record, { run, isRecorded: false });
  }
  for (const [i, { testSet, accuracy }] of scores.entries())
    say(
      `${testSet}: ${percent(base[i].accuracy.value)} before, ${percent(accuracy.value)} now, of ${accuracy.n}`,
    );
  await report.phase({ phase: 'publish', phaseStep: 1, phaseTotal: 1 });
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function provenanceOf({ config }: SteerWork, trained: Trained): SteeringProvenance {
  const { bench, settings, outcome, startedMs } = trained;
  const { rates, ...rest } = settings;
  const { generate, learn, other } = outcome.stepMs;
  return createProvenance(bench, {
    ...{ startedMs, count: bench.problems.train.length },
    settings: {
      ...rest,
      rates: rates.join(', '),
      ...{ testSamples: config.testSamples, testCount: config.testCount },
      ...{ generateMs: Math.round(generate), learnMs: Math.round(learn), otherMs: Math.round(other) },
    },
    notes: [...outcome.notes, ...differences(config)],
  });
}

/** From 2509.06608's set-up, for what is trained. */
function differences({ prompts, generations, steps, adapter }: SteerWork['config']): string[] {
  if (adapter === 'random') return [];
  return [
    `${prompts} prompts with ${generations} responses a step and ${steps} steps, not 128 with 16 and 314.`,
    'The vectors after the last step are kept, not the best of five checkpoints.',
    'A response that writes no stop token counts as wrong, whatever it boxes.',
  ];
}
