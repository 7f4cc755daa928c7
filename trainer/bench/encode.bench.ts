/** Encoding alone: our product fused with top-k, the bare product, and PyTorch's product followed by top-k. */
import type { Bench } from './bench.ts';
import { describeUnscreened, openUnscreened, screeningNotes } from './screening.ts';
import { ENCODE_PEERS } from './peers/peers.ts';
import {
  describeContenders,
  describeMeasurements,
  describePeers,
  failureNotes,
  peerNotes,
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
  withoutScreening     with AMX: the same keys when no act is screened in bfloat16 (results are the same bits); else null

  npm run bench -- encode --peers`,
  defaults: { shape: { B: 4096, D: 768, F: 16384, K: 32 } },
  async run(session) {
    const { shape } = session.options;
    const { B } = shape;
    const encode = await session.openOurs('encode', shape);
    const unscreened = await openUnscreened(session, encode, {
      subject: 'encode',
      operation: 'encode',
      shape,
    });
    const product = await session.openOurs('product', shape);
    const peers = await session.openPeers(ENCODE_PEERS, shape);
    const { measurements } = await session.measure([
      { name: 'our encodeTopK', contender: encode, operation: 'encode' },
      ...unscreened,
      { name: 'our encoder product', contender: product, operation: 'product' },
      ...peers.map((contender) => ({ name: contender.name, contender, operation: 'encode', isPeer: true })),
    ]);
    const bareAt = 1 + unscreened.length;
    const [ours, bare, others] = [measurements[0], measurements[bareAt], measurements.slice(bareAt + 1)];
    const peerKeys = describePeers(B, ours, others, ENCODE_PEERS, session.failed);
    const withoutScreening = describeUnscreened(B, measurements, bare, {
      peers: others,
      specs: ENCODE_PEERS,
    });
    const ratioToEncoderGemm = ours.median / bare.median;
    return {
      keys: {
        shape,
        data: session.options.data,
        ...describeContenders(encode, peers),
        oursTokensPerSecond: tokensPerSecond(B, ours.median),
        ratioToEncoderGemm,
        peakBytes: ours.peakBytes,
        preActsBytes: 4 * B * shape.F,
        ...peerKeys,
        withoutScreening,
        measurements: describeMeasurements(measurements),
      },
      header: STEP_HEADER,
      rows: measurements.map((one) => stepRow(B, ours, one)),
      notes: [
        `encodeTopK over the bare product: ${formatNumber(ratioToEncoderGemm)}`,
        ...peerNotes(peerKeys),
        ...screeningNotes(withoutScreening),
        ...failureNotes(session.failed),
      ],
    };
  },
};
