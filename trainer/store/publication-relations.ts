/**
 * Which table each record of a read-out goes to, and what its row holds. Rows depend on nothing but the records and the
 * ids they point at, so that a part written twice has the same checksum.
 */
import type { CorpusId, DictionaryId } from '@residua/prisma/ids';
import type { ExampleRecord, LabelRecord, Readout, ScoreRecord, WindowRecord } from '../interp/records.ts';
import type { CopyField, CopyType } from './copy-binary.ts';

export interface Relation {
  /** The table. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly types: readonly CopyType[];
  readonly rowCount: number;
  /** FROM and WHERE of the rows of dictionary $1 that find the rows they point at: what the completeness check counts. */
  readonly counted: string;
  fields(index: number): readonly CopyField[];
}

/** Ids of the windows by corpus slug and start. */
export type WindowIds = ReadonlyMap<string, ReadonlyMap<number, number>>;

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
  /** Names and types, parted by commas. */
  readonly columns: string;
  readonly records: readonly Row[];
  readonly counted?: string;
  fields(record: Row): readonly CopyField[];
}

function relationOf<Row>({ name, columns, records, counted, fields }: RelationOf<Row>): Relation {
  const declared = columns.split(',').map((column) => column.trim().split(' '));
  return {
    name,
    columns: declared.map(([column]) => column),
    types: declared.map(([, type]) => type as CopyType),
    rowCount: records.length,
    counted: counted ?? `${name} WHERE dictionary_id = $1`,
    fields: (index) => fields(records[index]),
  };
}

/** Rows of features, where every one finds its feature. */
const ofFeatures = (name: string, more = ''): string =>
  `${name} JOIN feature ON (feature.dictionary_id, feature.index) = (${name}.dictionary_id, ${name}.feature_index) ` +
  `${more} WHERE ${name}.dictionary_id = $1`;

/** Windows belong to no dictionary: two dictionaries of one model share them. */
export function windowRelation(windows: readonly WindowRecord[], corpora: Keys['corpora']): Relation {
  return relationOf({
    name: 'token_window',
    columns: 'corpus_id int4, start int8, length int4, tokens int4[]',
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
      columns: `dictionary_id int4, budget int4, explained_variance float8, ce_original float8, ce_spliced float8, ce_zero float8,
         ce_recovered float8, delta_ce float8, kl_nats float8, l0 float8, dead_fraction float8, token_count int8,
         ce_token_count int8`,
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
      counted: ofFeatures('label'),
      columns:
        'dictionary_id int4, feature_index int4, explainer text, version text, model text, prompt_sha256 text, text text',
      records: readout.labels,
      fields: (r) => [dictionary, r.feature, r.explainer, r.version, r.model, r.promptSha256, r.text],
    }),
  ];
}

/** Scores point at labels, whose ids are known once those are written. */
export function scoreRelation(scores: readonly ScoreRecord[], labels: LabelIds): Relation {
  return relationOf({
    name: 'score',
    columns:
      'label_id int4, scorer text, version text, status text, value float8, example_count int4, detail jsonb',
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
      columns: `dictionary_id int4, index int4, density float8, max_act float8, encoder_norm float8, encoder_bias float8,
         encoder_decoder_cosine float8`,
      records: readout.features,
      fields: (r) => [
        ...[dictionary, r.feature, r.density, r.maxAct],
        ...[r.encoderNorm, r.encoderBias, r.encoderDecoderCosine],
      ],
    }),
    relationOf({
      name: 'feature_level_stat',
      counted: ofFeatures('feature_level_stat'),
      columns: `dictionary_id int4, feature_index int4, budget int4, fire_count int8, token_count int8, density float8,
         max_act float8, mean_act float8, histogram int4[]`,
      records: readout.featureLevels,
      fields: (r) => [
        ...[dictionary, r.feature, r.budget, r.fireCount, r.tokenCount, r.density, r.maxAct, r.meanAct],
        r.histogram,
      ],
    }),
    relationOf({
      name: 'feature_corpus_stat',
      counted: ofFeatures('feature_corpus_stat', 'JOIN corpus ON corpus.id = corpus_id'),
      columns:
        'dictionary_id int4, feature_index int4, budget int4, corpus_id int4, fire_count int8, token_count int8',
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
      counted: ofFeatures('feature_logit'),
      columns: 'dictionary_id int4, feature_index int4, side text, rank int4, token_index int4, value float8',
      records: readout.logits,
      fields: (r) => [dictionary, r.feature, r.side, r.rank, r.token, r.value],
    }),
    relationOf({
      name: 'feature_neighbour',
      counted: ofFeatures('feature_neighbour'),
      columns: 'dictionary_id int4, feature_index int4, rank int4, neighbour_index int4, cosine float8',
      records: readout.neighbours,
      fields: (r) => [dictionary, r.feature, r.rank, r.neighbour, r.cosine],
    }),
    relationOf({
      name: 'feature_interval',
      counted: ofFeatures('feature_interval'),
      columns: `dictionary_id int4, feature_index int4, budget int4, interval int4, lower_act float8, upper_act float8,
         fire_count int8`,
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
    counted: ofFeatures('example', 'JOIN token_window ON token_window.id = window_id'),
    columns: `dictionary_id int4, feature_index int4, window_id int8, interval int4, is_top bool, max_act float8,
       max_position int4, min_rank int4, positions int4[], acts float4[], ranks int4[]`,
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

function windowId(windows: WindowIds, { feature, corpus, start }: ExampleRecord): number {
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
