/** The shape of what a benchmark says: the keys other programs read, and the rows people read. Pure. */
import type { Contender } from './contender.ts';
import type { Measurement } from './interleave.ts';
import type { Shape } from './options.ts';
import type { PeerSpec } from './peers/peers.ts';
import { formatMebibytes, formatNumber, type Row } from './table.ts';

/** What every benchmark's object has beside its own keys. */
export interface Circumstances {
  readonly bench: string;
  /** ISO 8601. */
  readonly date: string;
  readonly commit: string;
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    readonly memoryBytes: number;
    /** Of the last minute, before the start: above 0 others were computing too. */
    readonly loadAverage: number;
  };
  readonly dtype: 'float32';
  readonly repeats: number;
  readonly warmups: number;
}

/** A benchmark's own: `keys` are part of the object, `table` is printed. */
export interface Findings {
  readonly keys: Readonly<Record<string, unknown>>;
  readonly header: Row;
  readonly rows: readonly Row[];
  /** Sentences below the table. */
  readonly notes: readonly string[];
}

export const tokensPerSecond = (B: number, ms: number): number => (1000 * B) / ms;
export const gigaflops = (flop: number, ms: number): number => flop / ms / 1e6;
/** One product of the encoder. */
export const encoderFlop = ({ B, D, F }: Shape): number => 2 * B * D * F;

/** Versions, device and threads of the process that opened first, and versions of the others. */
export function describeContenders(ours: Contender, peers: readonly Contender[] = []) {
  const { backend, device, threads } = ours.about;
  const versions = Object.assign({}, ...[...peers, ours].map(({ about }) => about.versions));
  return { backend, device, threads, versions: versions as Record<string, string> };
}

/** Times without their process: what goes into the object. */
export function describeMeasurements(measurements: readonly Measurement[]) {
  return measurements.map(({ name, median, lowerQuartile, upperQuartile, ...rest }) => ({
    name,
    medianMs: median,
    lowerQuartileMs: lowerQuartile,
    upperQuartileMs: upperQuartile,
    ...rest,
  }));
}

export interface PeerKeys {
  readonly peers: Readonly<Record<string, number>>;
  readonly peerPeakBytes: Readonly<Record<string, number>>;
  readonly failedPeers: Readonly<Record<string, string>>;
  readonly bestPeer: string | null;
  /** Ours over theirs, in tokens per second: above 1 ours is faster. null without peers. */
  readonly ratioToBestPeer: number | null;
  readonly bestDensePeer: string | null;
  readonly ratioToBestDensePeer: number | null;
}

export function describePeers(
  B: number,
  ours: Measurement,
  peers: readonly Measurement[],
  specs: readonly PeerSpec[],
  failedPeers: Readonly<Record<string, string>>,
): PeerKeys {
  const isDense = (peer: Measurement) => specs.some(({ name, isDense }) => name === peer.name && isDense);
  const quickest = (among: readonly Measurement[]): Measurement | undefined =>
    [...among].sort((a, b) => a.median - b.median)[0];
  const [best, bestDense] = [quickest(peers), quickest(peers.filter(isDense))];
  return {
    peers: Object.fromEntries(peers.map(({ name, median }) => [name, tokensPerSecond(B, median)])),
    peerPeakBytes: Object.fromEntries(
      peers.map(({ name, devicePeakBytes, peakBytes }) => [name, devicePeakBytes ?? peakBytes]),
    ),
    failedPeers,
    bestPeer: best?.name ?? null,
    ratioToBestPeer: best ? best.median / ours.median : null,
    bestDensePeer: bestDense?.name ?? null,
    ratioToBestDensePeer: bestDense ? bestDense.median / ours.median : null,
  };
}

export function peerNotes(keys: PeerKeys): readonly string[] {
  const { bestPeer, ratioToBestPeer, bestDensePeer, ratioToBestDensePeer } = keys;
  if (bestPeer === null) return [];
  const best = `tokens/s over the best peer's (${bestPeer}): ${formatNumber(ratioToBestPeer!)}`;
  if (bestDensePeer === null || bestDensePeer === bestPeer) return [best];
  return [`${best}; over the best dense one's (${bestDensePeer}): ${formatNumber(ratioToBestDensePeer!)}`];
}

export const STEP_HEADER: Row = ['what', 'median ms', 'quartiles', 'tokens/s', 'time ratio', 'peak MiB'];

/** `base` is the time that counts as 1. */
export function stepRow(B: number, base: Measurement, measurement: Measurement): Row {
  const { name, median, lowerQuartile, upperQuartile, peakBytes, devicePeakBytes } = measurement;
  return [
    name,
    formatNumber(median),
    `${formatNumber(lowerQuartile)}–${formatNumber(upperQuartile)}`,
    formatNumber(tokensPerSecond(B, median)),
    formatNumber(median / base.median),
    formatMebibytes(devicePeakBytes ?? peakBytes),
  ];
}

export function failureNotes(failed: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(failed).map(([name, reason]) => `${name}: no figure, ${reason}`);
}
