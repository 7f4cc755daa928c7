/**
 * How a vector changes what is predicted, position by position: both models read what the steered one wrote. Is it the first
 * token alone that moves, as the paper finds for the last layer (Fig 3, 19), or all of them?
 */
import type { LanguageModel } from '../../lm/language-model.ts';
import type { Overlay } from '../overlay.ts';
import type { TokenShift } from '../record.ts';
import { quartilesOf } from '../statistics/quartiles.ts';
import { entropyNats, klNats, logSoftmax } from './distributions.ts';
import { readLogits, type WrittenText } from './texts.ts';
import { pickEnds } from './token-ends.ts';

/** Later positions are in `rest` but have no line of their own. */
const MOST_POSITIONS = 64;
/** A box plot of fewer texts than this share of them would be of the odd long ones. */
const LEAST_SHARE = 1 / 16;
const FIRST_TOKENS = 20;

export type ShiftModel = Pick<LanguageModel, 'config' | 'parameters' | 'tokenizer'>;

interface Position {
  readonly shifts: number[];
  baseEntropy: number;
  steeredEntropy: number;
  kl: number;
}

export interface Shift extends Pick<
  TokenShift,
  'kind' | 'samples' | 'positions' | 'first' | 'rest' | 'firstTokens'
> {
  /** [V]: mean over texts of the probability as the first token. */
  readonly firstProbabilities: { readonly base: Float64Array; readonly steered: Float64Array };
}

export function readTokenShift(
  model: ShiftModel,
  { base, steered }: { readonly base: Overlay; readonly steered: Overlay },
  texts: readonly WrittenText[],
): Shift {
  const V = model.config.vocabSize;
  const positions: Position[] = [];
  const firstProbabilities = { base: new Float64Array(V), steered: new Float64Array(V) };
  const baseLogits = readLogits(model, base, texts);
  for (const { index, logits } of readLogits(model, steered, texts)) {
    const unsteered = baseLogits.next().value!.logits;
    texts[index].response.forEach((token, at) => {
      const [logP, logQ] = [logSoftmax(logits, at, V), logSoftmax(unsteered, at, V)];
      positions[at] ??= { shifts: [], baseEntropy: 0, steeredEntropy: 0, kl: 0 };
      addPosition(positions[at], token, logP, logQ);
      if (at > 0) return;
      for (let v = 0; v < V; v++) {
        firstProbabilities.steered[v] += Math.exp(logP[v]) / texts.length;
        firstProbabilities.base[v] += Math.exp(logQ[v]) / texts.length;
      }
    });
  }
  return {
    ...summarise(positions, texts.length),
    firstTokens: endsOf(model, firstProbabilities),
    firstProbabilities,
  };
}

function addPosition(position: Position, token: number, logP: Float64Array, logQ: Float64Array): void {
  position.shifts.push(Math.exp(logP[token]) - Math.exp(logQ[token]));
  position.steeredEntropy += entropyNats(logP);
  position.baseEntropy += entropyNats(logQ);
  position.kl += klNats(logP, logQ);
}

function endsOf(model: ShiftModel, { base, steered }: Shift['firstProbabilities']): Shift['firstTokens'] {
  return pickEnds(
    steered.map((value, v) => value - base[v]),
    model.tokenizer,
    FIRST_TOKENS,
  );
}

function summarise(
  positions: readonly Position[],
  samples: number,
): Pick<Shift, 'kind' | 'samples' | 'positions' | 'first' | 'rest'> {
  const rest = positions.slice(1).flatMap(({ shifts }) => shifts);
  const shown = positions
    .slice(0, MOST_POSITIONS)
    .filter(({ shifts }) => shifts.length >= samples * LEAST_SHARE);
  return {
    kind: 'token-shift',
    samples,
    positions: shown.map(({ shifts, baseEntropy, steeredEntropy, kl }, position) => ({
      position,
      shift: quartilesOf(shifts),
      baseEntropyNats: baseEntropy / shifts.length,
      steeredEntropyNats: steeredEntropy / shifts.length,
      klNats: kl / shifts.length,
    })),
    first: quartilesOf(positions[0].shifts),
    // Where every answer is one token long there is no rest: it has not moved.
    rest: quartilesOf(rest.length > 0 ? rest : [0]),
  };
}
