/**
 * A language model ready to use: weights in memory, tokenizer, hookpoints to read and to edit. Knows nothing of training,
 * dictionaries or the database.
 */
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';
import type { DecoderConfig } from './config.ts';
import { unembed, unembeddingOf, walk } from './decoder.ts';
import { editsByHookpoint, finishEdited, type Edit } from './edits.ts';
import { listHookpoints, parseHookpoint } from './hookpoints.ts';
import { countParameters, FINAL_NORM, outputWeightAt, type Parameters } from './parameters.ts';
import type { NamedArray } from './safetensors.ts';
import type { Tokenizer } from './tokenizer/tokenizer.ts';

export interface LanguageModel {
  /** The folder's name. */
  readonly slug: string;
  readonly config: DecoderConfig;
  /** config.json as it stands. */
  readonly configJson: Readonly<Record<string, unknown>>;
  /** training.json, if the folder has one. */
  readonly trainingJson: Readonly<Record<string, unknown>> | undefined;
  /** Of the weights, all of them: see weight-files.ts. */
  readonly sha256: string;
  /** Of the whole model. */
  readonly parameterCount: number;
  /** Rows of the embedding that it has no token for (models round their number up) stand for no text. */
  readonly tokenizer: Tokenizer;
  /** Those that the weights loaded reach. */
  readonly hookpoints: readonly string[];
  /** One row per token: what the final norm's output is multiplied with. Throws where the model was loaded in part. */
  readonly unembedding_VD: Tensor2D;
  /** Gain of the final norm, D values. Throws where the model was loaded in part. */
  readonly finalNorm_D: Float32Array;
  /** By the names of parameters.ts; the model's own. */
  readonly parameters: Parameters;
  /** [D, X]: what turns states at a hookpoint into the residual stream; undefined where they are it, or are added to it. */
  outputAt(hookpoint: string): Tensor2D | undefined;
  /** Hidden states at a hookpoint, under any of its names; nothing behind it is computed. tokens_BT int32. */
  hiddenAt(tokens_BT: Tensor2D, hookpoint: string): Tensor3D;
  /** Several edits at one hookpoint are made in their order. */
  logits(tokens_BT: Tensor2D, edits?: Edit | readonly Edit[]): Tensor3D;
  /** The residual stream behind the last layer: what the logits are made of, a hundredth of their size. */
  lastHidden(tokens_BT: Tensor2D, edits?: Edit | readonly Edit[]): Tensor3D;
  /** Logits of rows of it. */
  unembed(last_BD: Tensor2D): Tensor2D;
  dispose(): void;
}

type Described = Pick<LanguageModel, 'slug' | 'config' | 'configJson' | 'sha256' | 'tokenizer'> &
  Partial<Pick<LanguageModel, 'trainingJson'>>;

export interface ModelParts extends Described {
  /** By the names of parameters.ts. */
  readonly arrays: Readonly<Record<string, NamedArray>>;
}

export function createModel({ arrays, ...described }: ModelParts): LanguageModel {
  const parameters = Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, values }]) => [name, tf.keep(tf.tensor(values, [...shape]))]),
  );
  const finalNorm_D = arrays[`${FINAL_NORM}.weight`].values;
  return openModel({ ...described, parameters, finalNorm_D });
}

export interface OpenParts extends Described {
  /** Kept tensors; the model disposes them. */
  readonly parameters: Parameters;
  readonly finalNorm_D: Float32Array | undefined;
  /** The last hookpoint that the parameters reach; the logits when absent. */
  readonly upTo?: string;
}

export function openModel(parts: OpenParts): LanguageModel {
  const { parameters, finalNorm_D, upTo, config, trainingJson, ...rest } = parts;
  const all = listHookpoints(config);
  const hookpoints = upTo === undefined ? all : all.slice(0, all.indexOf(upTo) + 1);
  const reach = (name: string): string => {
    const hookpoint = parseHookpoint(name, config);
    if (!hookpoints.includes(hookpoint)) throw inPart(parts.slug, upTo!, hookpoint);
    return hookpoint;
  };
  const expectWhole = (what: string): void => {
    if (upTo !== undefined) throw inPart(parts.slug, upTo, what);
  };
  const lastHidden = (tokens_BT: Tensor2D, edits: Edit | readonly Edit[] = []): Tensor3D => {
    expectWhole('the logits');
    const byHookpoint = editsByHookpoint([edits].flat(), config);
    return tf.tidy(() => finishEdited(walk(parameters, config, tokens_BT), byHookpoint));
  };
  return {
    ...rest,
    tokenizer: coverRows(parts.tokenizer, config.vocabSize),
    config,
    trainingJson,
    parameters,
    parameterCount: countParameters(config),
    hookpoints,
    get unembedding_VD() {
      expectWhole('the unembedding');
      return unembeddingOf(parameters, config);
    },
    get finalNorm_D() {
      expectWhole('the final norm');
      return finalNorm_D!;
    },
    outputAt: (name) => parameters[outputWeightAt(reach(name)) ?? ''] as Tensor2D | undefined,
    hiddenAt(tokens_BT, name) {
      const hookpoint = reach(name);
      return tf.tidy(() => {
        for (const stop of walk(parameters, config, tokens_BT)) {
          if (stop.hookpoint === hookpoint) return stop.hidden_BTD;
        }
        throw new Error(`Hookpoint "${hookpoint}" was never reached: listHookpoints and walk disagree.`);
      });
    },
    logits: (tokens_BT, edits) => tf.tidy(() => unembed(parameters, config, lastHidden(tokens_BT, edits))),
    lastHidden,
    unembed(last_BD) {
      expectWhole('the logits');
      return tf.tidy(() =>
        unembed(parameters, config, last_BD.expandDims<Tensor3D>(0)).squeeze<Tensor2D>([0]),
      );
    },
    dispose: () => tf.dispose(Object.values(parameters)),
  };
}

function coverRows(tokenizer: Tokenizer, rows: number): Tokenizer {
  const { vocabSize } = tokenizer;
  if (vocabSize >= rows) return tokenizer;
  const isUnused = (id: number): boolean => id >= vocabSize && id < rows;
  return {
    ...tokenizer,
    decode: (ids) => tokenizer.decode(Array.from(ids).filter((id) => !isUnused(id))),
    bytes: (id) => (isUnused(id) ? new Uint8Array() : tokenizer.bytes(id)),
    text: (id) => (isUnused(id) ? '' : tokenizer.text(id)),
  };
}

function inPart(slug: string, upTo: string, wanted: string): Error {
  return new Error(
    `${slug} was loaded up to ${upTo}: expected something before it, got ${wanted}. Load the model further, or whole.`,
  );
}
