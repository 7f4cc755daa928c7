/**
 * One-to-one partners of greatest total weight on a sparse bipartite graph, exactly: shortest augmenting paths with prices
 * (Jonker & Volgenant 1987), Dijkstra with a heap. Staying alone counts 0, so a row or column may have no partner. What the
 * graph leaves out can be bounded afterwards: prices prove how far the total is at most from that of the whole graph.
 */

/** Row by row: edges starts_R[r] .. starts_R[r + 1] of row r. */
export interface SparseGraph {
  readonly rows: number;
  readonly columns: number;
  readonly starts_R: Uint32Array;
  readonly columns_E: Uint32Array;
  readonly weights_E: Float32Array | Float64Array;
}

export interface Assignment {
  /** Column of every row, -1 for none. */
  readonly column_R: Int32Array;
  readonly total: number;
  /** Price of every row: no edge of row r weighs more than -price_R[r] - price of its column, and those are at most 0. */
  readonly price_R: Float64Array;
}

const NONE = -1;

/** Weights are turned into costs; every row has one more column of its own, alone, at cost 0. */
export function assign(graph: SparseGraph): Assignment {
  const { rows, columns, starts_R, columns_E, weights_E } = graph;
  const alone = (row: number): number => columns + row;
  const price_R = new Float64Array(rows);
  const price_C = new Float64Array(columns + rows);
  const row_C = new Int32Array(columns + rows).fill(NONE);
  const column_R = new Int32Array(rows).fill(NONE);
  for (let r = 0; r < rows; r++) {
    for (let e = starts_R[r]; e < starts_R[r + 1]; e++) price_R[r] = Math.min(price_R[r], -weights_E[e]);
  }
  const search = createSearch(graph, { price_R, price_C, row_C });
  for (let r = 0; r < rows; r++) {
    let column = search(r);
    // Back along the path: every row on it takes the column it was left by.
    for (let row = NONE; row !== r;) {
      row = search.from(column);
      const before = column_R[row];
      [column_R[row], row_C[column]] = [column, row];
      column = before;
    }
  }
  let total = 0;
  for (let r = 0; r < rows; r++) {
    if (column_R[r] === alone(r)) column_R[r] = NONE;
    else total += weightOf(graph, r, column_R[r]);
  }
  return { column_R, total, price_R };

  function weightOf({ starts_R: starts }: SparseGraph, row: number, column: number): number {
    let best = -Infinity;
    for (let e = starts[row]; e < starts[row + 1]; e++) {
      if (columns_E[e] === column) best = Math.max(best, weights_E[e]);
    }
    return best;
  }
}

interface Prices {
  readonly price_R: Float64Array;
  readonly price_C: Float64Array;
  readonly row_C: Int32Array;
}

interface Search {
  /** The free column at the end of the shortest path from a free row; prices are such that it costs nothing. */
  (row: number): number;
  /** The row a column was reached from. */
  from(column: number): number;
}

function createSearch(
  { rows, columns, starts_R, columns_E, weights_E }: SparseGraph,
  prices: Prices,
): Search {
  const { price_R, price_C, row_C } = prices;
  const distance_C = new Float64Array(columns + rows).fill(Infinity);
  const from_C = new Int32Array(columns + rows);
  const isDone_C = new Uint8Array(columns + rows);
  const heap = createHeap();
  let touched: number[] = [];
  let done: number[] = [];

  function reach(column: number, row: number, distance: number): void {
    if (isDone_C[column] || distance >= distance_C[column]) return;
    if (distance_C[column] === Infinity) touched.push(column);
    distance_C[column] = distance;
    from_C[column] = row;
    heap.push(distance, column);
  }

  /** Rounding may leave a reduced cost a hair below 0. */
  function scan(row: number, base: number): void {
    for (let e = starts_R[row]; e < starts_R[row + 1]; e++) {
      const column = columns_E[e];
      reach(column, row, base + Math.max(0, -weights_E[e] - price_R[row] - price_C[column]));
    }
    const alone = columns + row;
    reach(alone, row, base + Math.max(0, -price_R[row] - price_C[alone]));
  }

  function reprice(start: number, end: number): void {
    for (const column of done) {
      const gain = end - distance_C[column];
      price_C[column] -= gain;
      price_R[row_C[column]] += gain;
    }
    price_R[start] += end;
    for (const column of touched) [distance_C[column], isDone_C[column]] = [Infinity, 0];
    [touched, done] = [[], []];
    heap.clear();
  }

  function search(start: number): number {
    scan(start, 0);
    for (;;) {
      const column = heap.pop();
      if (isDone_C[column]) continue;
      const distance = distance_C[column];
      if (row_C[column] === NONE) {
        reprice(start, distance);
        return column;
      }
      isDone_C[column] = 1;
      done.push(column);
      scan(row_C[column], distance);
    }
  }

  return Object.assign(search, { from: (column: number) => from_C[column] });
}

interface Heap {
  push(key: number, value: number): void;
  /** The value of the least key; a column always is there, every row has one alone. */
  pop(): number;
  clear(): void;
}

function createHeap(): Heap {
  const keys: number[] = [];
  const values: number[] = [];
  const swap = (a: number, b: number): void => {
    [keys[a], keys[b]] = [keys[b], keys[a]];
    [values[a], values[b]] = [values[b], values[a]];
  };

  function push(key: number, value: number): void {
    keys.push(key);
    values.push(value);
    for (let at = keys.length - 1; at > 0;) {
      const above = (at - 1) >> 1;
      if (keys[above] <= keys[at]) return;
      swap(above, at);
      at = above;
    }
  }

  function pop(): number {
    const least = values[0];
    swap(0, keys.length - 1);
    keys.pop();
    values.pop();
    for (let at = 0; ;) {
      let below = 2 * at + 1;
      if (below >= keys.length) return least;
      if (below + 1 < keys.length && keys[below + 1] < keys[below]) below += 1;
      if (keys[at] <= keys[below]) return least;
      swap(at, below);
      at = below;
    }
  }

  function clear(): void {
    keys.length = 0;
    values.length = 0;
  }

  return { push, pop, clear };
}
