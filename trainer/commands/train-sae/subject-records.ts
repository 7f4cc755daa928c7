/** A loaded model and its corpora as the records that the store saves. */
import type { Corpus } from '../../corpus/corpus.ts';
import type { ModelDescription } from '../../lm/model.ts';
import type { CorpusRecord } from '../../store/corpora.ts';
import type { ModelRecord } from '../../store/models.ts';

export function modelRecord(model: Omit<ModelDescription, 'tokenizer'>): ModelRecord {
  const { config, trainingJson } = model;
  const heldOut = trainingJson?.heldOut as { lossNats?: number } | undefined;
  return {
    slug: model.slug,
    name: model.slug,
    family: config.family,
    description: String(trainingJson?.description ?? ''),
    layerCount: config.layerCount,
    hiddenWidth: config.hiddenWidth,
    headCount: config.headCount,
    kvHeadCount: config.kvHeadCount,
    vocabSize: config.vocabSize,
    contextLength: config.contextLength,
    parameterCount: model.parameterCount,
    revision: model.sha256.slice(0, 12),
    sha256: model.sha256,
    config: model.configJson,
    training: trainingJson ?? null,
    heldOutNats: heldOut?.lossNats ?? null,
  };
}

export function vocabulary(model: Pick<ModelDescription, 'config' | 'tokenizer'>): Uint8Array[] {
  return Array.from({ length: model.config.vocabSize }, (_, token) => model.tokenizer.bytes(token));
}

export function corpusRecord({ documents: _, ...corpus }: Corpus): CorpusRecord {
  return corpus;
}
