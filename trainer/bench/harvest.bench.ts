/** One turn of the demo: how much of it is the language model, the shuffle buffer and the dictionary's step. */
import type { Bench } from './bench.ts';
import type { Entry, Measurement } from './interleave.ts';
import { describeContenders, describeMeasurements, tokensPerSecond } from './report.ts';
import { formatNumber } from './table.ts';

export const harvestBench: Bench = {
  summary: 'a turn of the demo: model, shuffle buffer, dictionary step; several backends compared',
  help: `The demo's model reads random tokens up to its hookpoint (D is its own; --d is not used), the shuffle buffer mixes
the hidden states, the dictionary takes a hierarchical step of B rows.
  oursTokensPerSecond   tokens through all three, per second
  rates                 of each alone, in tokens/s; shares: of the time
  backends              with several --backend: tokens/s of each and the first's over it

  npm run bench -- harvest --backend native,wasm --json`,
  defaults: { shape: { B: 2048, D: 256, F: 4096, K: 64 }, repeats: 8 },
  async run(session) {
    const { options } = session;
    const { shape } = options;
    const entries: Entry[] = [];
    for (const backend of options.backends.length > 0 ? options.backends : [undefined]) {
      const contender = await session.openOurs('harvest', shape, { backend });
      entries.push({ name: `${contender.about.backend}`, contender, operation: 'turn' });
    }
    const { measurements } = await session.measure(entries);
    const turns = measurements.map((one) => divideTurn(shape.B, one));
    const [ours] = turns;
    return {
      keys: {
        shape: { B: shape.B, F: shape.F, K: shape.K },
        ...describeContenders(entries[0].contender),
        oursTokensPerSecond: ours.tokensPerSecond,
        rates: ours.rates,
        shares: ours.shares,
        peakBytes: measurements[0].peakBytes,
        backends: Object.fromEntries(
          turns.map((turn, i) => [
            measurements[i].name,
            { ...turn, firstOverThis: ours.tokensPerSecond / turn.tokensPerSecond },
          ]),
        ) as unknown,
        measurements: describeMeasurements(measurements),
      },
      header: ['what', 'ms a turn', 'share', 'tokens/s'],
      rows: turns.flatMap((turn, i) => [
        [
          measurements[i].name,
          formatNumber(measurements[i].median),
          '1.00',
          formatNumber(turn.tokensPerSecond),
        ],
        ...PARTS.map((part) => [
          `  ${part}`,
          formatNumber(turn.ms[part]),
          formatNumber(turn.shares[part]),
          formatNumber(turn.rates[part]),
        ]),
      ]),
      notes: turns
        .slice(1)
        .map(
          (turn, i) =>
            `${measurements[0].name} is ${formatNumber(ours.tokensPerSecond / turn.tokensPerSecond)} times as fast as ${measurements[i + 1].name}`,
        ),
    };
  },
};

const PARTS = ['model', 'buffer', 'fit'] as const;
type Part = (typeof PARTS)[number];

/** The model reads whole batches, so tokens read differ a little from rows fitted: each part has its own count. */
function divideTurn(B: number, { partsMs }: Measurement) {
  const ms = { model: partsMs.model, buffer: partsMs.buffer, fit: partsMs.fit };
  const perToken: Record<Part, number> = {
    model: ms.model / partsMs.modelTokens,
    buffer: ms.buffer / B,
    fit: ms.fit / B,
  };
  const all = perToken.model + perToken.buffer + perToken.fit;
  const each = (change: (part: Part) => number) =>
    Object.fromEntries(PARTS.map((part) => [part, change(part)])) as Record<Part, number>;
  return {
    ms,
    tokensPerSecond: tokensPerSecond(1, all),
    rates: each((part) => tokensPerSecond(1, perToken[part])),
    shares: each((part) => perToken[part] / all),
  };
}
