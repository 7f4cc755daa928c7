/**
 * What of the papers' findings holds here: for each a verdict by a rule over stored numbers, and our numbers in words. Pure.
 * The rules are stated beside them, so that the page says exactly what is done.
 */
import { formatValue } from '../../ui/numbers.ts';
import {
  gainOf,
  gainWords,
  overSeeds,
  percent,
  points,
  recoveredOf,
  sideOf,
  type Interval,
  type Share,
} from '../steering-page/shares.ts';
import { comparePairs, type ComparedPair } from './compare-pairs.ts';
import type { ConditionResult } from './conditions.ts';

/** silent: nothing can be said, for there is no gain to take apart. unmeasured: nobody ran what it rests on. */
export type Verdict = 'holds' | 'partly' | 'fails' | 'silent' | 'unmeasured';

export interface Judged {
  readonly verdict: Verdict;
  /** Our figures, a sentence; empty where nothing was measured. */
  readonly ours: string;
}

const UNMEASURED: Judged = { verdict: 'unmeasured', ours: '' };

/** What 2505.18706 recovers at its least: Llama-3.1-8B base. */
const MOST_RECOVERED = 0.7;
/** Of a gain or of a divergence: from here on it is the larger part. */
const HALF = 0.5;
/** Of a divergence: the rest is a small one. */
const MOST_EXPLAINED = 0.75;
/** Of the layers. */
const NEARLY_ALL = 0.8;
/** Share of false finds among features called significant. */
export const FALSE_FINDS = 0.05;

const word = (share: number) => `${Math.round(share * 100)}\u202f%`;

export const RULES = {
  recovery: `Holds where vectors at all layers gain above noise and at least ${word(MOST_RECOVERED)} of what full fine-tuning gains, the least that the papers report; partly where they gain above noise, but less of it.`,
  coin: `Holds where vectors trained on a random reward gain nothing above noise; partly where they gain, but less than ${word(HALF)} of what the reward for right answers brings.`,
  layers: `Holds where at least ${word(NEARLY_ALL)} of the layers gain above noise by themselves; partly where some do.`,
  prefix: `Of the vector at the last layer. Each token that it raises is put before the base's answer; what that gains, times how much likelier the vector makes the token, is its part. Holds where the parts are at least ${word(HALF)} of what the vector gains; partly where one such beginning alone gains above noise.`,
  path: `Of the vector at the layer before the last. Holds where it explains at least ${word(MOST_EXPLAINED)} of the divergence of the steered model while the last layer's queries, keys and values do not see it; partly from ${word(HALF)}.`,
  transfer:
    'Holds where vectors of another model of the family gain above noise in every model whose own vectors do; partly where in some.',
  pairs: `Holds where more than ${word(HALF)} of the pairs are above noise better than the better of the two, and none is worse; partly where some are better.`,
  segments:
    'Of the adaptive vector. Holds where its mean size on the question lies beyond the intervals of the system message and of the marks of who speaks; partly where beyond one of them.',
  features: `Holds where at least one feature fires more often in right answers at q ≤ ${FALSE_FINDS} (Fisher's exact test; Benjamini and Hochberg over all features that fire); partly where only features of wrong answers do.`,
} as const;

export type FindingKey = keyof typeof RULES;

/** Of the accuracy study: by name of the condition. */
export function judgeRecovery(results: ReadonlyMap<string, ConditionResult>): Judged {
  const [vectors, full] = [results.get('all-layers'), results.get('full')];
  if (!vectors || !full) return UNMEASURED;
  const ours = `vectors ${gainWords(vectors.gain)}; full fine-tuning ${gainWords(full.gain)}`;
  const share = recoveredOf(vectors.gain, full.gain);
  if (share === null) return { verdict: 'silent', ours };
  const isAbove = sideOf(vectors.gain) === 'above';
  return {
    verdict: !isAbove ? 'fails' : share >= MOST_RECOVERED ? 'holds' : 'partly',
    ours: `${percent(share)} of its gain: ${ours}`,
  };
}

export function judgeCoin(results: ReadonlyMap<string, ConditionResult>): Judged {
  const [vectors, coin] = [results.get('all-layers'), results.get('random-reward')];
  if (!vectors || !coin) return UNMEASURED;
  const ours = `random reward ${gainWords(coin.gain)}; right answers rewarded ${gainWords(vectors.gain)}`;
  const share = recoveredOf(coin.gain, vectors.gain);
  if (sideOf(coin.gain) !== 'above') return { verdict: share === null ? 'silent' : 'holds', ours };
  return { verdict: share !== null && share < HALF ? 'partly' : 'fails', ours };
}

export interface LayerRuns {
  readonly base: Share;
  readonly layers: readonly {
    readonly layer: number;
    readonly runs: readonly { readonly accuracy: Share }[];
  }[];
}

export function judgeLayers({ base, layers }: LayerRuns): Judged {
  const gains = layers.flatMap(({ layer, runs }) => {
    const accuracy = overSeeds(runs.map((run) => run.accuracy));
    return accuracy ? [{ layer, gain: gainOf(accuracy, base) }] : [];
  });
  if (gains.length === 0) return UNMEASURED;
  const helping = gains.filter(({ gain }) => sideOf(gain) === 'above').length;
  const best = gains.reduce((most, row) => (row.gain.value > most.gain.value ? row : most));
  return {
    verdict: helping >= NEARLY_ALL * gains.length ? 'holds' : helping > 0 ? 'partly' : 'fails',
    ours: `${helping} of ${gains.length} layers gain above noise; most layer ${best.layer}, ${points(best.gain.value)} points`,
  };
}

export interface PrefixNumbers {
  readonly base: Share;
  readonly steered: Share;
  readonly prefixes: readonly {
    readonly text: string;
    readonly accuracy: Share;
    readonly recovered: number | null;
    readonly baseProbability: number;
    readonly steeredProbability: number;
  }[];
}

/** `quote`: writes a token in a sentence. */
export function judgePrefix(
  { base, steered, prefixes }: PrefixNumbers,
  quote: (text: string) => string,
): Judged {
  const gain = gainOf(steered, base);
  if (sideOf(gain) !== 'above') return { verdict: 'silent', ours: `the vector ${gainWords(gain)}` };
  const best = prefixes.reduce<PrefixNumbers['prefixes'][number] | null>(
    (most, prefix) => ((prefix.recovered ?? -Infinity) > (most?.recovered ?? -Infinity) ? prefix : most),
    null,
  );
  if (!best || best.recovered === null)
    return { verdict: 'fails', ours: `the vector raises no first token; it gains ${gainWords(gain)}` };
  const isAbove = sideOf(gainOf(best.accuracy, base)) === 'above';
  const share = shareOfFirstTokens({ base, steered, prefixes });
  return {
    verdict: !isAbove ? 'fails' : share >= HALF ? 'holds' : 'partly',
    ours:
      `raising ${prefixes.length} first tokens accounts for ${percent(share)} of the vector's ${points(gain.value)} points; ` +
      `always beginning with ${quote(best.text)} would give ${percent(best.recovered)}`,
  };
}

/** Of the gain, what comes from beginning otherwise: by how much each token is raised, times what beginning with it gains. */
function shareOfFirstTokens({ base, steered, prefixes }: PrefixNumbers): number {
  const parts = prefixes.map(
    ({ accuracy, baseProbability, steeredProbability }) =>
      (steeredProbability - baseProbability) * (accuracy.value - base.value),
  );
  return parts.reduce((sum, part) => sum + part, 0) / (steered.value - base.value);
}

export interface PatchNumbers {
  readonly modes: readonly {
    readonly mode: string;
    readonly accuracy: Share;
    readonly explained: number | null;
  }[];
}

export function judgePath({ modes }: PatchNumbers): Judged {
  const modeOf = (name: string) => modes.find(({ mode }) => mode === name);
  const [past, direct] = [modeOf('skip-attention'), modeOf('skip-layer')];
  if (!past) return UNMEASURED;
  if (past.explained === null)
    return { verdict: 'silent', ours: 'the vector changes nothing that a path could explain' };
  const [base, steered] = [modeOf('base'), modeOf('steered')];
  const kept =
    base && steered
      ? recoveredOf(gainOf(past.accuracy, base.accuracy), gainOf(steered.accuracy, base.accuracy))
      : null;
  return {
    verdict: past.explained >= MOST_EXPLAINED ? 'holds' : past.explained >= HALF ? 'partly' : 'fails',
    ours: [
      `past attention ${percent(past.explained)} of the divergence is explained`,
      ...(kept === null ? [] : [`and ${percent(kept)} of the gain kept`]),
      ...(direct?.explained == null ? [] : [`; through the unembedding alone ${percent(direct.explained)}`]),
    ]
      .join(' ')
      .replace(' ;', ';'),
  };
}

export interface TransferNumbers {
  readonly models: readonly { readonly modelSlug: string; readonly base: Share }[];
  readonly cells: readonly {
    readonly donor: string;
    readonly recipient: string;
    readonly accuracy: Share;
    readonly normalised: number | null;
  }[];
}

export function judgeTransfer({ models, cells }: TransferNumbers): Judged {
  const gainIn = (recipient: string, accuracy: Share): Interval | null => {
    const base = models.find(({ modelSlug }) => modelSlug === recipient)?.base;
    return base ? gainOf(accuracy, base) : null;
  };
  const steerable = new Set(
    cells
      .filter(({ donor, recipient }) => donor === recipient)
      .filter(({ recipient, accuracy }) => isAbove(gainIn(recipient, accuracy)))
      .map(({ recipient }) => recipient),
  );
  const others = cells.filter(({ donor, recipient }) => donor !== recipient);
  if (others.length === 0) return UNMEASURED;
  const counted = others.filter(({ recipient }) => steerable.has(recipient));
  if (counted.length === 0) return { verdict: 'silent', ours: 'no model gains by vectors of its own' };
  const helped = counted.filter(({ recipient, accuracy }) => isAbove(gainIn(recipient, accuracy))).length;
  const parts = counted.flatMap(({ normalised }) => normalised ?? []);
  const mean = parts.reduce((sum, part) => sum + part, 0) / parts.length;
  return {
    verdict: helped === counted.length ? 'holds' : helped > 0 ? 'partly' : 'fails',
    ours: `${helped} of ${counted.length} transfers gain above noise${parts.length > 0 ? `; on average ${percent(mean)} of what the model's own vectors gain` : ''}`,
  };
}

const isAbove = (gain: Interval | null) => gain !== null && sideOf(gain) === 'above';

export interface PairNumbers {
  readonly base: Share;
  readonly singles: readonly { readonly layer: number; readonly accuracy: Share }[];
  readonly pairs: readonly { readonly first: number; readonly second: number; readonly accuracy: Share }[];
}

export function judgePairs(study: PairNumbers): Judged {
  const compared = comparePairs(study);
  if (compared.length === 0) return UNMEASURED;
  const count = (side: ComparedPair['side']) => compared.filter((pair) => pair.side === side).length;
  const [better, worse] = [count('above'), count('below')];
  const summed = compared.flatMap(({ ofSum }) => ofSum ?? []);
  const less = summed.filter((part) => part < 1).length;
  const ours = [
    `${better} of ${compared.length} pairs better than the better of the two, ${worse} worse`,
    ...(summed.length > 0
      ? [
          `${less} of ${summed.length} gain less than both together would (on average ${formatValue(summed.reduce((sum, part) => sum + part, 0) / summed.length)} of the sum)`,
        ]
      : []),
  ].join('; ');
  if (summed.length === 0) return { verdict: 'silent', ours: `no two layers gain by themselves; ${ours}` };
  const holds = better > HALF * compared.length && worse === 0;
  return { verdict: holds ? 'holds' : better > 0 ? 'partly' : 'fails', ours };
}

export interface ScalingNumbers {
  readonly segments: readonly { readonly segment: string; readonly size: Interval }[];
}

/** `gain`: of the adaptive vector. */
export function judgeSegments({ segments }: ScalingNumbers, gain: Interval | null): Judged {
  const sizeOf = (name: string) => segments.find(({ segment }) => segment.toLowerCase() === name)?.size;
  const question = sizeOf('question');
  const others = (['system', 'role'] as const).flatMap((name) => sizeOf(name) ?? []);
  if (!question || others.length === 0) return UNMEASURED;
  const ours = `mean size in hidden norms: ${segments
    .map(
      ({ segment, size }) =>
        `${SEGMENT_WORDS[segment.toLowerCase()] ?? segment.toLowerCase()} ${formatValue(size.value)}`,
    )
    .join(', ')}`;
  if (gain && sideOf(gain) !== 'above')
    return { verdict: 'silent', ours: `the vector gains nothing; ${ours}` };
  const beyond = others.filter(({ high }) => question.low > high).length;
  return { verdict: beyond === others.length ? 'holds' : beyond > 0 ? 'partly' : 'fails', ours };
}

const SEGMENT_WORDS: Readonly<Record<string, string>> = { role: 'marks', assistant: 'answer' };

export interface FeatureNumbers {
  readonly tested: number;
  readonly correct: number;
  readonly incorrect: number;
  /** Those of the smallest q. */
  readonly features: readonly { readonly qValue: number; readonly difference: number }[];
}

export function judgeFeatures({ tested, correct, incorrect, features }: FeatureNumbers): Judged {
  if (tested === 0) return UNMEASURED;
  const apart = features.filter(({ qValue }) => qValue <= FALSE_FINDS);
  const right = apart.filter(({ difference }) => difference > 0).length;
  const wrong = apart.length - right;
  // As many rows as one question gets: there may be more.
  const least = apart.length > 0 && apart.length === features.length && tested > features.length;
  return {
    verdict: right > 0 ? 'holds' : wrong > 0 ? 'partly' : 'fails',
    ours: `${least ? 'at least ' : ''}${apart.length} of ${tested} features tell right from wrong answers at q ≤ ${FALSE_FINDS}: ${right} of right, ${wrong} of wrong ones (${correct} right, ${incorrect} wrong answers)`,
  };
}
