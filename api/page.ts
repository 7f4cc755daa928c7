/**
 * Relay paging by keyset: page arguments in, opaque cursors out. A cursor carries a version, the list and order it
 * belongs to, and the sort key of its row, so paging costs the same on page 1 and on page 1,000 and survives inserts.
 */
import { createHash } from 'node:crypto';
import { CodedError } from './errors.ts';
import { parseFirst } from './limits.ts';
import type { PageLimit } from './limits.ts';

export interface PageArgs {
  readonly first?: number | null;
  readonly last?: number | null;
  readonly after?: string | null;
  readonly before?: string | null;
}

export interface Page {
  readonly size: number;
  /** True when it is read from its end: last, before. */
  readonly isBackward: boolean;
  readonly cursor: string | null;
}

export type SortKey = readonly (number | string)[];

/** Changes whenever the meaning of a sort key does. */
const CURSOR_VERSION = 1;
/** Longer than any cursor made here: one of a search carries the text that is searched for. */
const MAX_CURSOR_LENGTH = 2_048;

export function parsePage(args: PageArgs, limit: PageLimit, name: string): Page {
  const { first, last, after, before } = args;
  if (first != null && last != null) {
    throw new CodedError('BAD_PAGE_SIZE', `${name}: expected first or last, got both`);
  }
  if (after != null && before != null) {
    throw new CodedError('BAD_USER_INPUT', `${name}: expected after or before, got both`);
  }
  const isBackward = last != null || (first == null && before != null);
  if (isBackward ? after != null : before != null) {
    throw new CodedError('BAD_USER_INPUT', `${name}: expected first with after, or last with before`);
  }
  return {
    size: parseFirst(isBackward ? last : first, limit, name),
    isBackward,
    cursor: after ?? before ?? null,
  };
}

/** scope names the list and its order, e.g. features.3.64.DENSITY.DESC */
export function createCursor(scope: string, key: SortKey): string {
  const body = JSON.stringify([CURSOR_VERSION, scope, ...key]);
  return Buffer.from(checksum(body) + body).toString('base64url');
}

/** The sort key a cursor carries; refuses what was not made by createCursor for this scope. */
export function parseCursor(scope: string, cursor: string): SortKey {
  const text = cursor.length <= MAX_CURSOR_LENGTH ? Buffer.from(cursor, 'base64url').toString('utf8') : '';
  const body = text.slice(CHECKSUM_LENGTH);
  if (body === '' || text.slice(0, CHECKSUM_LENGTH) !== checksum(body)) {
    throw new CodedError('BAD_CURSOR', 'expected a cursor as this list returned it, got something else');
  }
  const [version, owner, ...key] = JSON.parse(body) as [number, string, ...(number | string)[]];
  if (version !== CURSOR_VERSION || owner !== scope) {
    throw new CodedError(
      'BAD_CURSOR',
      `expected a cursor of ${scope} (version ${CURSOR_VERSION}), got one of ${owner} (version ${version}); start again without it`,
    );
  }
  return key;
}

const CHECKSUM_LENGTH = 8;

/** Against truncation and hand-made cursors, not a secret. */
function checksum(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, CHECKSUM_LENGTH);
}

/**
 * A connection out of rows read in the page's direction, one more than the page holds.
 * totalCount is a function: it costs a statement, which only those who ask pay.
 */
export function connect<Row>(
  rows: readonly Row[],
  page: Page,
  cursorOf: (row: Row) => string,
  totalCount: () => Promise<number>,
) {
  const hasMore = rows.length > page.size;
  const shown = rows.slice(0, page.size);
  if (page.isBackward) shown.reverse();
  const edges = shown.map((node) => ({ cursor: cursorOf(node), node }));
  return {
    edges,
    totalCount,
    pageInfo: {
      hasNextPage: page.isBackward ? page.cursor !== null : hasMore,
      hasPreviousPage: page.isBackward ? hasMore : page.cursor !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
