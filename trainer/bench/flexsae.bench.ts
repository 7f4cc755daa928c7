/**
 * The table of flexsae's README (F 65,536, D 2,304, K 32, 64, 128; their GPU and batch are not stated): our two steps,
 * PyTorch's compiled ones and sparsify's kernels on one device, with the ceilings of that device and the gap to them.
 */
import type { Bench } from './bench.ts';
import { type Ceilings, COPY_BYTES, type Floor, floorOf } from './ceilings.ts';
import type { Contender } from './contender.ts';
import type { Entry, Measurement } from './interleave.ts';
import type { Shape } from './options.ts';
import { FLEXSAE_PEERS, PRODUCT_PEERS } from './peers/peers.ts';
import {
  describeContenders,
  describeMeasurements,
  encoderFlop,
  failureNotes,
  tokensPerSecond,
} from './report.ts';
import type { Session } from './session.ts';
import { formatMebibytes, formatNumber } from './table.ts';

const BUDGETS = [32, 64, 128];
const PRODUCT_VARIANT = 'nt'; // the encoder's: both operands row after row

export const flexsaeBench: Bench = {
  summary: "flexsae's table: TopK and hierarchical steps at K 32, 64, 128, with the device's ceilings",
  help: `For a GPU: --backend webgpu or tensorflow for ours, --peers --device cuda for PyTorch and sparsify's Triton kernels. K is 32,
64 and 128, or --k alone; each K has the memory to itself. flexsae's own kernels are not run: part of them may not be used
commercially.
  ceilings   copy bandwidth (read and written) and float32 matrix rate: the best anybody reached here
  byK        per contender: ms, tokens/s, peak bytes, and overFloor, its time over the least a step could take:
             one product B x D x F and eight passes over the weights

  npm run bench -- flexsae --backend webgpu --peers --device cuda --json`,
  defaults: { shape: { B: 4096, D: 2304, F: 65536, K: 128 } },
  async run(session) {
    const { shape, isKGiven } = session.options;
    const { ceilings, about } = await measureCeilings(session, shape);
    const floor = floorOf(shape, ceilings);
    const budgets = isKGiven ? [shape.K] : BUDGETS.filter((k) => k <= shape.F);
    const found: { K: number; measurements: readonly Measurement[] }[] = [];
    for (const K of budgets) found.push({ K, measurements: await compareAt(session, { ...shape, K }) });
    const [topK, hierarchical] = found[found.length - 1].measurements;
    return {
      keys: {
        shape,
        ...about,
        peersDevice: session.options.device,
        ceilings,
        floor,
        hierarchicalOverTopK: hierarchical.median / topK.median,
        oursTokensPerSecond: tokensPerSecond(shape.B, topK.median),
        peakBytes: topK.devicePeakBytes ?? topK.peakBytes,
        failedPeers: session.failed,
        byK: found.map(({ K, measurements }) => ({
          K,
          measurements: describeMeasurements(measurements).map((one) => ({
            ...one,
            tokensPerSecond: tokensPerSecond(shape.B, one.medianMs),
            overFloor: one.medianMs / floor.floorMs,
          })),
        })),
      },
      header: ['what', 'median ms', 'tokens/s', 'over TopK', 'over floor', 'peak MiB'],
      rows: found.flatMap(({ measurements }) =>
        measurements.map((one) => row(shape.B, measurements[0], floor, one)),
      ),
      notes: [
        `ceilings: copy ${formatNumber(ceilings.copyBytesPerSecond / 1e9)} GB/s, ` +
          `matrix ${formatNumber(ceilings.matrixFlopPerSecond / 1e12)} TFLOP/s`,
        `floor of a step: product ${formatNumber(floor.productMs)} ms + weights ${formatNumber(floor.weightsMs)} ms`,
        ...failureNotes(session.failed),
      ],
    };
  },
};

function row(B: number, topK: Measurement, floor: Floor, one: Measurement) {
  return [
    one.name,
    formatNumber(one.median),
    formatNumber(tokensPerSecond(B, one.median)),
    formatNumber(one.median / topK.median),
    formatNumber(one.median / floor.floorMs),
    formatMebibytes(one.devicePeakBytes ?? one.peakBytes),
  ];
}

async function measureCeilings(session: Session, shape: Shape) {
  const ours = await session.openOurs('products', shape);
  const peers =
    session.options.only.length > 0 ? [] : await session.openPeers(PRODUCT_PEERS.slice(0, 1), shape);
  const all: readonly Contender[] = [ours, ...peers];
  const entries = (operation: string): Entry[] =>
    all.map((contender) => ({
      name: `${contender.name} ${operation}`,
      contender,
      operation,
      isPeer: contender !== ours,
    }));
  const { measurements } = await session.measure([...entries(PRODUCT_VARIANT), ...entries('copy')]);
  const about = describeContenders(ours, peers);
  await session.closeContenders();
  const quickestMs = (operation: string): number =>
    Math.min(
      ...measurements.filter(({ name }) => name.endsWith(` ${operation}`)).map(({ median }) => median),
    );
  const ceilings: Ceilings = {
    copyBytesPerSecond: (1000 * 2 * COPY_BYTES) / quickestMs('copy'),
    matrixFlopPerSecond: (1000 * encoderFlop(shape)) / quickestMs(PRODUCT_VARIANT),
  };
  return { ceilings, about };
}

async function compareAt(session: Session, shape: Shape): Promise<readonly Measurement[]> {
  const { K } = shape;
  const topK = await session.openOurs('topk-step', shape);
  const hierarchical = await session.openOurs('hierarchical-step', shape);
  const peers = await session.openPeers(FLEXSAE_PEERS, shape);
  const { measurements } = await session.measure([
    { name: `ours, TopK ${K}`, contender: topK, operation: 'step' },
    { name: `ours, hierarchical ${K}`, contender: hierarchical, operation: 'step' },
    ...peers.map((contender) => ({
      name: `${contender.name} ${K}`,
      contender,
      operation: 'step',
      isPeer: true,
    })),
  ]);
  await session.closeContenders();
  return measurements;
}
