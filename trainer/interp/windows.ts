/**
 * The evaluation set: windows of T tokens, spread evenly over each corpus. Deterministic and seedless, so the same texts
 * give the same windows at every call. Token n of the set is position n % T of window floor(n / T).
 */
export interface EvaluationText {
  /** Slug of the corpus. */
  readonly corpus: string;
  /** As a reader writes it, for labels. */
  readonly name: string;
  readonly tokens: Uint16Array | Uint32Array | Int32Array;
  /** Position of tokens[0] in the corpus' token stream. Default 0. */
  readonly offset?: number;
  /** Share of the evaluation set, relative to the others. Default 1. */
  readonly weight?: number;
}

export interface EvaluationWindows {
  /** T */
  readonly windowLength: number;
  /** W */
  readonly windowCount: number;
  /** First tokens of every window that are read but not counted. */
  readonly skipFirst: number;
  /** W x T: 1 where a token is counted, 0 on the first skipFirst of a window and on special tokens. */
  readonly counted_N: Uint8Array;
  readonly corpora: readonly { readonly slug: string; readonly name: string }[];
  /** W x T */
  readonly tokens: Int32Array;
  /** Index into corpora. */
  readonly corpus_W: Uint8Array;
  /** Position of the window's first token in its corpus' token stream. */
  readonly start_W: Float64Array;
}

export interface WindowOptions {
  readonly windowLength: number;
  /** Tokens wanted in all; fewer where a corpus is short. */
  readonly tokenCount: number;
  readonly skipFirst: number;
  /** Tokens that are no text (end of text): read by the model, never counted. */
  readonly specialTokens?: readonly number[];
}

export function pickWindows(texts: readonly EvaluationText[], options: WindowOptions): EvaluationWindows {
  const { windowLength: T, tokenCount, skipFirst, specialTokens = [] } = options;
  if (skipFirst < 0 || skipFirst > T - 2) {
    throw new Error(
      `read-out: expected skipFirst in 0..${T - 2}, got ${skipFirst}. Lower it or lengthen the window.`,
    );
  }
  const weightSum = texts.reduce((sum, text) => sum + (text.weight ?? 1), 0);
  const chosen = texts.map((text) => {
    const share = (text.weight ?? 1) / weightSum;
    return spread(Math.floor(text.tokens.length / T), Math.round((share * tokenCount) / T));
  });
  const W = chosen.reduce((sum, windows) => sum + windows.length, 0);
  if (W === 0) {
    throw new Error(
      `read-out: expected at least one window of ${T} tokens, got none. Give more text or shorter windows.`,
    );
  }
  const tokens = new Int32Array(W * T);
  const corpus_W = new Uint8Array(W);
  const start_W = new Float64Array(W);
  let w = 0;
  texts.forEach((text, c) => {
    for (const index of chosen[c]) {
      tokens.set(text.tokens.subarray(index * T, (index + 1) * T), w * T);
      corpus_W[w] = c;
      start_W[w] = (text.offset ?? 0) + index * T;
      w += 1;
    }
  });
  const corpora = texts.map(({ corpus, name }) => ({ slug: corpus, name }));
  const isCounted = (token: number, n: number) => n % T >= skipFirst && !specialTokens.includes(token);
  const counted_N = Uint8Array.from(tokens, (token, n) => (isCounted(token, n) ? 1 : 0));
  return { windowLength: T, windowCount: W, skipFirst, counted_N, corpora, tokens, corpus_W, start_W };
}

/** `wanted` of the numbers 0..available-1, evenly spaced; all of them when fewer. */
export function spread(available: number, wanted: number): number[] {
  const count = Math.min(available, wanted);
  return Array.from({ length: count }, (_, i) => Math.floor((i * available) / count));
}

/** Counted tokens per corpus, in the order of `corpora`. */
export function countTokens(windows: EvaluationWindows): number[] {
  const counts = windows.corpora.map(() => 0);
  windows.counted_N.forEach((isCounted, n) => {
    counts[windows.corpus_W[Math.floor(n / windows.windowLength)]] += isCounted;
  });
  return counts;
}

/** The counted tokens among from..to-1. */
export function countedTokens(windows: EvaluationWindows, from: number, to: number): Int32Array {
  const tokens: number[] = [];
  for (let n = from; n < to; n++) if (windows.counted_N[n] === 1) tokens.push(n);
  return Int32Array.from(tokens);
}
