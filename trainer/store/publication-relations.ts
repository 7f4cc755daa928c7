/**
 * Which table each record of a read-out goes to, and how it reads as a line of COPY text. Lines depend on nothing but
 * the records and the ids they point at, so that a part written twice has the same checksum.
 */
import type { CorpusId, DictionaryId } from '@residua/prisma/ids';
import type { ExampleRecord, LabelRecord, Readout, ScoreRecord, WindowRecord } from '../interp/records.ts';
import { copyLine, type CopyField } from './copy-text.ts';

export interface Relation {
  /** The table. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly rowCount: number;
  /** FROM and WHERE of the rows of one dictionary, $1: what the completeness check counts. */
  readonly counted: string;
  /** COPY text of one record. */
  line(index: number): string;
}

/** Ids of the windows by corpus slug and start. */
export type WindowIds = ReadonlyMap<string, ReadonlyMap<number, string>>;

/** Ids of the labels by labelKey. */
export type LabelIds = ReadonlyMap<string, number>;

export const labelKey = (label: Omit<LabelRecord, 'text'>): string =>
  JSON.stringify([label.feature, label.explainer, label.version, label.model, label.promptSha256]);

export interface Keys {
  readonly dictionary: DictionaryId;
  readonly corpora: ReadonlyMap<string, CorpusId>;
}

interface RelationOf<Row> {
  readonly name: string;
  readonly columns: string;
  readonly records: readonly Row[];
  readonly counted?: string;
  fields(record: Row): readonly CopyField[];
}

function relationOf<Row>({ name, columns, records, counted, fields }: RelationOf<Row>): Relation {
  return {
    name,
    columns: columns.split(' '),
    rowCount: records.length,
    counted: counted ?? `${name} WHERE dictionary_id = $1`,
    line: (index) => copyLine(fields(records[index]), () => `${name}, record ${index}`),
  };
}

/** Windows belong to no dictionary: two dictionaries of one model share them. */
export function windowRelation(windows: readonly WindowRecord[], corpora: Keys['corpora']): Relation {
  return relationOf({
    name: 'token_window',
    columns: 'corpus_id start length tokens',
    records: windows,
    fields: (window) => [corpusId(corpora, window.corpus), window.start, window.tokens.length, window.tokens],
  });
}

/** In an order in which every row finds the rows it points at. */
export function dictionaryRelations(
  readout: Readout,
  { dictionary, corpora }: Keys,
  windows: WindowIds,
): Relation[] {
  return [
    relationOf({
      name: 'sparsity_level',
      columns:
        'dictionary_id budget explained_variance ce_original ce_spliced ce_zero ce_recovered delta_ce kl_nats l0 dead_fraction token_count ce_token_count',
      records: readout.levels,
      fields: (r) => [
        ...[dictionary, r.budget, r.explainedVariance, r.ceOriginal, r.ceSpliced, r.ceZero, r.ceRecovered],
        ...[r.deltaCe, r.klNats, r.l0, r.deadFraction, r.tokenCount, r.ceTokenCount],
      ],
    }),
    ...featureRelations(readout, { dictionary, corpora }),
    exampleRelation(readout.examples, dictionary, windows),
    relationOf({
      name: 'label',
      columns: 'dictionary_id feature_index explainer version model prompt_sha256 text',
      records: readout.labels,
      fields: (r) => [dictionary, r.feature, r.explainer, r.version, r.model, r.promptSha256, r.text],
    }),
  ];
}

/** Scores point at labels, whose ids are known once those are written. */
export function scoreRelation(scores: readonly ScoreRecord[], labels: LabelIds): Relation {
  return relationOf({
    name: 'score',
    columns: 'label_id scorer version status value example_count detail',
    records: scores,
    counted: 'score JOIN label ON label.id = label_id WHERE dictionary_id = $1',
    fields: (r) => [
      ...[labelId(labels, r), r.scorer, r.version, r.status, r.value, r.exampleCount],
      JSON.stringify(r.detail),
    ],
  });
}

function featureRelations(readout: Readout, { dictionary, corpora }: Keys): Relation[] {
  return [
    relationOf({
      name: 'feature',
      columns: 'dictionary_id index density max_act encoder_norm encoder_bias encoder_decoder_cosine',
      records: readout.features,
      fields: (r) => [
        ...[dictionary, r.feature, r.density, r.maxAct],
        ...[r.encoderNorm, r.encoderBias, r.encoderDecoderCosine],
      ],
    }),
    relationOf({
      name: 'feature_level_stat',
      columns: 'dictionary_id feature_index budget fire_count token_count density max_act mean_act histogram',
      records: readout.featureLevels,
      fields: (r) => [
        ...[dictionary, r.feature, r.budget, r.fireCount, r.tokenCount, r.density, r.maxAct, r.meanAct],
        r.histogram,
      ],
    }),
    relationOf({
      name: 'feature_corpus_stat',
      columns: 'dictionary_id feature_index budget corpus_id fire_count token_count',
      records: readout.featureCorpora,
      fields: (r) => [
        dictionary,
        r.feature,
        r.budget,
        corpusId(corpora, r.corpus),
        r.fireCount,
        r.tokenCount,
      ],
    }),
    relationOf({
      name: 'feature_logit',
      columns: 'dictionary_id feature_index side rank token_index value',
      records: readout.logits,
      fields: (r) => [dictionary, r.feature, r.side, r.rank, r.token, r.value],
    }),
    relationOf({
      name: 'feature_neighbour',
      columns: 'dictionary_id feature_index rank neighbour_index cosine',
      records: readout.neighbours,
      fields: (r) => [dictionary, r.feature, r.rank, r.neighbour, r.cosine],
    }),
    relationOf({
      name: 'feature_interval',
      columns: 'dictionary_id feature_index budget interval lower_act upper_act fire_count',
      records: readout.intervals,
      fields: (r) => [dictionary, r.feature, r.budget, r.interval, r.lowerAct, r.upperAct, r.fireCount],
    }),
  ];
}

function exampleRelation(
  examples: readonly ExampleRecord[],
  dictionary: DictionaryId,
  windows: WindowIds,
): Relation {
  return relationOf({
    name: 'example',
    columns:
      'dictionary_id feature_index window_id interval is_top max_act max_position min_rank positions acts ranks',
    records: examples,
    fields: (r) => [
      ...[
        dictionary,
        r.feature,
        windowId(windows, r),
        r.interval,
        r.isTop,
        r.maxAct,
        r.maxPosition,
        r.minRank,
      ],
      ...[r.positions, r.acts, r.ranks],
    ],
  });
}

function corpusId(corpora: Keys['corpora'], slug: string): CorpusId {
  const id = corpora.get(slug);
  if (id !== undefined) return id;
  throw new Error(
    `The read-out names corpus ${slug}, but only ${[...corpora.keys()].join(', ')} were saved.`,
  );
}

function windowId(windows: WindowIds, { feature, corpus, start }: ExampleRecord): string {
  const id = windows.get(corpus)?.get(start);
  if (id !== undefined) return id;
  throw new Error(
    `Feature ${feature} has an example at ${corpus} ${start}, but the read-out holds no such window.`,
  );
}

function labelId(labels: LabelIds, score: ScoreRecord): number {
  const { feature, explainer, labelVersion } = score;
  const id = labels.get(labelKey({ ...score, version: labelVersion }));
  if (id !== undefined) return id;
  throw new Error(
    `Feature ${feature} has a score by ${score.scorer} for a label of ${explainer} ${labelVersion} that the read-out lacks.`,
  );
}
