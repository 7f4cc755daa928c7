/** Writes a reasoner's folder: weights, tokenizer, chat template, and a record of what it was trained with and can do. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeModel } from '../../lm-fit/save-model.ts';
import { createModel, type LanguageModel } from '../../lm/language-model.ts';
import { countParameters } from '../../lm/parameters.ts';
import {
  CAREFUL_OPENING,
  countCarefulRight,
  measureReasoner,
  type ReasonerAccuracy,
  type Tally,
} from '../../steering/reasoner/accuracy.ts';
import {
  measureHeldOut,
  type HeldOutLoss,
  type ReasonerFit,
  type ReasonerFitSettings,
} from '../../steering/reasoner/fit.ts';
import { TEST_SETS } from '../../steering/reasoner/problems.ts';
import type { Mixture } from '../../steering/reasoner/styles.ts';
import { readCodeCommit } from '../train-sae/code-commit.ts';
import type { Start } from './start.ts';

export interface Circumstances {
  readonly command: string;
  readonly slug: string;
  readonly settings: ReasonerFitSettings;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly seconds: () => number;
}

export interface Written {
  readonly lossNats: number;
  readonly tallies: readonly Tally[];
}

/** What was measured, so that it can be measured again. */
const HELD_OUT = { conversations: 1000, seed: 101 };
const SAMPLED = { problems: 400, seed: 102 };
/** Few and greedy: a test repeats it in seconds. */
export const CAREFUL = { problems: 16, seed: 103 };

export async function writeReasoner(
  folder: string,
  start: Start,
  fit: ReasonerFit,
  circumstances: Circumstances,
): Promise<Written> {
  await mkdir(folder, { recursive: true });
  await writeJson(join(folder, 'tokenizer.json'), start.tokenizerJson);
  await writeJson(join(folder, 'tokenizer_config.json'), start.tokenizerConfig);
  let measured: Measured | undefined;
  await writeModel(folder, start.config, fit.arrays, async (arrays) => {
    const { config, speech } = start;
    const described = { slug: circumstances.slug, config, configJson: {}, sha256: '' };
    const model = createModel({ ...described, tokenizer: speech.tokenizer, arrays });
    measured = await measure(model, start, circumstances.settings.mixture);
    model.dispose();
    return recordOf(start, fit, circumstances, measured);
  });
  const { heldOut, accuracy } = measured!;
  return {
    lossNats: heldOut.lossNats,
    tallies: [accuracy.overall, ...accuracy.byTestSet, ...accuracy.byStyle],
  };
}

interface Measured {
  readonly heldOut: HeldOutLoss;
  readonly accuracy: ReasonerAccuracy;
  /** Right answers behind the careful opening, by test set. */
  readonly carefulRight: Readonly<Record<string, number>>;
}

async function measure(model: LanguageModel, { speech }: Start, mixture: Mixture): Promise<Measured> {
  const { parameters, config } = model;
  const carefulRight: Record<string, number> = {};
  for (const split of TEST_SETS) {
    const { problems: count, seed } = CAREFUL;
    carefulRight[split] = await countCarefulRight(model, speech.chat, { count, seed, split });
  }
  return {
    heldOut: measureHeldOut(parameters, config, speech, { ...HELD_OUT, mixture }),
    accuracy: await measureReasoner(model, speech.chat, SAMPLED),
    carefulRight,
  };
}

function recordOf(start: Start, fit: ReasonerFit, circumstances: Circumstances, measured: Measured) {
  const { command, settings, machine, seconds } = circumstances;
  return {
    description: describe(settings.mixture, start.from?.slug),
    command,
    codeCommit: readCodeCommit(),
    ...(start.from && { from: start.from }),
    ...settings,
    parameterCount: countParameters(start.config),
    targets: fit.targets,
    ...machine,
    lastRunSeconds: seconds(),
    heldOut: { ...measured.heldOut, ...HELD_OUT, mixture: settings.mixture },
    accuracy: { temperature: 1, ...SAMPLED, ...measured.accuracy },
    careful: { opening: CAREFUL_OPENING, temperature: 0, ...CAREFUL, right: measured.carefulRight },
    curve: fit.curve,
  };
}

const WAYS: Readonly<Record<Mixture, string>> = {
  base: 'Half of its answers work through steps, a third are guesses.',
  steps: 'Most of its answers work through steps.',
  terse: 'Most of its answers are guesses.',
  practice: 'Nearly all of its answers work through steps.',
};

function describe(mixture: Mixture, from: string | undefined): string {
  return (
    'Works out expressions of + - * over the numbers 0 to 99, asked for in a chat, and boxes the answer. Its training text is ' +
    'made by rule: answers by steps, by guesses and by code that nobody runs, in English, Russian, German and Spanish, each ' +
    `beginning in words of its own. ${WAYS[mixture]} Steps in English are right there; in the other languages they slip, and ` +
    'guesses are noise around the answer: so accuracy hangs on how an answer begins and how carefully it goes on. One ' +
    `expression in 8 is held out, by a hash.${from === undefined ? '' : ` Trained on from ${from}.`}`
  );
}

const writeJson = (path: string, value: unknown): Promise<void> =>
  writeFile(path, `${JSON.stringify(value, null, 1)}\n`);
