/**
 * Fits byte-pair merges to weighted words: repeatedly joins the commonest pair of neighbours. Incremental: a merge touches
 * only the words that hold the pair, and a heap with stale entries gives the next best. Sennrich et al. 2016, 1508.07909.
 */

export interface Merge {
  readonly left: number;
  readonly right: number;
}

/** Symbols 0..255 are bytes; merge i makes symbol 256 + i. Ties go to the lower left symbol, then the lower right one. */
export function fitBpe(wordCounts: ReadonlyMap<string, number>, mergeCount: number): Merge[] {
  const words = [...wordCounts].map(([word, count]) => ({ symbols: [...Buffer.from(word, 'utf8')], count }));
  const pairs = new PairTable();
  words.forEach(({ symbols, count }, index) => {
    for (let i = 0; i + 1 < symbols.length; i++) pairs.add(symbols[i], symbols[i + 1], count, index);
  });
  pairs.open();
  const merges: Merge[] = [];
  while (merges.length < mergeCount) {
    const best = pairs.pop();
    if (!best) break;
    const symbol = 256 + merges.length;
    merges.push({ left: best.left, right: best.right });
    for (const index of best.words) mergeWord(words[index], index, best, symbol, pairs);
    pairs.close(best.left, best.right);
  }
  return merges;
}

function mergeWord(
  word: { symbols: number[]; count: number },
  index: number,
  { left, right }: Merge,
  symbol: number,
  pairs: PairTable,
): void {
  const { symbols, count } = word;
  let write = 0;
  for (let read = 0; read < symbols.length;) {
    if (symbols[read] !== left || symbols[read + 1] !== right) {
      symbols[write++] = symbols[read++];
      continue;
    }
    if (write > 0) {
      pairs.add(symbols[write - 1], left, -count, index);
      pairs.add(symbols[write - 1], symbol, count, index);
    }
    if (read + 2 < symbols.length) {
      pairs.add(right, symbols[read + 2], -count, index);
      pairs.add(symbol, symbols[read + 2], count, index);
    }
    symbols[write++] = symbol;
    read += 2;
  }
  symbols.length = write;
}

interface Pair extends Merge {
  readonly words: Set<number>;
  count: number;
}

/** Counts of pairs and the words they may be in (a superset: a word whose last occurrence went stays listed). */
class PairTable {
  private readonly pairs = new Map<number, Pair>();
  private readonly heap: { pair: Pair; count: number }[] = [];
  private isOpen = false;

  add(left: number, right: number, count: number, word: number): void {
    const key = left * 65_536 + right;
    let pair = this.pairs.get(key);
    if (!pair) this.pairs.set(key, (pair = { left, right, words: new Set(), count: 0 }));
    pair.count += count;
    if (count > 0) {
      pair.words.add(word);
      if (this.isOpen) this.push(pair);
    }
  }

  /** Counting is over: from here on every rise of a count is pushed. */
  open(): void {
    for (const pair of this.pairs.values()) this.push(pair);
    this.isOpen = true;
  }

  close(left: number, right: number): void {
    this.pairs.delete(left * 65_536 + right);
  }

  pop(): Pair | undefined {
    while (this.heap.length > 0) {
      const top = this.heap[0];
      const { pair } = top;
      const isCurrent = this.pairs.get(pair.left * 65_536 + pair.right) === pair;
      if (isCurrent && pair.count === top.count && pair.count > 0) {
        this.removeTop();
        return pair;
      }
      // The count fell since it was pushed: put it back where it belongs, or drop it.
      if (isCurrent && pair.count > 0 && pair.count < top.count) {
        top.count = pair.count;
        this.siftDown();
      } else this.removeTop();
    }
    return undefined;
  }

  private push(pair: Pair): void {
    const { heap } = this;
    heap.push({ pair, count: pair.count });
    for (let i = heap.length - 1; i > 0;) {
      const parent = (i - 1) >> 1;
      if (!isBefore(heap[i], heap[parent])) break;
      [heap[i], heap[parent]] = [heap[parent], heap[i]];
      i = parent;
    }
  }

  private removeTop(): void {
    const last = this.heap.pop()!;
    if (this.heap.length === 0) return;
    this.heap[0] = last;
    this.siftDown();
  }

  private siftDown(): void {
    const { heap } = this;
    for (let i = 0; ;) {
      let best = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && isBefore(heap[child], heap[best])) best = child;
      }
      if (best === i) return;
      [heap[i], heap[best]] = [heap[best], heap[i]];
      i = best;
    }
  }
}

function isBefore(a: { pair: Pair; count: number }, b: { pair: Pair; count: number }): boolean {
  if (a.count !== b.count) return a.count > b.count;
  return a.pair.left !== b.pair.left ? a.pair.left < b.pair.left : a.pair.right < b.pair.right;
}
