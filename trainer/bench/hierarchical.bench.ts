/** What all budgets 1..K cost beside the largest alone: the same step with the hierarchical and with the TopK loss. */
import type { Bench } from './bench.ts';
import type { Measurement } from './interleave.ts';
import type { Shape } from './options.ts';
import { HIERARCHICAL_PEERS } from './peers/peers.ts';
import {
  describeContenders,
  describeMeasurements,
  failureNotes,
  STEP_HEADER,
  stepRow,
  tokensPerSecond,
} from './report.ts';
import type { Session } from './session.ts';
import { formatMebibytes, formatNumber } from './table.ts';

const BUDGETS = [32, 64, 128];

export const hierarchicalBench: Bench = {
  summary: 'a hierarchical step (all budgets 1..K) over a TopK step of the same K',
  help: `K is 32, 64 and 128, or --k alone. Each K has its processes to itself.
  hierarchicalOverTopK   time of our hierarchical step over our TopK step at the largest K (flexsae's kernels: 1.33 at 128)
  oursTokensPerSecond, peakBytes   of the hierarchical step at the largest K; topKPeakBytes beside it
  byK                    the same for each K, with --peers PyTorch's compiled steps too

  npm run bench -- hierarchical
  npm run bench -- hierarchical --k 128 --peers`,
  defaults: { shape: { B: 4096, D: 768, F: 16384, K: 128 } },
  async run(session) {
    const { shape, isKGiven } = session.options;
    const budgets = isKGiven ? [shape.K] : BUDGETS.filter((k) => k <= shape.F);
    const found: Found[] = [];
    for (const K of budgets) found.push(await compareAt(session, { ...shape, K }));
    const last = found[found.length - 1];
    return {
      keys: {
        shape: { ...shape, K: last.K },
        ...last.about,
        hierarchicalOverTopK: last.hierarchicalOverTopK,
        oursTokensPerSecond: tokensPerSecond(shape.B, last.hierarchical.median),
        peakBytes: last.hierarchical.peakBytes,
        topKPeakBytes: last.topK.peakBytes,
        peers: last.peers,
        failedPeers: session.failed,
        byK: found.map(({ K, topK, hierarchical, hierarchicalOverTopK, peers, measurements }) => ({
          K,
          hierarchicalOverTopK,
          topKPeakBytes: topK.peakBytes,
          hierarchicalPeakBytes: hierarchical.peakBytes,
          peers,
          measurements: describeMeasurements(measurements),
        })),
      },
      header: STEP_HEADER,
      rows: found.flatMap(({ topK, measurements }) => measurements.map((one) => stepRow(shape.B, topK, one))),
      notes: [
        ...found.map(
          ({ K, hierarchicalOverTopK, topK, hierarchical }) =>
            `K ${K}: hierarchical over TopK ${formatNumber(hierarchicalOverTopK)}, ` +
            `memory ${formatMebibytes(hierarchical.peakBytes - topK.peakBytes)} MiB more`,
        ),
        ...failureNotes(session.failed),
      ],
    };
  },
};

interface Found {
  readonly K: number;
  readonly topK: Measurement;
  readonly hierarchical: Measurement;
  readonly hierarchicalOverTopK: number;
  /** Tokens per second. */
  readonly peers: Readonly<Record<string, number>>;
  readonly measurements: readonly Measurement[];
  readonly about: ReturnType<typeof describeContenders>;
}

async function compareAt(session: Session, shape: Shape): Promise<Found> {
  const { B, K } = shape;
  const plain = await session.openOurs('topk-step', shape);
  const all = await session.openOurs('hierarchical-step', shape);
  const peers = await session.openPeers(HIERARCHICAL_PEERS, shape);
  const { measurements } = await session.measure([
    { name: `ours, TopK ${K}`, contender: plain, operation: 'step' },
    { name: `ours, hierarchical ${K}`, contender: all, operation: 'step' },
    ...peers.map((contender) => ({
      name: `${contender.name} ${K}`,
      contender,
      operation: 'step',
      isPeer: true,
    })),
  ]);
  const about = describeContenders(plain, peers);
  await session.closeContenders();
  const [topK, hierarchical, ...others] = measurements;
  return {
    K,
    topK,
    hierarchical,
    hierarchicalOverTopK: hierarchical.median / topK.median,
    peers: Object.fromEntries(others.map(({ name, median }) => [name, tokensPerSecond(B, median)])),
    measurements,
    about,
  };
}
