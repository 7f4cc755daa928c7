/** The metric points of a run as they gather: in order, each once, with proof that none is missing. Pure. */
export interface MetricPoint {
  readonly seq: number;
  readonly name: string;
  readonly step: number;
  readonly value: number;
  /** ISO moment of the commit. */
  readonly at: string;
}

export interface SeriesPoint {
  readonly x: number;
  readonly y: number;
}

export interface Feed {
  /** Highest seq taken; the cursor of the next subscription. */
  readonly lastSeq: number;
  readonly series: Readonly<Record<string, readonly SeriesPoint[]>>;
  /** Points that should be here and are not: seq runs 1, 2, 3 … without gaps. */
  readonly missing: number;
  /** When the last steps were reported: what a rate can be taken from before anything came in live. */
  readonly recent: readonly Moment[];
}

export const EMPTY_FEED: Feed = { lastSeq: 0, series: {}, missing: 0, recent: [] };

export function takePoints(feed: Feed, points: readonly MetricPoint[]): Feed {
  const fresh: Record<string, SeriesPoint[]> = {};
  let { lastSeq, missing, recent } = feed;
  for (const point of points) {
    if (point.seq <= lastSeq) continue; // a repeat after a reconnect
    missing += point.seq - lastSeq - 1;
    (fresh[point.name] ??= []).push({ x: point.step, y: point.value });
    lastSeq = point.seq;
    recent = keepRecent(recent, { phase: TRAINING, step: point.step, atMs: Date.parse(point.at) });
  }
  if (lastSeq === feed.lastSeq) return feed;
  const series = { ...feed.series };
  for (const [name, more] of Object.entries(fresh)) series[name] = [...(series[name] ?? []), ...more];
  return { lastSeq, series, missing, recent };
}

/** The phase whose steps the points count. */
export const TRAINING = 'train';

/** How far a phase was at a moment. */
export interface Moment {
  readonly phase: string;
  readonly step: number;
  readonly atMs: number;
}

/** The recent past that a rate is taken over: long enough to be steady, short enough to follow a change of speed. */
const RATE_WINDOW_MS = 30_000;

/** Keeps the moments of the present phase inside the window, and one before it. */
export function keepRecent(moments: readonly Moment[], next: Moment): Moment[] {
  const same = moments.filter((moment) => moment.phase === next.phase && moment.step <= next.step);
  const all = same[same.length - 1]?.step === next.step ? same : [...same, next];
  const firstInside = all.findIndex((moment) => moment.atMs >= next.atMs - RATE_WINDOW_MS);
  return all.slice(Math.max(0, firstInside - 1));
}

/** Steps per second over the moments kept; null until there is something to divide. */
export function stepRate(moments: readonly Moment[]): number | null {
  const from = moments[0];
  const to = moments[moments.length - 1];
  if (!from || to.atMs <= from.atMs || to.step <= from.step) return null;
  return (1000 * (to.step - from.step)) / (to.atMs - from.atMs);
}
