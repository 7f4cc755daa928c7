/** A trained set of vectors as it is kept. Pure. */
import type { LanguageModel } from '../lm/language-model.ts';
import type { Adapter } from './adapter.ts';
import type { AppliedVectors } from './applied-vectors.ts';
import type { AdapterKind, VectorRecord } from './record.ts';

export interface VectorFacts extends Pick<
  VectorRecord,
  'slug' | 'name' | 'reward' | 'seed' | 'base' | 'scores' | 'curve' | 'provenance'
> {
  readonly model: Pick<LanguageModel, 'slug' | 'sha256'>;
  readonly adapter: Pick<Adapter, 'kind' | 'rank' | 'parameterCount'>;
  readonly applied: AppliedVectors;
  /** By layer of the model: measureHiddenNorms. */
  readonly hiddenNorms: readonly number[];
}

export function createVectorRecord(facts: VectorFacts): VectorRecord {
  const { model, adapter, applied, hiddenNorms, ...rest } = facts;
  return {
    format: 'residua-steering-vector-1',
    ...rest,
    model: model.slug,
    modelSha256: model.sha256,
    adapter: checkKind(adapter.kind),
    place: applied.place,
    rank: adapter.rank,
    parameterCount: adapter.parameterCount,
    layers: applied.layers.map(({ layer, values_D, readOut_M }) => ({
      layer,
      norm: Math.hypot(...values_D),
      hiddenNorm: hiddenNorms[layer],
      values: [...values_D],
      ...(readOut_M && { readOut: [...readOut_M] }),
    })),
  };
}

function checkKind(kind: AdapterKind): VectorRecord['adapter'] {
  if (kind !== 'lora' && kind !== 'full') return kind;
  throw new Error(
    `Vectors: expected an adapter that has some, got ${kind}. It has weights, and no vectors to keep.`,
  );
}
