/** A whole TopK training step: ours on one or several backends, the bare encoder product that bounds it, and the peers'. */
import type { Bench } from './bench.ts';
import type { Entry } from './interleave.ts';
import { STEP_PEERS } from './peers/peers.ts';
import {
  describeContenders,
  describeMeasurements,
  describePeers,
  failureNotes,
  type Findings,
  peerNotes,
  STEP_HEADER,
  stepRow,
  tokensPerSecond,
} from './report.ts';
import { describeUnscreened, openUnscreened, screeningNotes } from './screening.ts';
import type { Session } from './session.ts';
import { sweep } from './step-sweep.ts';
import { formatMebibytes, formatNumber } from './table.ts';

export const stepBench: Bench = {
  summary: 'a TopK training step, beside its encoder product and the peers',
  help: `Forward, backward, clipping, Adam and unit decoder rows of one batch, everybody in float32 with the same rows,
threads, k and optimiser.
  ratioToEncoderGemm   time of our step over our bare product B x D x F in float32
  ratioToBestPeer      our tokens/s over the best peer's; ratioToBestDensePeer leaves out those with a sparse backward pass
  peakBytes            most our process holds during steps above what its libraries and the data take: weights, moments,
                       gradients and every buffer; preActsBytes is what one B x F buffer would add
  withoutScreening     with AMX: the same keys when no act is screened in bfloat16 (results are the same bits); else null
  backends             with several --backend: tokens/s of each and the first's over it

  npm run bench -- step --peers --json
  npm run bench -- step --peers --data uneven
  npm run bench -- step --sweep f             F from 2^12 to 2^17; --sweep b: B from 512 to 16384
  npm run bench -- step --backend native,wasm --b 2048 --d 256 --f 4096 --k 64`,
  defaults: { shape: { B: 4096, D: 768, F: 16384, K: 32 } },
  run: (session) => (session.options.sweep ? sweep(session, session.options.sweep) : compare(session)),
};

async function compare(session: Session): Promise<Findings> {
  const { options, failed } = session;
  const { shape } = options;
  const { B, D, F } = shape;
  const own: Entry[] = [];
  for (const backend of options.backends.length > 0 ? options.backends : [undefined]) {
    const contender = await session.openOurs('topk-step', shape, { backend });
    own.push({ name: `ours, ${contender.about.backend}`, contender, operation: 'step' });
  }
  const first = own[0].contender;
  const unscreened = await openUnscreened(session, first, { subject: 'topk-step', operation: 'step', shape });
  const product = await session.openOurs('product', shape);
  const peers = await session.openPeers(STEP_PEERS, shape);
  const { measurements } = await session.measure([
    ...own,
    ...unscreened,
    { name: 'our encoder product', contender: product, operation: 'product' },
    ...peers.map((contender) => ({ name: contender.name, contender, operation: 'step', isPeer: true })),
  ]);

  const bareAt = own.length + unscreened.length;
  const [ours, bare, others] = [measurements[0], measurements[bareAt], measurements.slice(bareAt + 1)];
  const preActsBytes = 4 * B * F;
  const stateBytes = 4 * 3 * (2 * F * D + F + D);
  const ratioToEncoderGemm = ours.median / bare.median;
  const peerKeys = describePeers(B, ours, others, STEP_PEERS, failed);
  const withoutScreening = describeUnscreened(B, measurements, bare, { peers: others, specs: STEP_PEERS });
  const backends = own.map(({ contender }, i) => [
    contender.about.backend,
    {
      tokensPerSecond: tokensPerSecond(B, measurements[i].median),
      firstOverThis: measurements[i].median / ours.median,
    },
  ]);
  return {
    keys: {
      shape,
      data: options.data,
      ...describeContenders(first, peers),
      oursTokensPerSecond: tokensPerSecond(B, ours.median),
      ratioToEncoderGemm,
      peakBytes: ours.peakBytes,
      devicePeakBytes: ours.devicePeakBytes,
      preActsBytes,
      stateBytes,
      ...peerKeys,
      withoutScreening,
      backends: Object.fromEntries(backends) as unknown,
      measurements: describeMeasurements(measurements),
    },
    header: STEP_HEADER,
    rows: measurements.map((one) => stepRow(B, ours, one)),
    notes: [
      `step over encoder product: ${formatNumber(ratioToEncoderGemm)}`,
      `our peak ${formatMebibytes(ours.peakBytes)} MiB; weights and moments are ${formatMebibytes(stateBytes)}, ` +
        `one B x F buffer would be ${formatMebibytes(preActsBytes)}`,
      ...own
        .slice(1)
        .map(
          ({ name }, i) =>
            `${own[0].name} is ${formatNumber(measurements[i + 1].median / ours.median)} times as fast as ${name}`,
        ),
      ...peerNotes(peerKeys),
      ...screeningNotes(withoutScreening),
      ...failureNotes(failed),
    ],
  };
}
