/** A recording of steering vectors in the database: its models first, where their folders are here. */
import { existsSync } from 'node:fs';
import path from 'node:path';

import { loadDescription } from '../../lm/model.ts';
import type { Database } from '../../store/database.ts';
import { loadModelId, saveModel } from '../../store/models.ts';
import { linkVectors, loadAnalyses, loadVectors, saveAnalysis, saveVector } from '../../store/steering.ts';
import { loadStudies, saveStudy } from '../../store/studies.ts';
import { checkSteeringStudy } from '../../steering/check-record.ts';
import { describeStudy } from '../studies/study-formats.ts';
import { modelRecord, vocabulary } from '../train-sae/subject-records.ts';
import type { SteeringRecording } from './recording-file.ts';

export interface LoadedRecording {
  readonly vectors: number;
  readonly analyses: number;
  readonly studies: number;
  /** Made here before, or of vectors that were: left as they are. */
  readonly kept: number;
}

/** Loading twice changes nothing. `modelsFolder`: where a folder of each model it speaks of may lie. */
export async function loadRecording(
  db: Database,
  { vectors, analyses, studies }: SteeringRecording,
  modelsFolder: string,
): Promise<LoadedRecording> {
  const links = { run: null, isRecorded: true };
  await saveModels(db, namesOf({ vectors, studies }), modelsFolder);
  const saved = { vectors: 0, analyses: 0, studies: 0 };
  for (const vector of vectors) saved.vectors += Number(await saveVector(db, vector, links));
  for (const analysis of analyses) saved.analyses += Number(await saveAnalysis(db, analysis, links));
  for (const study of studies)
    saved.studies += Number(await saveStudy(db, describeStudy(study, 'a recording'), links));
  await linkVectors(db);
  const total = vectors.length + analyses.length + studies.length;
  return { ...saved, kept: total - saved.vectors - saved.analyses - saved.studies };
}

function namesOf({ vectors, studies }: Pick<SteeringRecording, 'vectors' | 'studies'>): Set<string> {
  const family = studies.flatMap((study) => (study.part === 'transfer' ? study.models : []));
  return new Set([...vectors, ...studies, ...family].map(({ model }) => model));
}

/** A slug may be any text: only the name of a folder there is looked up. */
async function saveModels(db: Database, names: ReadonlySet<string>, modelsFolder: string): Promise<void> {
  for (const name of names) {
    const folder = path.join(modelsFolder, name);
    const isThere = path.dirname(folder) === path.normalize(modelsFolder) && existsSync(folder);
    if (!isThere || (await loadModelId(db, name)) !== undefined) continue;
    const model = await loadDescription(folder);
    await saveModel(db, modelRecord(model), vocabulary(model));
  }
}

/** Of some sets, or of all there are of a model: then its studies, too. */
export async function readRecording(
  db: Database,
  { model, slugs }: { readonly model?: string; readonly slugs?: readonly string[] },
): Promise<SteeringRecording> {
  const studies = slugs ? [] : await loadStudies(db, { kind: 'steering' });
  return {
    vectors: await loadVectors(db, { model, slugs }),
    analyses: await loadAnalyses(db, { model, slugs }),
    studies: studies
      .map(({ record, slug }) => checkSteeringStudy(record, slug))
      .filter((study) => model === undefined || study.model === model),
  };
}
