/** Measures by layer of two models: their lines, and where the one is above the other by more than noise. Pure. */
import { spreadOf } from '../../ui/spread.ts';
import { sideOf, type Side } from './words.ts';

export interface LayerLine {
  readonly model: string;
  readonly of: string;
  readonly layers: readonly {
    readonly layer: number;
    readonly value: { readonly bySeed: readonly (number | null)[] };
  }[];
}

export function lineOf(lines: readonly LayerLine[], model: string, of: string): LayerLine | undefined {
  return lines.find((line) => line.model === model && line.of === of);
}

export function pointsOf(line: LayerLine | undefined) {
  return (line?.layers ?? []).flatMap(({ layer, value }) => {
    const spread = spreadOf(value.bySeed);
    return spread ? [{ x: layer, y: spread.mean, sd: spread.sd }] : [];
  });
}

export interface LayerTally {
  /** Layers where the second model is above the first, below it, level with it; and where one seed says nothing of noise. */
  readonly above: readonly number[];
  readonly below: readonly number[];
  readonly level: readonly number[];
  readonly alone: readonly number[];
}

export function tallyLayers(base: LayerLine | undefined, lime: LayerLine | undefined): LayerTally {
  const tally: Record<Side, number[]> = { above: [], below: [], level: [], alone: [] };
  for (const { layer, value } of base?.layers ?? []) {
    const ours = lime?.layers.find((candidate) => candidate.layer === layer)?.value.bySeed ?? [];
    const differences = value.bySeed.map((theirs, at) =>
      theirs === null || ours[at] == null ? null : ours[at] - theirs,
    );
    const spread = spreadOf(differences);
    if (spread) tally[sideOf(spread)].push(layer);
  }
  return tally;
}

/** higher at 5, lower at 1, level within noise at 2 of 8 layers */
export function tallyWords(tally: LayerTally): string {
  const { above, below, level, alone } = tally;
  const count = above.length + below.length + level.length + alone.length;
  if (count === 0) return 'not measured';
  if (alone.length === count) return `measured at one seed, whose noise is not known, at all ${count} layers`;
  return `higher at ${above.length}, lower at ${below.length}, level within noise at ${level.length} of ${count} layers`;
}

/** Which way more than half of the layers go. */
export function direction({ above, below, level, alone }: LayerTally): 'higher' | 'lower' | 'neither' {
  const half = (above.length + below.length + level.length + alone.length) / 2;
  if (above.length > half) return 'higher';
  return below.length > half ? 'lower' : 'neither';
}

/** Whether values and hidden states go opposite ways, as the paper has it for separability: in words, from the tallies. */
export function flipWords(values: LayerTally, hidden: LayerTally): string {
  const [of, ofHidden] = [direction(values), direction(hidden)];
  if (of === 'neither' && ofHidden === 'neither') return 'Neither goes one way in most layers here.';
  if (of === 'higher' && ofHidden === 'lower')
    return 'The sign flips, as in the paper: words are told apart better by values, worse by hidden states.';
  if (of === ofHidden) return `No flip here: values and hidden states are both ${of} in most layers.`;
  return `Here values are ${said(of)} and hidden states ${said(ofHidden)}; in the paper values are higher and hidden states lower.`;
}

const said = (way: string) =>
  way === 'neither' ? 'neither higher nor lower in most layers' : `${way} in most layers`;
