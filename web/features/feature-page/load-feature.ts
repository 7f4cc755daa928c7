/** A feature at one budget, asked for once by everything that one page shows of it. Server only. */
import { cache } from 'react';
import { ask } from '../../graphql/ask.ts';
import { FeaturePageDocument } from '../../graphql/generated/graphql.ts';

export const loadFeature = cache((dictionary: string, index: number, budget: number, base?: string) =>
  ask(FeaturePageDocument, { dictionary, index, budget, base }),
);

/** The index in an address; null for what is no row of any dictionary. */
export function parseIndex(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}
