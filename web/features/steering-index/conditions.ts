/** What the conditions of the accuracy study are called, how they are drawn, and what they say held against each other. Pure. */
import type { Curve } from '../../ui/curve-chart.tsx';
import { formatCount } from '../../ui/numbers.ts';
import {
  gainOf,
  gainWords,
  intervalText,
  overSeeds,
  percent,
  recoveredOf,
  sideOf,
  type Interval,
  type Share,
} from '../steering-page/shares.ts';

interface Scored {
  readonly testSet: string;
  readonly accuracy: Share;
}

export interface ScoredCondition {
  readonly name: string;
  readonly parameterCount: number | string;
  readonly runs: readonly { readonly scores: readonly Scored[] }[];
}

const NAMES: Readonly<Record<string, string>> = {
  'all-layers': 'vectors, all layers',
  full: 'full fine-tuning',
  lora: 'LoRA',
  adaptive: 'vector scaled by token',
  'random-vector': 'random vectors',
};

/** It cannot have learned to answer: what it gains is not learning. */
export const isControl = (name: string): boolean => name.startsWith('random');

export function conditionName(name: string): string {
  const rank = /^rank-(\d+)$/.exec(name);
  const words = rank ? `vectors of rank ${rank[1]}` : (NAMES[name] ?? name.replaceAll('-', ' '));
  return isControl(name) ? `control: ${words}` : words;
}

/** Violet where vectors learned to answer right; what they are held against stands back. */
export function conditionStyle(name: string): Pick<Curve, 'colour' | 'shape'> {
  if (name === 'all-layers') return { colour: 'steering', shape: 'ring' };
  if (name === 'full') return { colour: 'ink', shape: 'square' };
  if (name === 'lora') return { colour: 'muted', shape: 'triangle' };
  if (isControl(name)) return { colour: 'muted', shape: 'diamond' };
  return { colour: 'steering', shape: name.startsWith('rank') ? 'triangle' : 'diamond' };
}

export interface ConditionResult {
  readonly accuracy: Share;
  readonly gain: Interval;
  /** Part of full fine-tuning's gain; null of it itself and where that is not above noise. */
  readonly recovered: number | null;
}

/** Of one test set, by name of the condition; conditions nobody measured there are left out. */
export function resultsOf(
  base: readonly Scored[],
  conditions: readonly ScoredCondition[],
  testSet: string,
): ReadonlyMap<string, ConditionResult> {
  const before = base.find((score) => score.testSet === testSet)?.accuracy;
  if (!before) return new Map();
  const accuracyOf = (condition?: ScoredCondition) =>
    overSeeds(
      condition?.runs.map(({ scores }) => scores.find((score) => score.testSet === testSet)?.accuracy) ?? [],
    );
  const full = accuracyOf(conditions.find(({ name }) => name === 'full'));
  return new Map(
    conditions.flatMap((condition) => {
      const accuracy = accuracyOf(condition);
      if (!accuracy) return [];
      const gain = gainOf(accuracy, before);
      const recovered = full && condition.name !== 'full' ? recoveredOf(gain, gainOf(full, before)) : null;
      return [[condition.name, { accuracy, gain, recovered }] as const];
    }),
  );
}

/** The findings in words, from the numbers: what vectors gain, and whether the controls gain as well. */
export function verdictOf(
  base: Share,
  conditions: readonly ScoredCondition[],
  results: ReadonlyMap<string, ConditionResult>,
): string[] {
  const vectors = results.get('all-layers');
  const count = conditions.find(({ name }) => name === 'all-layers')?.parameterCount;
  const sentences: string[] = [];
  if (vectors && count !== undefined) {
    const of =
      vectors.recovered === null ? '' : `, ${percent(vectors.recovered)} of what full fine-tuning gains`;
    sentences.push(
      `${formatCount(count)} numbers added to the residual stream take right answers from ${percent(base.value)} to ${intervalText(vectors.accuracy)}: ${gainWords(vectors.gain)}${of}.`,
    );
  }
  for (const [name, what] of [
    ['random-reward', 'Trained on a coin instead of right answers, the same vectors'],
    ['random-vector', 'Vectors of the same norms and random direction'],
  ] as const) {
    const control = results.get(name);
    if (!control) continue;
    const verb = sideOf(control.gain) === 'below' ? 'do harm' : 'gain';
    sentences.push(
      sideOf(control.gain) === 'level'
        ? `${what} gain nothing: ${gainWords(control.gain)}.`
        : `${what} ${verb}, too: ${gainWords(control.gain)}.`.replace('harm, too', 'harm'),
    );
  }
  return sentences;
}
