/** What the page of a vector asks for: the set itself, then every analysis it has. Server only. */
import { cache } from 'react';
import { ask } from '../../graphql/ask.ts';
import {
  VectorCosinesDocument,
  VectorDocument,
  VectorFeaturesDocument,
  VectorLensDocument,
  VectorPatchingDocument,
  VectorPersistenceDocument,
  VectorPrefixDocument,
  VectorScalingDocument,
  VectorShiftDocument,
  VectorTextsDocument,
} from '../../graphql/generated/graphql.ts';
import type { Vector } from './vector-types.ts';

/** A curve as wide as a column. */
export const POINTS = 400;
/** Rows of the table of features: two screens. */
export const FEATURES = 25;

export const loadVector = cache((slug: string) => ask(VectorDocument, { slug, points: POINTS }));

export async function loadAnalyses({ slug, analyses }: Vector) {
  const has = (kind: (typeof analyses)[number]['kind']) =>
    analyses.some((analysis) => analysis.kind === kind);
  const when = async <Result>(kind: Parameters<typeof has>[0], load: () => Promise<Result>) =>
    has(kind) ? load() : null;
  const [lens, cosines, shift, prefix, persistence, patching, scaling, features, texts] = await Promise.all([
    when('LOGIT_LENS', () => ask(VectorLensDocument, { slug })),
    when('COSINES', () => ask(VectorCosinesDocument, { slug })),
    when('TOKEN_SHIFT', () => ask(VectorShiftDocument, { slug })),
    when('PREFIX', () => ask(VectorPrefixDocument, { slug })),
    when('PERSISTENCE', () => ask(VectorPersistenceDocument, { slug })),
    when('PATCHING', () => ask(VectorPatchingDocument, { slug })),
    when('TOKEN_SCALING', () => ask(VectorScalingDocument, { slug })),
    when('FEATURES', () => ask(VectorFeaturesDocument, { slug, first: FEATURES })),
    when('GENERATIONS', () => ask(VectorTextsDocument, { slug })),
  ]);
  return {
    lens: lens?.steeringVector?.logitLens ?? null,
    cosines: cosines?.steeringVector?.cosines ?? null,
    shift: shift?.steeringVector?.tokenShift ?? null,
    prefix: prefix?.steeringVector?.prefixTest ?? null,
    persistence: persistence?.steeringVector?.persistence ?? null,
    patching: patching?.steeringVector?.patching ?? null,
    scaling: scaling?.steeringVector?.tokenScaling ?? null,
    features: features?.steeringVector?.features ?? null,
    texts: texts?.steeringVector?.generations ?? null,
  };
}

export type LoadedAnalyses = Awaited<ReturnType<typeof loadAnalyses>>;
