/** The feature list's order, filter and place as an address, and back: whatever is on screen can be linked to. */
import type {
  FeatureFilter,
  FeatureListQueryVariables,
  FeatureOrderField,
} from '../../graphql/generated/graphql.ts';
import { one, type SearchParameters } from '../../ui/address.ts';

export interface ListState {
  readonly order: FeatureOrderField;
  readonly direction: 'ASC' | 'DESC';
  readonly label: string;
  readonly density: DensityBand;
  /** Slug of the corpus where it acts most; empty for any. */
  readonly corpus: string;
  readonly after?: string;
  readonly before?: string;
}

/** Bands of density a reader thinks in; [from, to) as shares of tokens. */
export const DENSITY_BANDS = {
  any: { name: 'any density', filter: {} },
  acting: { name: 'acting', filter: { dead: false } },
  silent: { name: 'silent', filter: { dead: true } },
  rare: { name: 'below 0.01 %', filter: { dead: false, maxDensity: 0.0001 } },
  usual: { name: '0.01 % to 1 %', filter: { minDensity: 0.0001, maxDensity: 0.01 } },
  dense: { name: 'above 1 %', filter: { minDensity: 0.01 } },
} as const satisfies Record<string, { name: string; filter: FeatureFilter }>;
export type DensityBand = keyof typeof DENSITY_BANDS;

export const ORDERS: Readonly<Record<string, FeatureOrderField>> = {
  index: 'INDEX',
  density: 'DENSITY',
  max: 'MAX_ACT',
  share: 'DOMAIN_SHARE',
};

/** Rows of a page: what fits three screens, or one poster. */
const PAGE_SIZE = 50;

export function parseList(parameters: SearchParameters): ListState {
  const density = one(parameters, 'density') ?? 'any';
  const asked = one(parameters, 'order') ?? '';
  const order = Object.hasOwn(ORDERS, asked) ? ORDERS[asked] : 'MAX_ACT';
  const direction = one(parameters, 'dir');
  return {
    order,
    direction: direction === 'asc' ? 'ASC' : direction === 'desc' ? 'DESC' : usualDirection(order),
    label: one(parameters, 'label') ?? '',
    density: Object.hasOwn(DENSITY_BANDS, density) ? (density as DensityBand) : 'any',
    corpus: one(parameters, 'corpus') ?? '',
    after: one(parameters, 'after'),
    before: one(parameters, 'before'),
  };
}

export function listHref(slug: string, budget: number, state: ListState): string {
  const query = new URLSearchParams({ k: String(budget) });
  if (state.label) query.set('label', state.label);
  if (state.density !== 'any') query.set('density', state.density);
  if (state.corpus) query.set('corpus', state.corpus);
  const order = Object.keys(ORDERS).find((name) => ORDERS[name] === state.order)!;
  if (order !== 'max') query.set('order', order);
  if (state.direction !== usualDirection(state.order)) query.set('dir', state.direction.toLowerCase());
  if (state.after) query.set('after', state.after);
  if (state.before) query.set('before', state.before);
  return `/dictionaries/${encodeURIComponent(slug)}?${query}`;
}

/** The same list ordered by a column; asked again, turned round. A new order starts at its beginning. */
export function reorder(state: ListState, order: FeatureOrderField): ListState {
  const isSame = state.order === order;
  const direction = isSame ? (state.direction === 'ASC' ? 'DESC' : 'ASC') : usualDirection(order);
  return { ...state, order, direction, after: undefined, before: undefined };
}

export function listVariables(slug: string, budget: number, state: ListState): FeatureListQueryVariables {
  const filter: FeatureFilter = {
    ...DENSITY_BANDS[state.density].filter,
    ...(state.label && { label: state.label }),
    ...(state.corpus && { corpus: state.corpus }),
  };
  const page = state.before
    ? { last: PAGE_SIZE, before: state.before }
    : { first: PAGE_SIZE, after: state.after };
  return { slug, budget, ...page, orderBy: { field: state.order, direction: state.direction }, filter };
}

function usualDirection(order: FeatureOrderField): 'ASC' | 'DESC' {
  return order === 'INDEX' ? 'ASC' : 'DESC';
}
