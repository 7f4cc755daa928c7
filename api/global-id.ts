/** Global ids: base64 of Type:key. The key is the surrogate key, for a feature dictionary-index. */
import type { Feature } from './loaders/feature.ts';

export interface GlobalId {
  readonly type: string;
  readonly key: string;
}

export function encodeGlobalId(type: string, key: string | number | bigint): string {
  return Buffer.from(`${type}:${key}`).toString('base64');
}

/** null for what was never an id: an unknown id is an answer, not an error. */
export function parseGlobalId(text: string): GlobalId | null {
  const match = /^([A-Z]\w*):([\w-]+)$/.exec(Buffer.from(text, 'base64').toString('utf8'));
  return match ? { type: match[1], key: match[2] } : null;
}

/** Largest value of a Postgres integer. */
const MAX_KEY = 2_147_483_647;

/** A surrogate key or an index; null for what cannot be one. */
export function parseKey(text: string): number | null {
  const key = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  return key <= MAX_KEY ? key : null;
}

export function featureKey(feature: Pick<Feature, 'dictionaryId' | 'index'>): string {
  return `${feature.dictionaryId}-${feature.index}`;
}

export function parseFeatureKey(text: string): { dictionaryId: number; index: number } | null {
  const [dictionary, feature, more] = text.split('-');
  const dictionaryId = parseKey(dictionary);
  const index = feature === undefined || more !== undefined ? null : parseKey(feature);
  return dictionaryId === null || index === null ? null : { dictionaryId, index };
}
