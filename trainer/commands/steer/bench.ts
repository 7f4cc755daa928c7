/** What analyses and studies of vectors are run with: backend, model, problems, and what is only measured once of the model. */
import type { Backend } from '../../compute/backend.ts';
import { loadModel, type LanguageModel } from '../../lm/model.ts';
import { measureAccuracy } from '../../steering/accuracy.ts';
import { answerAll, type Answer } from '../../steering/analyses/answers.ts';
import { openChat, type ChatTemplate } from '../../steering/chat.ts';
import { measureHiddenNorms } from '../../steering/hidden-norms.ts';
import type { SteeringProvenance, TestScore } from '../../steering/record.ts';
import { seedOf } from '../../steering/seeds.ts';
import { openModelFolder } from '../model-folder.ts';
import { readCodeCommit } from '../train-sae/code-commit.ts';
import type { ProblemSets } from './problem-sets.ts';

export interface SteerMachine {
  readonly backend: Backend;
  /** Where trained sets and finished analyses are found again. */
  readonly folder: string;
  /** The command that repeats everything. */
  readonly command: string;
  say(line: string): void;
  /** Milliseconds of any clock that only rises. */
  now(): number;
}

/** How accuracy is measured everywhere, so that numbers compare. */
export interface MeasurePlan {
  /** Responses per problem. */
  readonly samples: number;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed: number;
}

export interface SteerBench extends SteerMachine {
  readonly model: LanguageModel;
  readonly chat: ChatTemplate;
  readonly problems: ProblemSets;
  readonly measuring: MeasurePlan;
  /** Of the model as it is. */
  baseScores(): Promise<readonly TestScore[]>;
  /** Of the model as it is, one to each held-out problem. */
  baseAnswers(): Promise<readonly Answer[]>;
  /** By layer, on these answers. */
  hiddenNorms(): Promise<readonly number[]>;
}

/** `model`: a folder, a name or an id of the hub. */
export async function openSteerBench(
  machine: SteerMachine,
  model: string,
  home: string,
  problems: ProblemSets,
  measuring: MeasurePlan,
): Promise<SteerBench> {
  const folder = await openModelFolder(model, home, { say: machine.say });
  const opened = await loadModel(folder);
  const chat = await openChat(folder, opened.tokenizer);
  const asking = { chat, ...measuring };
  const baseAnswers = once(() => answerAll(opened, null, problems.test, { ...asking, samples: 1 }));
  return {
    ...machine,
    ...{ model: opened, chat, problems, measuring, baseAnswers },
    baseScores: once(() => measureAccuracy(opened, null, problems.test, asking)),
    hiddenNorms: once(async () => measureHiddenNorms(opened, (await baseAnswers()).filter(isWritten))),
  };
}

/** A response may be empty where the prompt fills the model's context. */
export const isWritten = ({ response }: Pick<Answer, 'response'>): boolean => response.length > 0;

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** Of the responses that accuracy is measured on: the same for every set, trained wherever. */
export const MEASURE_SEED = seedOf(101);

export interface RunFacts {
  readonly startedMs: number;
  readonly settings: SteeringProvenance['settings'];
  /** How many of the problems it used. */
  readonly count: number;
  readonly notes: readonly string[];
}

export function createProvenance(
  { backend, command, problems, now }: Pick<SteerBench, 'backend' | 'command' | 'problems' | 'now'>,
  { startedMs, settings, count, notes }: RunFacts,
): SteeringProvenance {
  return {
    command,
    codeCommit: readCodeCommit(),
    ...{ backend: backend.name, device: backend.device, threads: backend.threads },
    settings,
    problems: { slug: problems.slug, sha256: problems.sha256, count },
    seconds: Math.round((now() - startedMs) / 1000),
    notes,
  };
}
