/** What the page of a vector shows, as an address and back. What the address does not name falls on the usual. */
import { one, vectorHref, type SearchParameters } from '../../ui/address.ts';

export const OUTCOMES = ['all', 'gained', 'lost', 'right', 'wrong'] as const;
/** gained: wrong without and right with the vectors; lost: the other way; right and wrong: both alike. */
export type Outcome = (typeof OUTCOMES)[number];

export interface VectorView {
  /** How the logit lens measures: longer rows of the unembedding count for more by dot product. */
  readonly by: 'dot' | 'cosine';
  /** Whose lens; final for the difference behind the last layer, null for the first there is. */
  readonly lens: number | 'final' | null;
  readonly show: Outcome;
  /** Pairs of texts to leave out at the beginning. */
  readonly from: number;
}

export function parseView(parameters: SearchParameters): VectorView {
  const whole = (name: string) => {
    const text = one(parameters, name) ?? '';
    return /^\d{1,6}$/.test(text) ? Number(text) : null;
  };
  const show = one(parameters, 'show');
  return {
    by: one(parameters, 'by') === 'cosine' ? 'cosine' : 'dot',
    lens: one(parameters, 'lens') === 'final' ? 'final' : whole('lens'),
    show: OUTCOMES.find((outcome) => outcome === show) ?? 'all',
    from: whole('from') ?? 0,
  };
}

/** `part`: the section to stand at. */
export function viewHref(slug: string, view: VectorView, part: string): string {
  const query = new URLSearchParams();
  if (view.by !== 'dot') query.set('by', view.by);
  if (view.lens !== null) query.set('lens', String(view.lens));
  if (view.show !== 'all') query.set('show', view.show);
  if (view.from > 0) query.set('from', String(view.from));
  return `${vectorHref(slug)}${query.size > 0 ? `?${query}` : ''}#${part}`;
}
