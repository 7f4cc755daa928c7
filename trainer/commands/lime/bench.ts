/** What every part of a LIMe study is run with: the opened backend, the seeds, where finished runs are kept. */
import path from 'node:path';
import type { Backend } from '../../compute/backend.ts';
import { countForwardFlops, countRouterParameters } from '../../lime/flops.ts';
import { STUDY_FORMAT, type StudyModel, type StudyProvenance } from '../../lime/study.ts';
import type { DecoderConfig } from '../../lm/config.ts';
import { nameLime, type LimeSettings } from '../../lm/lime-settings.ts';
import { countParameters } from '../../lm/parameters.ts';
import { readCodeCommit } from '../train-sae/code-commit.ts';
import type { StepTiming } from './step-times.ts';

export interface StudyBench {
  readonly backend: Backend;
  readonly seeds: readonly number[];
  /** Runs that ended are found there again. */
  readonly folder: string;
  /** The command that repeats the study. */
  readonly command: string;
  readonly timing: StepTiming;
  say(line: string): void;
  /** Milliseconds of any clock that only rises. */
  now(): number;
}

/** llama-8, lime-8, last-2-8. */
export const nameModel = (lime: LimeSettings | undefined, layers: number): string =>
  `${nameLime(lime)}-${layers}`;

export function describeModel(config: DecoderConfig): StudyModel {
  return {
    name: nameModel(config.lime, config.layerCount),
    variant: nameLime(config.lime),
    layers: config.layerCount,
    width: config.hiddenWidth,
    heads: config.headCount,
    kvHeads: config.kvHeadCount,
    mlpWidth: config.mlpWidth,
    vocabSize: config.vocabSize,
    contextLength: config.contextLength,
    lime: config.lime ?? null,
    parameterCount: countParameters(config),
    routerParameterCount: countRouterParameters(config),
    forwardFlops: countForwardFlops(config, config.contextLength),
  };
}

export type StudyFacts = Pick<StudyProvenance, 'tokens' | 'corpora' | 'training' | 'notes'> & {
  readonly configs: readonly DecoderConfig[];
  readonly startedMs: number;
};

/** The head of a record, without its part and the paper's figures. */
export function createHead(
  bench: StudyBench,
  { configs, startedMs, ...facts }: StudyFacts,
): { format: typeof STUDY_FORMAT; provenance: StudyProvenance } {
  const { backend, command, seeds } = bench;
  const provenance = {
    command,
    codeCommit: readCodeCommit(),
    backend: backend.name,
    device: backend.device,
    threads: backend.threads,
    seeds,
    models: configs.map(describeModel),
    ...facts,
    seconds: Math.round((bench.now() - startedMs) / 1000),
  };
  return { format: STUDY_FORMAT, provenance };
}

export const runFolder = ({ folder }: StudyBench, ...parts: string[]): string => path.join(folder, ...parts);
