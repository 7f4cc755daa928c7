/** What the index of steering asks for: which models have studies, the parts of one of them, and the vectors. Server only. */
import { ask } from '../../graphql/ask.ts';
import {
  SteeringAccuracyDocument,
  SteeringLayersDocument,
  SteeringModelsDocument,
  SteeringPairsDocument,
  SteeringTrainingDocument,
  SteeringTransferDocument,
  SteeringVectorsDocument,
  type SteeringVectorsQueryVariables,
} from '../../graphql/generated/graphql.ts';
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
  return {
    models: [...new Set(studies.flatMap(({ steering }) => steering?.modelSlug ?? []))],
    accuracy: accuracy.steeringStudies.accuracy,
    training: training.steeringStudies.accuracy?.conditions ?? [],
    gainCurve: layers.steeringStudies.gainCurve,
    pairs: pairs.steeringStudies.pairs,
    transfer: transfer.steeringStudies.transfer,
    list: list.steeringVectors,
  };
}
