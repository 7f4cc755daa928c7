/**
 * Every limit on what one client may ask, with its reason, and the validation rule that holds the static ones.
 * The rule and the cost function are used by HTTP and by the socket alike.
 */
import { isListType, isNonNullType, Kind } from 'graphql';
import type {
  ASTVisitor,
  FragmentDefinitionNode,
  GraphQLField,
  SelectionSetNode,
  ValidationContext,
} from 'graphql';
import { CodedError } from './errors.ts';

/** A request: the site's longest document with variables is about 4 KiB. */
export const MAX_REQUEST_BYTES = 128 * 1024;
/** A frame on a socket: far above a request, so that a request too long gets an answer and not a cut line. */
export const MAX_FRAME_BYTES = 4 * 1024 * 1024;
/** Tokens of a document: the introspection query has about 300. */
export const MAX_TOKENS = 2_000;
/** Field depth: model > dictionaries > edges > node > features > edges > node > examples > tokens > text is 10. */
export const MAX_DEPTH = 12;
/** Aliases in a document: a page comparing two dictionaries at five budgets needs 10. */
export const MAX_ALIASES = 30;
/** Cost of a query, in fields that could be returned: a feature page with 8 intervals of 10 examples costs about 12,000. */
export const MAX_COST = 60_000;
/** Requests executing at once, the others wait: fewer than the pool's connections, so that sockets find one free. */
export const MAX_REQUESTS = 6;
/** Operations running at once on one socket. */
export const MAX_OPERATIONS_PER_SOCKET = 50;
/** Sockets open at once: four times the load that was measured. */
export const MAX_SOCKETS = 2_000;
/** One statement of a query, ms: far above the slowest page, far below a visitor's patience. */
export const STATEMENT_TIMEOUT_MS = 15_000;

export interface PageLimit {
  /** Rows without first or last. */
  readonly usual: number;
  readonly most: number;
}
export const FEATURE_PAGE: PageLimit = { usual: 30, most: 500 };
export const RUN_PAGE: PageLimit = { usual: 30, most: 200 };
export const DICTIONARY_PAGE: PageLimit = { usual: 30, most: 200 };
export const MODEL_PAGE: PageLimit = { usual: 30, most: 200 };
export const SEARCH_PAGE: PageLimit = { usual: 30, most: 200 };
/** Lists that hang on one feature. */
export const FEATURE_LIST: PageLimit = { usual: 10, most: 100 };
/** Matches of two dictionaries. */
export const MATCH_PAGE: PageLimit = { usual: 30, most: 500 };
/** An experiment of seven methods, five budgets and three seeds has 105. */
export const TRIAL_LIST: PageLimit = { usual: 200, most: 1_000 };
/** Windows of text of one boost, each a screen of its own. */
export const PASSAGE_LIST: PageLimit = { usual: 10, most: 50 };
/** Acts of one token of a passage, at the largest budget in use. */
export const PASSAGE_ACTS: PageLimit = { usual: 5, most: 64 };
/** Metric points of one answer; a curve of 8 metrics over 1,000 steps comes in one. */
export const POINT_LIST: PageLimit = { usual: 1_000, most: 10_000 };
/** Sets of steering vectors: a study of six layers, three seeds and its controls has about fifty. */
export const VECTOR_PAGE: PageLimit = { usual: 30, most: 500 };
/** Tokens at one end of a vector's logit lens. */
export const TOKEN_ENDS: PageLimit = { usual: 10, most: 100 };
/** Numbers of a vector: a few hundred to a few thousand, as costly as a page of rows. */
export const VALUES_COST = 100;
/** Studies: five questions, each asked at a few sizes. Their results cost what their own fields say. */
export const STUDY_LIST: PageLimit = { usual: 10, most: 100 };
/** Points of one training curve; a chart draws about a hundred. */
export const CURVE_POINTS: PageLimit = { usual: 100, most: 2_000 };
/** Characters of a text that is searched for. */
export const MAX_SEARCH_LENGTH = 200;

/** By the name of the list. A size outside its limit costs nothing: the list itself refuses it, in words that help more. */
const LIST_LIMITS: Readonly<Record<string, PageLimit>> = {
  features: FEATURE_PAGE,
  runs: RUN_PAGE,
  dictionaries: DICTIONARY_PAGE,
  models: MODEL_PAGE,
  searchFeatures: SEARCH_PAGE,
  examples: FEATURE_LIST,
  topLogits: FEATURE_LIST,
  bottomLogits: FEATURE_LIST,
  neighbours: FEATURE_LIST,
  points: POINT_LIST,
  matches: MATCH_PAGE,
  steeringVectors: VECTOR_PAGE,
  top: TOKEN_ENDS,
  bottom: TOKEN_ENDS,
  trials: TRIAL_LIST,
  passages: PASSAGE_LIST,
  studies: STUDY_LIST,
  base: PASSAGE_ACTS,
  boost: PASSAGE_ACTS,
};

/** Rows expected of a list that takes no size. */
const UNSIZED_ROWS = 10;
/** Tokens and points come from one array or range each, at a fraction of the cost of a row. */
const TOKENS_COST = 16;
const POINTS_DISCOUNT = 10;

/** A field's cost: itself, and how many times what it selects could be returned. */
export function fieldCost(args: object, _context: unknown, field: GraphQLField<unknown, never>) {
  // A connection has been multiplied already.
  if (field.name === 'edges' || field.name === 'nodes') return { field: 0, multiplier: 1 };
  if (field.name === 'tokens') return { field: 1, multiplier: TOKENS_COST };
  const limit = LIST_LIMITS[field.name];
  if (limit && field.args.some(({ name }) => name === 'first')) {
    const { first, last } = args as { first?: number | null; last?: number | null };
    const size = first ?? last ?? limit.usual;
    const rows = size >= 1 && size <= limit.most ? size : 1;
    return { field: 1, multiplier: field.name === 'points' ? Math.ceil(rows / POINTS_DISCOUNT) : rows };
  }
  const isList = isListType(isNonNullType(field.type) ? field.type.ofType : field.type);
  return { field: 1, multiplier: isList ? UNSIZED_ROWS : 1 };
}

/** Refuses documents that nest too deep or hold too many aliases. Introspection has graphql-js' own rule. */
export function limitsRule(context: ValidationContext): ASTVisitor {
  const depths = new Map<string, number>();
  const depthOf = (set: SelectionSetNode | undefined): number => {
    let deepest = 0;
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FIELD) {
        if (!selection.name.value.startsWith('__'))
          deepest = Math.max(deepest, 1 + depthOf(selection.selectionSet));
      } else if (selection.kind === Kind.INLINE_FRAGMENT)
        deepest = Math.max(deepest, depthOf(selection.selectionSet));
      else deepest = Math.max(deepest, depthOfFragment(context.getFragment(selection.name.value)));
    }
    return deepest;
  };
  const depthOfFragment = (fragment: FragmentDefinitionNode | null | undefined): number => {
    if (!fragment) return 0;
    const known = depths.get(fragment.name.value);
    if (known !== undefined) return known;
    depths.set(fragment.name.value, 0); // a fragment that reaches itself is another rule's business
    const depth = depthOf(fragment.selectionSet);
    depths.set(fragment.name.value, depth);
    return depth;
  };
  let aliasCount = 0;
  return {
    OperationDefinition(node) {
      const depth = depthOf(node.selectionSet);
      if (depth > MAX_DEPTH) {
        context.reportError(
          new CodedError('TOO_DEEP', `expected at most ${MAX_DEPTH} levels of fields, got ${depth}`),
        );
      }
    },
    Field(node) {
      if (node.alias && ++aliasCount === MAX_ALIASES + 1) {
        context.reportError(new CodedError('TOO_MANY_ALIASES', `expected at most ${MAX_ALIASES} aliases`));
      }
    },
  };
}

/** The number of rows asked of a plain list. */
export function parseFirst(first: number | null | undefined, limit: PageLimit, name: string): number {
  const size = first ?? limit.usual;
  if (size < 1 || size > limit.most) {
    throw new CodedError('BAD_PAGE_SIZE', `${name}: expected first between 1 and ${limit.most}, got ${size}`);
  }
  return size;
}
