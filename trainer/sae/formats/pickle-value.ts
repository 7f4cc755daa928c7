/** What a pickle of torch's can hold, as plain data. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly PickleValue[]
  | PickledDict
  | PickledGlobal
  | PickledTensor
  | PickledStorage;

/** A dict or an OrderedDict. Keys are texts or whole numbers; nothing else is a name of a weight. */
export interface PickledDict {
  readonly type: 'dict';
  readonly entries: Map<string | number, PickleValue>;
}

export interface PickledGlobal {
  readonly type: 'global';
  readonly name: string;
}

/** A storage by its key in the archive; its bytes lie elsewhere. */
export interface PickledStorage {
  readonly type: 'storage';
  readonly storageType: string;
  readonly key: string;
  readonly elements: number;
}

export interface PickledTensor {
  readonly type: 'tensor';
  readonly storage: PickledStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Says what is wrong and never returns. */
export type Refuse = (expected: string, got: string) => never;

export function isDict(value: PickleValue | undefined): value is PickledDict {
  return hasType(value, 'dict');
}

export function isTensor(value: PickleValue | undefined): value is PickledTensor {
  return hasType(value, 'tensor');
}

export function hasType(value: PickleValue | undefined, type: string): boolean {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === type;
}
