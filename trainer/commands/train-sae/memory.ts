/** The memory of a train-sae run, phase by phase, composed from what the rooms know of themselves. */
import {
  uncollectedMemory,
  type MemoryItem,
  type MemoryPhase,
  type MemoryPlan,
} from '../../compute/memory.ts';
import { parseForeignName } from '../../corpus/foreign/corpus-name.ts';
import { largestTextBytes } from '../../corpus/foreign/load-foreign.ts';
import { readingMemory, textMemory } from '../../corpus/memory.ts';
import { CHUNK_BYTES } from '../../harvest/cache/cached-source.ts';
import { cacheMemory, harvestCheckpointMemory, harvestMemory } from '../../harvest/memory.ts';
import { actMemory, fidelityMemory, recordMemory } from '../../interp/memory.ts';
import type { DecoderConfig } from '../../lm/config.ts';
import { forwardMemory, idleWalkMemory, modelMemory } from '../../lm/memory.ts';
import { fitSettings } from '../../sae/defaults.ts';
import {
  checkpointBytes,
  deadFeatureMemory,
  dictionaryMemory,
  idleMemory,
  parameterMemory,
  startMemory,
  stepMemory,
} from '../../sae/memory.ts';
import type { MemoryDial, MemoryRequest, PlannedBackend } from '../memory-plan.ts';
import { leastBufferTokens, SEQUENCES_PER_BATCH, WINDOWS_PER_BATCH, type TrainSaeConfig } from './config.ts';

interface Levels {
  /** Passes of the model that are judged together, beside the untouched and the zeroed; one a budget when absent. */
  readonly levels?: number;
}

type PlannedRun = TrainSaeConfig & Levels;
/** Files are asked for their sizes once. */
type MeasuredRun = PlannedRun & { readonly ownTextBytes: number };

export function planTrainSae(
  config: PlannedRun,
  model: DecoderConfig,
  backend: PlannedBackend,
): MemoryRequest {
  const measured = { ...config, ownTextBytes: ownTextBytes(config) };
  return { plan: planAt(measured, model, backend), dials: dialsOf(measured, model, backend) };
}

function planAt(config: MeasuredRun, model: DecoderConfig, backend: PlannedBackend): MemoryPlan {
  const corpora = Object.keys(config.corpora).length;
  return {
    resident: [...modelMemory(model), ...textMemory(corpora, config.ownTextBytes), uncollectedMemory()],
    phases: [
      { name: 'prepare', items: readingMemory(corpora, config.ownTextBytes) },
      ...fitPhases(config, model, backend),
      ...readPhases({ ...config, k: largestOf(config) }, model, backend),
    ],
  };
}

/** Of files and of the hub, in all. */
function ownTextBytes({ corpora, corpusBytes }: TrainSaeConfig): number {
  const names = Object.keys(corpora).map(parseForeignName);
  return names.reduce((sum, name) => sum + (name ? largestTextBytes(name, corpusBytes) : 0), 0);
}

function fitPhases(config: TrainSaeConfig, model: DecoderConfig, backend: PlannedBackend): MemoryPhase[] {
  const { hiddenWidth } = model;
  const { contextLength, batchTokens, bufferTokens } = config;
  const harvest = {
    bufferTokens,
    batchTokens,
    sequencesPerBatch: SEQUENCES_PER_BATCH,
    contextLength,
    hiddenWidth,
  };
  const fit = {
    width: config.features,
    hiddenWidth,
    k: largestOf(config),
    batchTokens,
    initTokens: fitSettings({ hiddenWidth, tokens: config.trainTokens, batchTokens }).initTokens,
    isReference: backend.isReference,
    blockValues: backend.blockValues,
  };
  const collecting = [
    ...harvestMemory(harvest),
    ...(config.cache === undefined ? [] : cacheMemory(CHUNK_BYTES)),
    ...forward(config, model, backend),
  ];
  return [
    { name: 'first step', items: [...collecting, ...startMemory(fit), ...stepMemory(fit)] },
    {
      name: 'fit',
      items: [
        ...collecting,
        ...harvestCheckpointMemory(harvest),
        ...parameterMemory(fit),
        ...stepMemory(fit),
        ...deadFeatureMemory(fit),
      ],
    },
  ];
}

/** What the memory of a read-out depends on; k is of the acts kept. */
export type PlannedReading = Pick<
  TrainSaeConfig,
  'features' | 'k' | 'budgets' | 'readTokens' | 'corpora' | 'contextLength' | 'hookpoint'
> &
  Levels;

export function readPhases(
  config: PlannedReading,
  model: DecoderConfig,
  backend: PlannedBackend,
): MemoryPhase[] {
  const dictionary = {
    width: config.features,
    hiddenWidth: model.hiddenWidth,
    k: config.k,
    ...backend,
  };
  const reading = {
    ...dictionary,
    tokenCount: config.readTokens,
    budgetCount: config.budgets.length,
    levels: config.levels ?? config.budgets.length,
    corpusCount: Object.keys(config.corpora).length,
    windowsPerBatch: WINDOWS_PER_BATCH,
    windowLength: config.contextLength,
    vocabSize: model.vocabSize,
  };
  const window = { rows: WINDOWS_PER_BATCH, contextLength: config.contextLength, isFused: backend.isFused };
  const inUse = [
    ...dictionaryMemory(dictionary),
    ...idleMemory(dictionary),
    ...idleWalkMemory(model, window),
  ];
  return [
    {
      name: 'read-out: acts',
      items: [...inUse, ...actMemory(reading), ...forward(config, model, backend)],
    },
    {
      name: 'read-out: cross-entropy',
      items: [...inUse, ...fidelityMemory(reading), ...forwardMemory(model, window)],
    },
    {
      name: 'read-out: features, and publishing',
      items: [...inUse, ...recordMemory(reading), ...forwardMemory(model, window)],
    },
  ];
}

/** Acts kept per token: k, or the cap above it where thresholds choose. */
const largestOf = ({ k, budgets }: TrainSaeConfig): number => budgets.at(-1) ?? k;

/** Up to the hookpoint: what lies behind it is not computed. */
function forward(
  config: Pick<PlannedReading, 'hookpoint' | 'contextLength'>,
  model: DecoderConfig,
  { isFused }: PlannedBackend,
): MemoryItem[] {
  const layer = /^layers\.(\d+)\./.exec(config.hookpoint)?.[1];
  const layers = layer === undefined ? 0 : Number(layer) + 1;
  return forwardMemory(model, {
    rows: SEQUENCES_PER_BATCH,
    contextLength: config.contextLength,
    layers,
    isFused,
  });
}

function dialsOf(config: MeasuredRun, model: DecoderConfig, backend: PlannedBackend): MemoryDial[] {
  const dial = (
    flag: string,
    name: 'features' | 'batchTokens' | 'bufferTokens' | 'readTokens',
    least: number,
  ) => ({
    flag,
    value: config[name],
    least,
    planAt: (value: number) => planAt({ ...config, [name]: value }, model, backend),
  });
  return [
    dial('--features', 'features', Math.max(2, config.k)),
    dial('--batch-tokens', 'batchTokens', Math.min(64, config.batchTokens)),
    dial('--buffer-tokens', 'bufferTokens', leastBufferTokens(config)),
    dial('--read-tokens', 'readTokens', SEQUENCES_PER_BATCH * config.contextLength),
  ];
}

/** Two checkpoints stay while the next is written; the finished dictionary follows. */
export function diskBytes(config: TrainSaeConfig, { hiddenWidth: D }: DecoderConfig): number {
  const size = { width: config.features, hiddenWidth: D, k: largestOf(config) };
  return 3 * (checkpointBytes(size) + 4 * config.bufferTokens * D);
}
