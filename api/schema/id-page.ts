/** Connections ordered by surrogate key, read through Prisma: the short lists of models, dictionaries and runs. */
import type { PageLimit } from '../limits.ts';
import { connect, createCursor, parseCursor, parsePage } from '../page.ts';
import type { PageArgs } from '../page.ts';

export interface IdList<Row> {
  /** Names the list in its cursors. */
  readonly name: string;
  readonly limit: PageLimit;
  readonly isNewestFirst: boolean;
  find(query: {
    idFilter: { lt?: number; gt?: number };
    orderBy: { id: 'asc' | 'desc' };
    take: number;
  }): Promise<Row[]>;
  count(): Promise<number>;
}

export async function loadIdPage<Row extends { id: number }>(list: IdList<Row>, args: PageArgs) {
  const page = parsePage(args, list.limit, list.name);
  const isDescending = list.isNewestFirst !== page.isBackward;
  const [id] = page.cursor === null ? [] : (parseCursor(list.name, page.cursor) as number[]);
  const rows = await list.find({
    idFilter: id === undefined ? {} : isDescending ? { lt: id } : { gt: id },
    orderBy: { id: isDescending ? 'desc' : 'asc' },
    take: page.size + 1,
  });
  return connect(
    rows,
    page,
    (row) => createCursor(list.name, [row.id]),
    () => list.count(),
  );
}

/** Where the rows of a connection are in a query: what to look at for the relations that are asked for. */
export const ROWS = [['nodes'], ['edges', 'node']];
