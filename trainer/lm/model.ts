/**
 * From a model folder (config.json, safetensors, tokenizer.json, perhaps training.json) to a model in memory, one tensor
 * at a time. Everything is checked before the first weight is read; if reading fails, nothing stays behind.
 */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';
import { parseConfig } from './architectures/architectures.ts';
import type { DecoderConfig } from './config.ts';
import { parseHookpoint } from './hookpoints.ts';
import { openModel, type LanguageModel } from './language-model.ts';
import { countParameters, FINAL_NORM } from './parameters.ts';
import { type PlacedTensor, placeTensors, splitTensor } from './stored-weights.ts';
import { loadTokenizer, type Tokenizer } from './tokenizer/tokenizer.ts';
import { openWeights, type WeightFiles } from './weight-files.ts';

export type { LanguageModel } from './language-model.ts';

export interface LoadOptions {
  /** A hookpoint under any of its names: nothing behind it is loaded. */
  readonly upTo?: string;
}

/** The shape alone: what must be known before the weights are read. */
export async function loadConfig(folder: string): Promise<DecoderConfig> {
  return (await readConfig(folder)).config;
}

async function readConfig(folder: string): Promise<Pick<LanguageModel, 'config' | 'configJson'>> {
  const path = join(folder, 'config.json');
  const configJson = parseJson(await readConfigFile(path), path);
  return { configJson, config: parseConfig(configJson, path) };
}

export async function loadModel(folder: string, options: LoadOptions = {}): Promise<LanguageModel> {
  const { config, configJson } = await readConfig(folder);
  const upTo = options.upTo === undefined ? undefined : parseHookpoint(options.upTo, config);
  const files = await openWeights(folder);
  try {
    const placed = placeTensors(files.tensors, config, files.source, upTo);
    files.checkFormats(placed.map(({ fileName }) => fileName));
    const described = await describe(folder, { config, configJson }, files);
    const read = await readParameters(files, placed);
    return openModel({ ...described, ...read, ...(upTo !== undefined && { upTo }) });
  } finally {
    await files.close();
  }
}

/** What is known of a model before a weight is read. */
export type ModelDescription = Pick<
  LanguageModel,
  'slug' | 'config' | 'configJson' | 'trainingJson' | 'sha256' | 'tokenizer' | 'parameterCount'
>;

/** For whoever needs no weights: they are hashed, and stay in their file. */
export async function loadDescription(folder: string): Promise<ModelDescription> {
  const read = await readConfig(folder);
  const files = await openWeights(folder);
  try {
    return { ...(await describe(folder, read, files)), parameterCount: countParameters(read.config) };
  } finally {
    await files.close();
  }
}

async function describe(
  folder: string,
  read: Pick<LanguageModel, 'config' | 'configJson'>,
  files: WeightFiles,
): Promise<Omit<ModelDescription, 'parameterCount'>> {
  const tokenizer = await loadTokenizer(folder);
  checkTokenizer(tokenizer, read.config, folder);
  const trainingJson = await readTraining(folder);
  const sha256 = await files.sha256();
  checkSha256(files.source, sha256, trainingJson?.weightsSha256);
  return { slug: basename(folder), ...read, trainingJson, sha256, tokenizer };
}

async function readParameters(files: WeightFiles, placed: readonly PlacedTensor[]) {
  const parameters: Record<string, Tensor> = {};
  let finalNorm_D: Float32Array | undefined;
  try {
    for (const tensor of placed) {
      for (const [name, { shape, values }] of splitTensor(tensor, await files.read(tensor.fileName))) {
        parameters[name] = tf.keep(tf.tensor(values, [...shape]));
        if (name === `${FINAL_NORM}.weight`) finalNorm_D = values.slice();
      }
    }
  } catch (error) {
    tf.dispose(parameters);
    throw error;
  }
  return { parameters, finalNorm_D };
}

async function readConfigFile(path: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    throw new Error(
      `${path} cannot be read: expected a model folder with config.json, model.safetensors and tokenizer.json. ` +
        'Check the path, or restore the folder.',
      { cause },
    );
  });
}

async function readTraining(folder: string): Promise<Record<string, unknown> | undefined> {
  const path = join(folder, 'training.json');
  const bytes = await readFile(path).catch(() => undefined);
  return bytes && parseJson(bytes, path);
}

function parseJson(bytes: Buffer, path: string): Record<string, unknown> {
  try {
    return JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  } catch (cause) {
    throw new Error(`${path}: expected JSON, got something else. Restore the file.`, { cause });
  }
}

/** Models often have more rows than their tokenizer has ids; the other way round an id would have no row. */
function checkTokenizer(tokenizer: Tokenizer, config: DecoderConfig, folder: string): void {
  if (tokenizer.vocabSize <= config.vocabSize) return;
  throw new Error(
    `${join(folder, 'tokenizer.json')}: expected at most ${config.vocabSize} token ids, as the embedding has rows, ` +
      `got ${tokenizer.vocabSize}. Take tokenizer.json and the weights from one source.`,
  );
}

function checkSha256(path: string, got: string, expected: unknown): void {
  if (typeof expected !== 'string' || expected === got) return;
  throw new Error(
    `${path} is not the file that training.json describes: expected sha256 ${expected}, got ${got}. ` +
      'Restore the file, or train again with `residua train-lm`.',
  );
}
