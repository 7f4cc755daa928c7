/** Bare matrix products: ours, PyTorch's and numpy's, either operand stored transposed. */
import type { Bench } from './bench.ts';
import type { Entry, Measurement } from './interleave.ts';
import { PRODUCT_PEERS } from './peers/peers.ts';
import { describeContenders, describeMeasurements, encoderFlop, failureNotes, gigaflops } from './report.ts';
import { formatNumber } from './table.ts';

/** nn: both as they are; nt, tn: the second, the first stored transposed, as gradients ask for. */
const VARIANTS = ['nn', 'nt', 'tn'] as const;

export const gemmBench: Bench = {
  summary: 'matrix products of float32 in GFLOP/s, beside PyTorch and numpy',
  help: `[M, K] x [K, N] with M = --b, K = --d, N = --f; --k is not used. nt and tn: the second or the first operand is
stored transposed.
  oursGflops, peersGflops   by variant
  ratioToBestPeer           our GFLOP/s over the best peer's, plain product; ratiosToBestPeer: of each variant

  npm run bench -- gemm --peers`,
  defaults: { shape: { B: 2048, D: 1024, F: 4096, K: 1 }, repeats: 11 },
  async run(session) {
    const { shape } = session.options;
    const ours = await session.openOurs('products', shape);
    const peers = await session.openPeers(PRODUCT_PEERS, shape);
    const all = [ours, ...peers];
    const entries: Entry[] = VARIANTS.flatMap((operation) =>
      all.map((contender) => ({
        name: `${contender === ours ? 'ours' : contender.name} ${operation}`,
        contender,
        operation,
        isPeer: contender !== ours,
      })),
    );
    const { measurements } = await session.measure(entries);
    const speed = (who: string, variant: string): number | undefined => {
      const found = measurements.find(({ name }) => name === `${who} ${variant}`);
      return found && gigaflops(encoderFlop(shape), found.median);
    };
    const speeds = (who: string) =>
      Object.fromEntries(VARIANTS.map((variant) => [variant, speed(who, variant)]));
    const ratio = (variant: string): number | null => {
      const best = Math.max(0, ...peers.map(({ name }) => speed(name, variant) ?? 0));
      return best > 0 ? speed('ours', variant)! / best : null;
    };
    const row = (one: Measurement) => {
      const variant = one.name.split(' ')[1];
      const own = measurements.find(({ name }) => name === `ours ${variant}`)!;
      return [
        one.name,
        one.median.toFixed(2),
        `${formatNumber(one.lowerQuartile)}–${formatNumber(one.upperQuartile)}`,
        formatNumber(gigaflops(encoderFlop(shape), one.median)),
        formatNumber(one.median / own.median),
      ];
    };
    const best = ratio('nn');
    return {
      keys: {
        shape: { M: shape.B, K: shape.D, N: shape.F },
        ...describeContenders(ours, peers),
        oursGflops: speeds('ours'),
        peersGflops: Object.fromEntries(peers.map(({ name }) => [name, speeds(name)])),
        ratioToBestPeer: best,
        ratiosToBestPeer: Object.fromEntries(VARIANTS.map((variant) => [variant, ratio(variant)])),
        failedPeers: session.failed,
        measurements: describeMeasurements(measurements),
      },
      header: ['what', 'median ms', 'quartiles', 'GFLOP/s', 'time ratio'],
      rows: measurements.map(row),
      notes: [
        ...(best === null ? [] : [`GFLOP/s over the best peer's, plain product: ${formatNumber(best)}`]),
        ...failureNotes(session.failed),
      ],
    };
  },
};
