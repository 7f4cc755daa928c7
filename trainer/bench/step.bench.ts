/** A whole TopK training step: ours on one or several backends, the bare encoder product that bounds it, and the peers'. */
import type { Bench } from './bench.ts';
import type { Entry } from './interleave.ts';
import { STEP_PEERS } from './peers/peers.ts';
import {
  describeContenders,
  describeMeasurements,
  describePeers,
  failureNotes,
  STEP_HEADER,
  stepRow,
  tokensPerSecond,
} from './report.ts';
import type { Session } from './session.ts';
import { sweep } from './step-sweep.ts';
import { formatMebibytes, formatNumber } from './table.ts';

export const stepBench: Bench = {
  summary: 'a TopK training step, beside its encoder product and the peers',
  help: `Forward, backward, clipping, Adam and unit decoder rows of one batch, everybody in float32 with the same rows,
threads, k and optimiser.
  ratioToEncoderGemm   time of our step over our bare product B x D x F
  ratioToBestPeer      our tokens/s over the best peer's; ratioToBestDensePeer leaves out those with a sparse backward pass
  peakBytes            most our process holds during steps above what its libraries and the data take: weights, moments,
                       gradients and every buffer; preActsBytes is what one B x F buffer would add
  backends             with several --backend: tokens/s of each and the first's over it

  npm run bench -- step --peers --json
  npm run bench -- step --sweep f             F from 2^12 to 2^17; --sweep b: B from 512 to 16384
  npm run bench -- step --backend native,wasm --b 2048 --d 256 --f 4096 --k 64`,
  defaults: { shape: { B: 4096, D: 768, F: 16384, K: 32 } },
  run: (session) => (session.options.sweep ? sweep(session, session.options.sweep) : compare(session)),
};

async function compare(session: Session) {
  const { options, failed } = session;
  const { shape } = options;
  const { B, D, F } = shape;
  const entries: Entry[] = [];
  for (const backend of options.backends.length > 0 ? options.backends : [undefined]) {
    const contender = await session.openOurs('topk-step', shape, backend);
    entries.push({ name: `ours, ${contender.about.backend}`, contender, operation: 'step' });
  }
  const ownCount = entries.length;
  const product = await session.openOurs('product', shape);
  entries.push({ name: 'our encoder product', contender: product, operation: 'product' });
  const peers = await session.openPeers(STEP_PEERS, shape);
  for (const contender of peers) {
    entries.push({ name: contender.name, contender, operation: 'step', isPeer: true });
  }

  const { measurements } = await session.measure(entries);
  const own = measurements.slice(0, ownCount);
  const [ours, bare] = [own[0], measurements[ownCount]];
  const peerMeasurements = measurements.slice(ownCount + 1);
  const preActsBytes = 4 * B * F;
  const stateBytes = 4 * 3 * (2 * F * D + F + D);
  const ratioToEncoderGemm = ours.median / bare.median;
  const peerKeys = describePeers(B, ours, peerMeasurements, STEP_PEERS, failed);
  const backends = own.map((one, i) => [
    entries[i].contender.about.backend,
    { tokensPerSecond: tokensPerSecond(B, one.median), firstOverThis: one.median / ours.median },
  ]);
  return {
    keys: {
      shape,
      ...describeContenders(entries[0].contender, peers),
      oursTokensPerSecond: tokensPerSecond(B, ours.median),
      ratioToEncoderGemm,
      peakBytes: ours.peakBytes,
      devicePeakBytes: ours.devicePeakBytes,
      preActsBytes,
      stateBytes,
      ...peerKeys,
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
          (one) => `${own[0].name} is ${formatNumber(one.median / ours.median)} times as fast as ${one.name}`,
        ),
      ...(peerKeys.bestPeer === null
        ? []
        : [
            `tokens/s over the best peer (${peerKeys.bestPeer}): ${formatNumber(peerKeys.ratioToBestPeer!)}` +
              (peerKeys.bestDensePeer === null
                ? ''
                : `; over the best dense one (${peerKeys.bestDensePeer}): ${formatNumber(peerKeys.ratioToBestDensePeer!)}`),
          ]),
      ...failureNotes(failed),
    ],
  };
}
