/**
 * Llama Scope: hyperparams.json and checkpoints/final.safetensors, JumpReLU with one threshold, trained on inputs scaled to
 * a mean norm of √D. Its R1 variant: config.json and sae_weights.safetensors, a logarithm of the threshold per feature.
 */
import type { Config } from './config.ts';
import { foldInputScale } from './fold.ts';
import { ImportError } from './import-error.ts';
import type { ImportOptions, ReadDictionary } from './imported-dictionary.ts';
import type { Place } from './place.ts';
import { type RawWeights, readVector, readWeights, storedActs } from './read-weights.ts';
import { type TensorFile, openSafetensors } from './safetensors-file.ts';

const NAMES = {
  encoder: ['encoder.weight', 'FD'],
  decoder: ['decoder.weight', 'DF'],
  encoderBias: 'encoder.bias',
  decoderBias: 'decoder.bias',
} as const;
const MODELS = {
  'llama-scope': 'meta-llama/Llama-3.1-8B',
  'llama-scope-r1': 'deepseek-ai/DeepSeek-R1-Distill-Llama-8B',
};
const CONTEXT_LENGTH = 1024; // Llama Scope report

export async function readLlamaScope(place: Place, options: ImportOptions): Promise<ReadDictionary> {
  const config = await place.config('hyperparams.json');
  const source = await openSafetensors(await place.open('checkpoints/final.safetensors'));
  checkConfig(config);
  const raw = await readWeights(source, NAMES, options);
  const threshold = config.number('jump_relu_threshold');
  if (threshold === undefined) throw config.refuse('jump_relu_threshold', 'a number', undefined);
  const norms = config.group('dataset_average_activation_norm');
  const [normIn, normOut] = [norms.number('in'), norms.number('out') ?? norms.number('in')];
  if (!(normIn! > 0) || !(normOut! > 0))
    throw config.refuse('dataset_average_activation_norm', 'norms above 0', normIn);
  const root = Math.sqrt(raw.hiddenWidth);
  foldInputScale(raw, root / normIn!, root / normOut!);
  const notes = [`Inputs were scaled by √D / ${normIn}: folded into the weights.`];
  // The threshold is told in units of the hidden states' own size, as SAELens found too.
  const threshold_F = new Float32Array(raw.width).fill(Math.max(0, (threshold * root) / normOut!));
  return describe(config, raw, threshold_F, 'llama-scope', notes, options);
}

export async function readLlamaScopeR1(place: Place, options: ImportOptions): Promise<ReadDictionary> {
  const config = await place.config('config.json');
  const source = await openSafetensors(await place.open('sae_weights.safetensors'));
  checkConfig(config);
  const raw = await readWeights(source, NAMES, options);
  const threshold_F = (await readVector(source, 'log_jumprelu_threshold', raw.width)).map(Math.exp);
  const notes = foldR1(config, source, raw, options);
  return describe(config, raw, threshold_F, 'llama-scope-r1', notes, options);
}

function foldR1(config: Config, { file }: TensorFile, raw: RawWeights, options: ImportOptions): string[] {
  const { inputScale } = options;
  if (inputScale !== undefined) {
    if (!(inputScale > 0)) throw new ImportError(file, 'a factor above 0', `${inputScale}`, 'Look it up.');
    foldInputScale(raw, inputScale);
    return [`The input's factor ${inputScale} is folded into the weights.`];
  }
  const norms = config.group('dataset_average_activation_norm');
  const norm = norms.number('in') ?? norms.number(config.text('hook_point_in') ?? '');
  if (norm === undefined)
    return ['It was trained on scaled inputs and does not say the factor: give inputScale.'];
  if (!(norm > 0)) throw config.refuse('dataset_average_activation_norm', 'a norm above 0', norm);
  foldInputScale(raw, Math.sqrt(raw.hiddenWidth) / norm);
  return [`Inputs were scaled by √D / ${norm}: folded into the weights.`];
}

function checkConfig(config: Config): void {
  const activation = config.text('act_fn') ?? 'jumprelu';
  if (activation !== 'jumprelu') throw config.refuse('act_fn', 'jumprelu', activation);
  const [hookIn, hookOut] = [config.text('hook_point_in'), config.text('hook_point_out')];
  if (hookOut !== undefined && hookIn !== hookOut) {
    throw new ImportError(
      config.file,
      `the place it reads, ${hookIn}`,
      hookOut,
      'Transcoders cannot be imported.',
    );
  }
  if (config.flag('use_glu_encoder')) throw config.refuse('use_glu_encoder', 'a plain encoder', true);
}

function describe(
  config: Config,
  raw: RawWeights,
  threshold_F: Float32Array,
  format: 'llama-scope' | 'llama-scope-r1',
  notes: string[],
  options: ImportOptions,
): ReadDictionary {
  // The k of the TopK it was before its threshold was set; its L0 stays about that.
  const k = config.number('top_k');
  return {
    weights: {
      kind: 'jumprelu',
      ...raw,
      k: storedActs(raw.width, k, options, notes),
      selection: { by: 'threshold', threshold_F },
      centred: config.flag('apply_decoder_bias_to_pre_encoder') ?? false,
      normalisation: 'none',
    },
    format,
    modelName: MODELS[format],
    hookName: config.text('hook_point_in') ?? null,
    contextLength: CONTEXT_LENGTH,
    prependBos: true,
    advertised: k === undefined ? {} : { k },
    notes,
  };
}
