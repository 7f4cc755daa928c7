/** Sets of vectors with their analyses and studies as one file of plain numbers, for another database. */
import type { Analysis, SteeringStudy, VectorRecord } from '../../steering/record.ts';

export interface SteeringRecording {
  readonly format: 'residua-steering-recording-1';
  readonly vectors: readonly VectorRecord[];
  readonly analyses: readonly Analysis[];
  readonly studies: readonly SteeringStudy[];
}

/** Digits kept of what is not whole: more would be noise of the machine. */
const DIGITS = 6;
/** As many as name a float32: vectors come back as they were. */
const VECTOR_DIGITS = 9;
const EXACT = new Set(['values', 'readOut']);

export function shorten<T>(value: T, digits = DIGITS): T {
  if (typeof value === 'number')
    return (Number.isInteger(value) ? value : Number(value.toPrecision(digits))) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => shorten(one, digits)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, one]: [string, unknown]) => [
    name,
    shorten(one, EXACT.has(name) ? VECTOR_DIGITS : digits),
  ]);
  return Object.fromEntries(entries) as T;
}
