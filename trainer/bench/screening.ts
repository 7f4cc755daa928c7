/**
 * On processors with AMX our native encoder finds in bfloat16 which acts can matter and computes those in float32: the same
 * bits, an order of magnitude sooner (compute/native/encode.h). Peers and bare products compute everything in float32. So
 * that nobody has to believe the trick, it is also measured turned off, in the same rounds.
 */
import type { Contender } from './contender.ts';
import type { Entry, Measurement } from './interleave.ts';
import type { Shape } from './options.ts';
import type { PeerSpec } from './peers/peers.ts';
import { describePeers, tokensPerSecond } from './report.ts';
import type { Session } from './session.ts';
import type { SubjectName } from './subjects/subjects.ts';
import { formatNumber } from './table.ts';

const SCREENING = 'amx';
const NOT_SCREENING = 'avx512'; // what every processor with AMX has

export const UNSCREENED = 'ours, not screened';

/** The same subject with screening off, as one more entry; none where `ours` does not screen. */
export async function openUnscreened(
  session: Session,
  ours: Contender,
  { subject, operation, shape }: { subject: SubjectName; operation: string; shape: Shape },
): Promise<readonly Entry[]> {
  if (ours.about.backend !== 'native' || ours.about.device !== SCREENING) return [];
  const contender = await session.openOurs(subject, shape, {
    backend: 'native',
    instructionSet: NOT_SCREENING,
  });
  return [{ name: UNSCREENED, contender, operation }];
}

/** The keys that compare, as they are without screening; null where there is none to turn off. */
export function describeUnscreened(
  B: number,
  measurements: readonly Measurement[],
  product: Measurement,
  { peers, specs }: { peers: readonly Measurement[]; specs: readonly PeerSpec[] },
) {
  const unscreened = measurements.find(({ name }) => name === UNSCREENED);
  if (!unscreened) return null;
  const { ratioToBestPeer, ratioToBestDensePeer } = describePeers(B, unscreened, peers, specs, {});
  return {
    instructionSet: NOT_SCREENING,
    oursTokensPerSecond: tokensPerSecond(B, unscreened.median),
    ratioToEncoderGemm: unscreened.median / product.median,
    ratioToBestPeer,
    ratioToBestDensePeer,
    peakBytes: unscreened.peakBytes,
  };
}

export function screeningNotes(found: ReturnType<typeof describeUnscreened>): readonly string[] {
  if (!found) return [];
  const { ratioToEncoderGemm, ratioToBestPeer } = found;
  const overPeer = ratioToBestPeer === null ? '' : `, ${formatNumber(ratioToBestPeer)} times the best peer`;
  return [
    `ours screens acts in bfloat16 and computes those that matter in float32 (same bits); with that turned off: ` +
      `${formatNumber(ratioToEncoderGemm)} of the product's time${overPeer}`,
  ];
}
