/** A study as a compact JSON file: its record alone, which says what it is. */
import { readFile, writeFile } from 'node:fs/promises';
import type { StudyRecord } from '../../store/studies.ts';
import { describeStudy } from './study-formats.ts';

/** Digits kept of what is not whole: more would be noise of the machine. */
const DIGITS = 6;

/** A line for each member of the record, so that a change can be read. */
export async function saveStudyFile(path: string, { record }: StudyRecord): Promise<void> {
  const lines = Object.entries(record).map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value, shorten)}`,
  );
  await writeFile(path, `{${lines.join(',\n')}}\n`);
}

export async function loadStudyFile(path: string): Promise<StudyRecord> {
  return describeStudy(parseJson(await readFile(path, 'utf8'), path), path);
}

function shorten(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value;
}

export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: expected JSON, got ${(error as Error).message}. Save the file again.`, {
      cause: error,
    });
  }
}
