/** What the paths of the patching are called on the page. Pure. */

/** ends: nothing or all is let through; skip: around a part; part: through it alone; rest: through all but it. */
export type PatchGroup = 'ends' | 'skip' | 'part' | 'rest';

export interface PatchWords {
  readonly name: string;
  readonly group: PatchGroup;
  /** Of one head, or of a group of them: there may be many. */
  readonly isHead?: true;
}

const NAMES: Readonly<Record<string, PatchWords>> = {
  base: { name: 'base', group: 'ends' },
  steered: { name: 'whole vector', group: 'ends' },
  'skip-attention': { name: 'past attention', group: 'skip' },
  'skip-layer': { name: 'past the layer', group: 'skip' },
};

const PROJECTIONS: Readonly<Record<string, string>> = { q: 'queries', k: 'keys', v: 'values' };

export function patchWords(mode: string): PatchWords {
  const known = NAMES[mode];
  if (known) return known;
  const isRest = mode.startsWith('not-');
  const part = isRest ? mode.slice('not-'.length) : mode;
  const name = PROJECTIONS[part] ?? part.replaceAll('-', ' ');
  const head = /^(head|group)-/.test(part) ? ({ isHead: true } as const) : {};
  return isRest
    ? { name: `all but ${name}`, group: 'rest', ...head }
    : { name: `${name} alone`, group: 'part', ...head };
}
