/**
 * The ways of letting the vector of the layer before the last through the last layer: who there sees the steered stream, who
 * the plain one (Fig 5, 20, 21). Pure.
 */

/** What a head reads from the steered stream. */
export interface HeadSource {
  readonly q: boolean;
  readonly k: boolean;
  readonly v: boolean;
}

export interface PatchMode {
  readonly mode: string;
  readonly heads: readonly HeadSource[];
  /** The residual stream that attention is added to, and so the MLP, is the steered one. */
  readonly isStreamSteered: boolean;
  /** The vector is added behind the layer instead. */
  readonly isAddedBehind: boolean;
}

const NOTHING: HeadSource = { q: false, k: false, v: false };
const ALL: HeadSource = { q: true, k: true, v: true };

/** In the order in which they are shown. */
export function listPatchModes(headCount: number): PatchMode[] {
  const create = (
    mode: string,
    source: (head: number) => HeadSource,
    isStreamSteered: boolean,
  ): PatchMode => {
    const heads = Array.from({ length: headCount }, (_, head) => source(head));
    return { mode, heads, isStreamSteered, isAddedBehind: false };
  };
  const heads = Array.from({ length: headCount }, (_, head) => head);
  const parts = ['q', 'k', 'v'] as const;
  return [
    create('base', () => NOTHING, false),
    create('steered', () => ALL, true),
    create('skip-attention', () => NOTHING, true),
    { ...create('skip-layer', () => NOTHING, false), isAddedBehind: true },
    ...parts.map((part) => create(part, () => ({ ...NOTHING, [part]: true }), false)),
    ...parts.map((part) => create(`not-${part}`, () => ({ ...ALL, [part]: false }), true)),
    ...heads.map((one) => create(`head-${one}`, (head) => (head === one ? ALL : NOTHING), false)),
    ...heads.map((one) => create(`not-head-${one}`, (head) => (head === one ? NOTHING : ALL), true)),
  ];
}

/** The different sources among the heads, each with the heads that have it. */
export function groupHeads(heads: readonly HeadSource[]): { source: HeadSource; heads: number[] }[] {
  const groups: { source: HeadSource; heads: number[] }[] = [];
  heads.forEach((source, head) => {
    const same = groups.find(
      ({ source: one }) => one.q === source.q && one.k === source.k && one.v === source.v,
    );
    if (same) same.heads.push(head);
    else groups.push({ source, heads: [head] });
  });
  return groups;
}
