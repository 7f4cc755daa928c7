/** Puts the recorded studies and steering vectors of a folder into the database. They need nothing else to be there. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { isConnectionError, type Database } from '../../store/database.ts';
import { linkVectors } from '../../store/steering.ts';
import { linkStudies, saveStudy } from '../../store/studies.ts';
import { checkout } from '../settings.ts';
import { checkRecording, isRecording } from '../vectors/recording-file.ts';
import { loadRecording } from '../vectors/recording.ts';
import { parseJson } from './study-file.ts';
import { describeStudy } from './study-formats.ts';

/** Files of studies begin with the kind of study; the other files of the folder are trials. */
export const isStudyFile = (name: string): boolean => /^(lime|steering)-[\w-]+\.json$/.test(name);

export interface LoadedStudies {
  /** Names of the files that are in. */
  readonly loaded: readonly string[];
  /** Why others are not, a sentence each. */
  readonly refused: readonly string[];
}

const MODELS_FOLDER = path.join(checkout, 'trainer/models');

/** Loading twice changes nothing but links to models that came since. `folder` need not be there. */
export async function loadRecordedStudies(
  db: Database,
  folder: string,
  modelsFolder = MODELS_FOLDER,
): Promise<LoadedStudies> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const loaded: string[] = [];
  const refused: string[] = [];
  for (const name of names.filter(isStudyFile).sort()) {
    try {
      await loadFile(db, path.join(folder, name), modelsFolder);
      loaded.push(name);
    } catch (error) {
      if (isConnectionError(error)) throw error;
      refused.push((error as Error).message);
    }
  }
  await linkRecorded(db);
  return { loaded, refused };
}

/** Ties what is in to models that came since. */
export async function linkRecorded(db: Database): Promise<void> {
  await linkStudies(db);
  await linkVectors(db);
}

async function loadFile(db: Database, file: string, modelsFolder: string): Promise<void> {
  const json = parseJson(await readFile(file, 'utf8'), file);
  if (isRecording(json)) await loadRecording(db, checkRecording(json, file), modelsFolder);
  else await saveStudy(db, describeStudy(json, file), { run: null, isRecorded: true });
}
