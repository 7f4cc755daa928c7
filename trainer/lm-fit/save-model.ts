/**
 * Writes a trained model as a folder other programs load (config.json, model.safetensors in half precision, training.json)
 * after measuring the very weights it writes: rounding to half precision is part of the recorded loss.
 */
import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tf } from '../compute/tf.ts';
import { configJson } from '../lm/architectures/architectures.ts';
import type { DecoderConfig } from '../lm/config.ts';
import { decodeSafetensors, encodeSafetensors, type NamedArray } from '../lm/safetensors.ts';
import { parametersOf, storedTensorsOf } from '../lm/stored-weights.ts';
import { lossesOf } from './learner.ts';
import { evaluate, type Evaluation, type EvaluationText } from './evaluate.ts';

export interface WrittenModel {
  readonly weightsSha256: string;
  readonly sizeBytes: number;
}

export interface SavedModel extends WrittenModel {
  readonly heldOut: Evaluation;
}

type Arrays = Readonly<Record<string, NamedArray>>;

export async function saveModel(
  folder: string,
  config: DecoderConfig,
  arrays: Arrays,
  heldOut: readonly EvaluationText[],
  training: Readonly<Record<string, unknown>>,
): Promise<SavedModel> {
  let evaluation: Evaluation | undefined;
  const written = await writeModel(folder, config, arrays, (rounded) => {
    evaluation = evaluateArrays(config, rounded, heldOut);
    return { ...training, heldOut: evaluation };
  });
  return { ...written, heldOut: evaluation! };
}

/** The record of training.json is made from the weights as written, which are rounded to half precision. */
export async function writeModel(
  folder: string,
  config: DecoderConfig,
  arrays: Arrays,
  describe: (
    rounded: Arrays,
  ) => Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>,
): Promise<WrittenModel> {
  const bytes = encodeSafetensors(storedTensorsOf(arrays, config), 'F16');
  const weightsSha256 = createHash('sha256').update(bytes).digest('hex');
  const rounded = parametersOf(decodeSafetensors(bytes, 'model.safetensors'), config, 'model.safetensors');
  const record = { ...(await describe(rounded)), weightsSha256, contextLength: config.contextLength };
  await mkdir(folder, { recursive: true });
  await replaceFile(join(folder, 'config.json'), toJson(configJson(config)));
  await replaceFile(join(folder, 'training.json'), toJson(record));
  await replaceFile(join(folder, 'model.safetensors'), bytes);
  return { weightsSha256, sizeBytes: bytes.length };
}

/** Held-out loss of weights that are not in memory as tensors yet. */
function evaluateArrays(
  config: DecoderConfig,
  arrays: Readonly<Record<string, NamedArray>>,
  heldOut: readonly EvaluationText[],
): Evaluation {
  const parameters = Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, values }]) => [name, tf.tensor(values, [...shape])]),
  );
  try {
    return evaluate((batch) => lossesOf(parameters, config, batch), heldOut, {
      contextLength: config.contextLength,
    });
  } finally {
    tf.dispose(parameters);
  }
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(`${path}.part`, content);
  await rename(`${path}.part`, path);
}
