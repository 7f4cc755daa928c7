/**
 * A family of facts: one number for every token of the evaluation set (which token, which word, what comes before, ...),
 * with how often every value occurs and where.
 */
export const FAMILIES = [
  'token',
  'core',
  'soFar',
  'word',
  'shape',
  'piece',
  'start',
  'ending',
  'previous',
  'previousShape',
  'next',
  'nextShape',
  'lineHead',
  'corpus',
  'place',
] as const;
export type FamilyName = (typeof FAMILIES)[number];

/** What a family says: of the token itself, or of where it stands. */
export const TOKEN_SIDE: readonly FamilyName[] = [
  'token',
  'core',
  'soFar',
  'word',
  'shape',
  'piece',
  'start',
  'ending',
];

export interface Family {
  readonly name: FamilyName;
  /** -1: nothing to say of this token. */
  readonly value_N: Int32Array;
  readonly size: number;
  /** Counted tokens with each value. */
  readonly count_V: Uint32Array;
  /** Where a value occurs, in reading order. */
  positions(value: number): Uint32Array;
  text(value: number): string;
}

export function createFamily(
  name: FamilyName,
  value_N: Int32Array,
  texts: readonly string[],
  counted_N: Uint8Array,
): Family {
  const size = texts.length;
  const count_V = new Uint32Array(size);
  value_N.forEach((value, n) => {
    if (value >= 0 && counted_N[n] === 1) count_V[value] += 1;
  });
  const offsets = new Uint32Array(size + 1);
  for (let v = 0; v < size; v++) offsets[v + 1] = offsets[v] + count_V[v];
  const next = offsets.slice();
  const places = new Uint32Array(offsets[size]);
  value_N.forEach((value, n) => {
    if (value >= 0 && counted_N[n] === 1) places[next[value]++] = n;
  });
  return {
    name,
    value_N,
    size,
    count_V,
    positions: (value) => places.subarray(offsets[value], offsets[value + 1]),
    text: (value) => texts[value],
  };
}

/** Equal texts get one number, in order of appearance. */
export function intern(texts: readonly string[]): { id_V: Int32Array; texts: string[] } {
  const ids = new Map<string, number>();
  const id_V = Int32Array.from(texts, (text) => {
    const id = ids.get(text) ?? ids.size;
    ids.set(text, id);
    return id;
  });
  return { id_V, texts: [...ids.keys()] };
}
