/** Encoding alone: our product fused with top-k, the bare product, and PyTorch's product followed by top-k. */
import type { Bench } from './bench.ts';
import { ENCODE_PEERS } from './peers/peers.ts';
import {
  describeContenders,
  describeMeasurements,
  describePeers,
  failureNotes,
  STEP_HEADER,
  stepRow,
  tokensPerSecond,
} from './report.ts';
import { formatNumber } from './table.ts';

export const encodeBench: Bench = {
  summary: 'encoding fused with top-k, beside the bare product and PyTorch',
  help: `  oursTokensPerSecond  of encodeTopK
  ratioToEncoderGemm   time of encodeTopK over our bare product B x D x F
  ratioToBestPeer      our tokens/s over PyTorch's product, ReLU and top-k (plain or compiled)

  npm run bench -- encode --peers`,
  defaults: { shape: { B: 4096, D: 768, F: 16384, K: 32 } },
  async run(session) {
    const { shape } = session.options;
    const { B } = shape;
    const encode = await session.openOurs('encode', shape);
    const product = await session.openOurs('product', shape);
    const peers = await session.openPeers(ENCODE_PEERS, shape);
    const { measurements } = await session.measure([
      { name: 'our encodeTopK', contender: encode, operation: 'encode' },
      { name: 'our encoder product', contender: product, operation: 'product' },
      ...peers.map((contender) => ({ name: contender.name, contender, operation: 'encode', isPeer: true })),
    ]);
    const [ours, bare, ...others] = measurements;
    const ratioToEncoderGemm = ours.median / bare.median;
    return {
      keys: {
        shape,
        ...describeContenders(encode, peers),
        oursTokensPerSecond: tokensPerSecond(B, ours.median),
        ratioToEncoderGemm,
        peakBytes: ours.peakBytes,
        preActsBytes: 4 * B * shape.F,
        ...describePeers(B, ours, others, ENCODE_PEERS, session.failed),
        measurements: describeMeasurements(measurements),
      },
      header: STEP_HEADER,
      rows: measurements.map((one) => stepRow(B, ours, one)),
      notes: [
        `encodeTopK over the bare product: ${formatNumber(ratioToEncoderGemm)}`,
        ...failureNotes(session.failed),
      ],
    };
  },
};
