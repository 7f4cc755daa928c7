/** DataLoader over one SQL statement: the keys go in as arrays, every row comes back with its key's ordinal. */
import DataLoader from 'dataloader';

/** Keys of one statement: bounds the arrays sent to Postgres. */
const MAX_BATCH = 1_000;

export interface Ordinal {
  /** 1-based place of the key the row belongs to: `with ordinality`. */
  readonly ord: number;
}

export type Loader<Key, Value> = Pick<DataLoader<Key, Value, string>, 'load' | 'prime'>;

/** Many rows a key. */
export function createListLoader<Key extends readonly unknown[], Row extends Ordinal>(
  load: (keys: readonly Key[]) => Promise<Row[]>,
): Loader<Key, Row[]> {
  return createLoader(async (keys) => {
    const lists = keys.map((): Row[] => []);
    for (const row of await load(keys)) lists[row.ord - 1].push(row);
    return lists;
  });
}

/** At most one row a key; null where there is none. */
export function createRowLoader<Key extends readonly unknown[], Row extends Ordinal>(
  load: (keys: readonly Key[]) => Promise<Row[]>,
): Loader<Key, Row | null> {
  return createLoader(async (keys) => {
    const rows = keys.map((): Row | null => null);
    for (const row of await load(keys)) rows[row.ord - 1] = row;
    return rows;
  });
}

/** Rows by their surrogate key, through Prisma. */
export function createIdLoader<Row extends { id: number }>(
  find: (ids: number[]) => Promise<Row[]>,
): Loader<number, Row | null> {
  return new DataLoader<number, Row | null, string>(
    async (ids) => {
      const rows = new Map((await find([...ids])).map((row) => [row.id, row]));
      return ids.map((id) => rows.get(id) ?? null);
    },
    { cacheKeyFn: String, maxBatchSize: MAX_BATCH },
  );
}

/** The nth members of all keys: one array parameter of the statement. */
export function column<Key extends readonly unknown[], Index extends keyof Key>(
  keys: readonly Key[],
  index: Index,
): Key[Index][] {
  return keys.map((key) => key[index]);
}

function createLoader<Key extends readonly unknown[], Value>(
  load: (keys: readonly Key[]) => Promise<Value[]>,
) {
  return new DataLoader<Key, Value, string>(load, {
    cacheKeyFn: (key) => key.join('/'),
    maxBatchSize: MAX_BATCH,
  });
}
