/** What the index of steering asks for: which models have studies, the parts of one of them, and the vectors. Server only. */
import { ask } from '../../graphql/ask.ts';
import {
  SteeringAccuracyDocument,
  SteeringEvidenceDocument,
  SteeringLayersDocument,
  SteeringModelsDocument,
  SteeringPairsDocument,
  SteeringTrainingDocument,
  SteeringTransferDocument,
  SteeringVectorsDocument,
  type SteeringVectorsQueryVariables,
} from '../../graphql/generated/graphql.ts';
import type { AccuracyStudy, GainCurve } from './steering-types.ts';
import type { SteeringView } from './steering-view.ts';

/** Four parts of a few models. */
const STUDIES = { first: 50 };
/** A curve as wide as a column, of every seed. */
export const POINTS = 200;
/** All sets of one study of a small model. */
const PAGE_SIZE = 50;

export function listVariables({ model, layer, after, before }: SteeringView): SteeringVectorsQueryVariables {
  const page = before ? { last: PAGE_SIZE, before } : { first: PAGE_SIZE, after };
  return { model: model || undefined, layer: layer ?? undefined, ...page };
}

/** All features that a test can call significant, unless there are very many. */
export const FEATURES = 500;

export async function loadSteering(view: SteeringView) {
  const of = { model: view.model || undefined };
  const [{ studies }, accuracy, training, layers, pairs, transfer, list] = await Promise.all([
    ask(SteeringModelsDocument, STUDIES),
    ask(SteeringAccuracyDocument, of),
    ask(SteeringTrainingDocument, { ...of, points: POINTS }),
    ask(SteeringLayersDocument, of),
    ask(SteeringPairsDocument, of),
    ask(SteeringTransferDocument, of),
    ask(SteeringVectorsDocument, listVariables(view)),
  ]);
  const evidence = await loadEvidence(layers.steeringStudies.gainCurve, accuracy.steeringStudies.accuracy);
  return {
    evidence,
    models: [...new Set(studies.flatMap(({ steering }) => steering?.modelSlug ?? []))],
    accuracy: accuracy.steeringStudies.accuracy,
    training: training.steeringStudies.accuracy?.conditions ?? [],
    gainCurve: layers.steeringStudies.gainCurve,
    pairs: pairs.steeringStudies.pairs,
    transfer: transfer.steeringStudies.transfer,
    list: list.steeringVectors,
  };
}

interface Runs {
  readonly runs: readonly { readonly vector: { readonly slug: string } | null }[];
}

/** The sets that the findings are about: analyses are of the first seed that is kept here. */
async function loadEvidence(gainCurve: GainCurve | null, accuracy: AccuracyStudy | null) {
  const load = async (of: Runs | undefined) => {
    const slug = of?.runs.find(({ vector }) => vector)?.vector?.slug;
    if (slug === undefined) return null;
    return (await ask(SteeringEvidenceDocument, { slug, features: FEATURES })).steeringVector;
  };
  const layers = [...(gainCurve?.layers ?? [])].sort((a, b) => a.layer - b.layer);
  const [last, penultimate, adaptive, all] = await Promise.all([
    load(layers[layers.length - 1]),
    load(layers[layers.length - 2]),
    load(accuracy?.conditions.find(({ adapter }) => adapter === 'ADAPTIVE')),
    load(accuracy?.conditions.find(({ name }) => name === 'all-layers')),
  ]);
  return { last, penultimate, adaptive, all };
}

export type LoadedSteering = Awaited<ReturnType<typeof loadSteering>>;
