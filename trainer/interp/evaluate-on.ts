/**
 * Dictionaries on the text of one corpus: explained variance, what splicing them in costs the model, acts per token, silent
 * features. The model reads the text once for all of them. Knows nothing of how the dictionaries came about.
 */
import type { Tensor2D } from '@tensorflow/tfjs';
import { setImmediate } from 'node:timers/promises';
import type { TopActs } from '../compute/kernels.ts';
import { tf } from '../compute/tf.ts';
import { createVariance, type Variance } from '../sae/explained-variance.ts';
import { decodeAt, hiddenRows } from './collect-acts.ts';
import { type Fidelity, measureSplices, type SplicedModel } from './fidelity.ts';
import { ceRecovered } from './levels.ts';
import { countOrdinary, type OrdinaryOptions } from './ordinary-windows.ts';
import type { ReadableDictionary, ReadOutProgress } from './subject.ts';
import type { EvaluationRecord } from './trial-records.ts';
import { type EvaluationText, countTokens, pickWindows } from './windows.ts';

export interface EvaluatedDictionary {
  readonly dictionary: Pick<ReadableDictionary, 'width' | 'encode' | 'decode'>;
  /** The first feature that is the dictionary's own: those before it are the base's. */
  readonly ownFrom: number;
  /** Whether the acts of its own features are told apart as residual acts. */
  readonly isResidual: boolean;
  /** Strongest acts kept per token, ascending. */
  readonly budgets: readonly number[];
}

interface TextOptions extends Pick<OrdinaryOptions, 'maxNormRatio'> {
  readonly model: SplicedModel;
  readonly hookpoint: string;
  readonly text: EvaluationText;
  readonly windowLength: number;
  readonly tokenCount: number;
  readonly ceTokenCount: number;
  readonly skipFirst: number;
  readonly specialTokens?: readonly number[];
  readonly windowsPerBatch: number;
}

export interface EvaluateManyOptions extends TextOptions {
  readonly dictionaries: readonly EvaluatedDictionary[];
}

export interface EvaluateOnOptions extends TextOptions, Omit<EvaluatedDictionary, 'dictionary' | 'budgets'> {
  readonly dictionary: EvaluatedDictionary['dictionary'] & { readonly k: number };
  /** Put down in the record: the budget of the base for what adapts one. */
  readonly budget: number;
}

export interface EvaluatedOn extends EvaluationRecord {
  /** KL(untouched || zeroed), nats. */
  readonly klZeroNats: number;
}

/** One dictionary with all its acts. */
export async function* evaluateOn(options: EvaluateOnOptions): AsyncGenerator<ReadOutProgress, EvaluatedOn> {
  const { dictionary, ownFrom, isResidual, budget, ...rest } = options;
  const one = { dictionary, ownFrom, isResidual, budgets: [dictionary.k] };
  const [[evaluated]] = yield* evaluateMany({ ...rest, dictionaries: [one] });
  return { ...evaluated, budget };
}

/** By dictionary, then by budget. */
export async function* evaluateMany(
  options: EvaluateManyOptions,
): AsyncGenerator<ReadOutProgress, EvaluatedOn[][]> {
  const { dictionaries, text } = options;
  const windows = yield* paced(countOrdinary(pickWindows([text], options), options));
  const levels = dictionaries.flatMap((one) => one.budgets.map((budget) => createTally(one, budget)));
  const [tokenCount] = countTokens(windows);
  let variance: Variance | null = null;
  let done = 0;
  for (const { hidden_BD, token_B } of hiddenRows({ ...options, windows })) {
    const hidden = hidden_BD.dataSync() as Float32Array;
    variance ??= createVariance(hidden_BD.shape[1], levels.length);
    variance.addHidden(hidden);
    let level = 0;
    for await (const rebuilt_BD of rebuildAll(dictionaries, hidden_BD, (top, i) => levels[i].add(top))) {
      variance.addReconstruction(level, hidden, rebuilt_BD.dataSync() as Float32Array);
      rebuilt_BD.dispose();
      level += 1;
    }
    hidden_BD.dispose();
    done += token_B.length;
    await setImmediate();
    yield { phase: 'acts', done, total: tokenCount };
  }
  const rebuild = (hidden_BD: Tensor2D) => rebuildAll(dictionaries, hidden_BD);
  const splicing = { ...options, windows, levels: levels.length, rebuild, tokenCount: options.ceTokenCount };
  const fidelity = yield* paced(measureSplices(splicing));
  const explained = variance!.explainedVariance();
  let level = 0;
  return dictionaries.map(({ budgets }) =>
    budgets.map(() =>
      recordOf({ level, tally: levels[level], tokenCount, text, fidelity, ev: explained[level++] }),
    ),
  );
}

/** Every dictionary at every budget, in order; each is encoded once. */
async function* rebuildAll(
  dictionaries: readonly EvaluatedDictionary[],
  hidden_BD: Tensor2D,
  onLevel: (top: TopActs, level: number) => void = () => undefined,
): AsyncGenerator<Tensor2D, void> {
  let level = 0;
  for (const { dictionary, budgets } of dictionaries) {
    const top = await dictionary.encode(hidden_BD, budgets[budgets.length - 1]);
    for (const budget of budgets) {
      onLevel(top, level);
      level += 1;
      yield decodeAt(dictionary, top, budget);
    }
    tf.dispose({ ...top });
  }
}

interface Tally {
  readonly budget: number;
  readonly isResidual: boolean;
  add(top: TopActs): void;
  acts(): number;
  ownActs(): number;
  /** Share of its own features that never acted. */
  silentShare(): number;
}

function createTally({ dictionary, ownFrom, isResidual }: EvaluatedDictionary, budget: number): Tally {
  const isSeen_F = new Uint8Array(dictionary.width);
  let acts = 0;
  let ownActs = 0;
  return {
    budget,
    isResidual,
    add(top) {
      const K = top.acts_BK.shape[1];
      const values = top.acts_BK.dataSync();
      const indices = top.indices_BK.dataSync();
      for (let i = 0; i < values.length; i++) {
        if (i % K >= budget || !(values[i] > 0)) continue;
        acts += 1;
        if (indices[i] >= ownFrom) ownActs += 1;
        isSeen_F[indices[i]] = 1;
      }
    },
    acts: () => acts,
    ownActs: () => ownActs,
    silentShare() {
      const own_F = isSeen_F.subarray(ownFrom);
      return own_F.reduce((count, isSeen) => count + 1 - isSeen, 0) / own_F.length;
    },
  };
}

interface LevelResult {
  readonly level: number;
  readonly tally: Tally;
  readonly ev: number;
  readonly tokenCount: number;
  readonly text: EvaluationText;
  readonly fidelity: Fidelity;
}

function recordOf({ level, tally, ev, tokenCount, text, fidelity }: LevelResult): EvaluatedOn {
  const { ceOriginal, ceZero } = fidelity;
  const ceSpliced = fidelity.ceSpliced[level];
  return {
    corpus: text.corpus,
    budget: tally.budget,
    explainedVariance: ev,
    ceOriginal,
    ceSpliced,
    ceZero,
    ceRecovered: ceRecovered(ceOriginal, ceSpliced, ceZero),
    deltaCe: ceSpliced - ceOriginal,
    klNats: fidelity.klNats[level],
    klZeroNats: fidelity.klZeroNats,
    l0: tally.acts() / tokenCount,
    residualL0: tally.isResidual ? tally.ownActs() / tokenCount : null,
    deadFraction: tally.silentShare(),
    tokenCount,
    ceTokenCount: fidelity.tokenCount,
  };
}

/** One turn of the event loop after each step. */
async function* paced<Step, Result>(
  steps: Generator<Step, Result> | AsyncGenerator<Step, Result>,
): AsyncGenerator<Step, Result> {
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
    await setImmediate();
    yield step.value;
  }
}
