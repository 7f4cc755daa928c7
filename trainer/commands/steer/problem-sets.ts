/** The problems of a training and those held out from it: the reasoner's own, or JSON Lines. */
import { createHash } from 'node:crypto';
import path from 'node:path';

import { loadProblems, TRAIN_SET, type Problem } from '../../steering/problem.ts';
import { createProblems, TEST_SETS } from '../../steering/reasoner/problems.ts';
import type { SteerConfig } from './config.ts';

export interface ProblemSets {
  /** reasoner, or a file's name. */
  readonly slug: string;
  readonly train: readonly Problem[];
  /** Some of each held-out set; each names its set. */
  readonly test: readonly Problem[];
  /** Of all of these. */
  readonly sha256: string;
}

/**
 * The reasoner's problems do not change with the seed of a training: all are trained and measured on the same. Held-out ones are
 * drawn apart from those (seeds 1 and 2) on which learning rates were tried.
 */
export const REASONER = { slug: 'reasoner', count: 4096, seed: 1, testSeed: 3 } as const;

type Asked = Pick<SteerConfig, 'problems' | 'testProblems' | 'testCount'>;

export async function openProblems(asked: Asked): Promise<ProblemSets> {
  const { train, test: all } = asked.problems === REASONER.slug ? createOwn(asked) : await loadOthers(asked);
  const more = asked.testProblems === null ? [] : await loadProblems(asked.testProblems, 'test');
  const test = firstOfEach([...all, ...more.filter(isHeldOut)], asked.testCount);
  if (train.length === 0 || test.length === 0) throw oneMissing(asked, train.length, test.length);
  return { slug: path.parse(asked.problems).name, train, test, sha256: hash([...train, ...test]) };
}

type Sets = Pick<ProblemSets, 'train' | 'test'>;

function createOwn({ testCount: count }: Asked): Sets {
  const { seed, testSeed } = REASONER;
  return {
    train: createProblems({ count: REASONER.count, seed, split: TRAIN_SET }),
    test: TEST_SETS.flatMap((split) => createProblems({ count, seed: testSeed, split })),
  };
}

async function loadOthers({ problems }: Asked): Promise<Sets> {
  const all = await loadProblems(problems);
  return { train: all.filter((one) => !isHeldOut(one)), test: all.filter(isHeldOut) };
}

const isHeldOut = ({ testSet }: Problem): boolean => testSet !== TRAIN_SET;

function firstOfEach(problems: readonly Problem[], count: number): Problem[] {
  const taken = new Map<string, number>();
  return problems.filter(({ testSet }) => {
    const before = taken.get(testSet) ?? 0;
    taken.set(testSet, before + 1);
    return before < count;
  });
}

function hash(problems: readonly Problem[]): string {
  const lines = problems.map(({ question, answer, testSet }) => JSON.stringify([question, answer, testSet]));
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

function oneMissing({ problems, testProblems }: Asked, train: number, test: number): Error {
  return new Error(
    `--problems ${problems}${testProblems === null ? '' : ` --test-problems ${testProblems}`}: expected problems to train ` +
      `on and held-out ones to measure with, got ${train} and ${test}. Mark held-out lines with "testSet": "test", or ` +
      'name a file of them with --test-problems.',
  );
}
