/** Sets of steering vectors with their analyses and the studies made of them as one JSON file, a line for each record. */
import { readFile } from 'node:fs/promises';

import { checkAnalysis, checkSteeringStudy, checkVector } from '../../steering/check-record.ts';
import type { Analysis, SteeringStudy, VectorRecord } from '../../steering/record.ts';
import { writeWhole } from '../kept.ts';
import { parseJson } from '../studies/study-file.ts';

export const RECORDING_FORMAT = 'residua-steering-recording-1';

export interface SteeringRecording {
  readonly vectors: readonly VectorRecord[];
  readonly analyses: readonly Analysis[];
  readonly studies: readonly SteeringStudy[];
}

/** Digits kept of what is not whole: more would be noise of the machine. */
const DIGITS = 6;
/** Digits that name any float32. */
const FLOAT32_DIGITS = 9;
/** What is put into a model is kept to the last bit. */
const EXACT = new Set(['values', 'readOut']);
const LISTS = ['vectors', 'analyses', 'studies'] as const;

/** All of it or nothing. */
export async function saveRecordingFile(file: string, recording: SteeringRecording): Promise<void> {
  const lists = LISTS.map((name) => {
    const lines = recording[name].map((record) => JSON.stringify(shorten(record, false)));
    return `"${name}":[${lines.length > 0 ? `\n${lines.join(',\n')}\n` : ''}]`;
  });
  await writeWhole(file, `{"format":"${RECORDING_FORMAT}",\n${lists.join(',\n')}}\n`);
}

function shorten(value: unknown, isExact: boolean): unknown {
  if (typeof value === 'number') return isExact ? nameFloat32(value) : shortenNumber(value);
  if (Array.isArray(value)) return value.map((member) => shorten(member, isExact));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, shorten(member, EXACT.has(key))]),
  );
}

const shortenNumber = (value: number): number =>
  Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS));

/** With the fewest digits that are still this float32. */
function nameFloat32(value: number): number {
  const float32 = Math.fround(value);
  for (let digits = DIGITS; digits < FLOAT32_DIGITS; digits++) {
    const named = Number(float32.toPrecision(digits));
    if (Math.fround(named) === float32) return named;
  }
  return Number(float32.toPrecision(FLOAT32_DIGITS));
}

export async function loadRecordingFile(file: string): Promise<SteeringRecording> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Error(
      `${file}: expected a file that residua vectors save wrote, got none that can be read. Check the path.`,
      {
        cause,
      },
    );
  });
  return checkRecording(parseJson(text, file), file);
}

export const isRecording = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && 'format' in json && json.format === RECORDING_FORMAT;

/** `source` names the file in errors. */
export function checkRecording(json: unknown, source: string): SteeringRecording {
  const { format, ...lists } = (typeof json === 'object' && json !== null ? json : {}) as Record<
    string,
    unknown
  >;
  if (format !== RECORDING_FORMAT)
    throw new Error(
      `${source}: expected a file of format ${RECORDING_FORMAT}, got ${JSON.stringify(format)}. ` +
        'residua vectors save writes such files; residua studies load reads those of studies.',
    );
  const listOf = <Record>(name: (typeof LISTS)[number], check: (json: unknown, source: string) => Record) => {
    const list = lists[name];
    if (!Array.isArray(list))
      throw new Error(
        `${source}: expected a list at ${name}, got ${JSON.stringify(list)?.slice(0, 40)}. Save the file again.`,
      );
    return list.map((record, at) => check(record, `${source} at ${name}.${at}`));
  };
  return {
    vectors: listOf('vectors', checkVector),
    analyses: listOf('analyses', checkAnalysis),
    studies: listOf('studies', checkSteeringStudy),
  };
}
