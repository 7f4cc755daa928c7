/**
 * The measurement itself: in every round each contender computes once, one after another, so that a slow minute of the
 * machine falls on all of them. Knows nothing of what is computed.
 */
import { type Contender, reasonOf } from './contender.ts';
import { type Spread, spreadOf } from './statistics.ts';

const PAUSE_MS = 400; // OpenMP's threads turn for some milliseconds after a product, OpenBLAS's for a hundred

export interface Entry {
  readonly name: string;
  readonly contender: Contender;
  readonly operation: string;
  /** A peer that fails is reported and left out; one of ours that fails ends the benchmark. */
  readonly isPeer?: boolean;
}

export interface Measurement extends Spread {
  readonly name: string;
  readonly samplesMs: readonly number[];
  /** Means, where the operation says how its time divides: a part need not be in every turn. */
  readonly partsMs: Readonly<Record<string, number>>;
  /** Of its process, over the timed rounds. */
  readonly peakBytes: number;
  readonly devicePeakBytes?: number;
}

export interface Rounds {
  readonly repeats: number;
  readonly warmups: number;
  readonly say: (line: string) => void;
}

export interface Outcome {
  readonly measurements: readonly Measurement[];
  /** Reasons by name. */
  readonly failed: Readonly<Record<string, string>>;
}

export async function interleave(entries: readonly Entry[], rounds: Rounds): Promise<Outcome> {
  const failed: Record<string, string> = {};
  const samples = new Map(entries.map((entry) => [entry, [] as number[]]));
  const parts = new Map(entries.map((entry) => [entry, {} as Record<string, number[]>]));
  const running = () => entries.filter((entry) => !(entry.name in failed));

  /** Worker threads of the last contender may still be turning in wait for more: let them lie down. */
  const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

  async function attempt(entry: Entry, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!entry.isPeer) throw error;
      failed[entry.name] = reasonOf(error, entry.contender.name);
    }
  }

  for (let round = 0; round < rounds.warmups; round++) {
    rounds.say(`warm-up ${round + 1} of ${rounds.warmups}`);
    for (const entry of running()) {
      await attempt(entry, async () => void (await entry.contender.run(entry.operation)));
    }
  }
  for (const entry of running()) await attempt(entry, () => entry.contender.rest());
  for (let round = 0; round < rounds.repeats; round++) {
    rounds.say(`round ${round + 1} of ${rounds.repeats}`);
    for (const entry of running()) {
      await attempt(entry, async () => {
        await pause();
        const timing = await entry.contender.run(entry.operation);
        samples.get(entry)!.push(timing.ms);
        for (const [name, ms] of Object.entries(timing.parts ?? {})) {
          (parts.get(entry)![name] ??= []).push(ms);
        }
      });
    }
  }
  const measurements: Measurement[] = [];
  for (const entry of running()) {
    await attempt(entry, async () => {
      const samplesMs = samples.get(entry)!;
      const partsMs = mapValues(parts.get(entry)!, (values) => meanOf(values, samplesMs.length));
      const memory = await entry.contender.memory();
      measurements.push({ name: entry.name, samplesMs, partsMs, ...spreadOf(samplesMs), ...memory });
    });
  }
  return { measurements, failed };
}

/** A part that a turn did not have took none of it. */
function meanOf(values: readonly number[], turns: number): number {
  return values.reduce((sum, value) => sum + value, 0) / turns;
}

function mapValues<From, To>(record: Record<string, From>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
