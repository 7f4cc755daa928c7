/** Branded surrogate keys: a DictionaryId cannot be passed where a RunId is meant. */
declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

export type ModelId = Branded<number, 'Model'>;
export type CorpusId = Branded<number, 'Corpus'>;
export type DictionaryId = Branded<number, 'Dictionary'>;
export type RunId = Branded<number, 'Run'>;
export type LabelId = Branded<number, 'Label'>;
export type TokenWindowId = Branded<bigint, 'TokenWindow'>;
