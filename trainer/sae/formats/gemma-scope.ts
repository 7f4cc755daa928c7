/**
 * Gemma Scope: JumpReLU with linear thresholds, nothing taken from the input, nothing normalised. Version 1 is a params.npz
 * whose model, place and L0 are told by its path alone; version 2 (Gemma 3) has params.safetensors and a config.json.
 */
import { Config } from './config.ts';
import { aboveZero, scale } from './fold.ts';
import { ImportError } from './import-error.ts';
import type { ImportFormat, ImportOptions, ReadDictionary } from './imported-dictionary.ts';
import { openNpz } from './npz.ts';
import type { Place } from './place.ts';
import { readVector, readWeights, storedActs } from './read-weights.ts';
import { type TensorFile, openSafetensors } from './safetensors-file.ts';

const CONTEXT_LENGTH = 1024; // Gemma Scope report, section 3

export async function readGemmaScope(
  place: Place,
  options: ImportOptions,
  name = 'params.npz',
): Promise<ReadDictionary> {
  const source = await openNpz(await place.open(name));
  const path = place.folder;
  if (/transcoder/.test(path)) throw transcoder(source.file);
  const notes: string[] = [];
  const l0 = Number(/average_l0_(\d+)/.exec(path)?.[1] ?? NaN);
  const read = await read5(source, l0, 'gemma-scope', notes, options);
  if (/\/embedding\//.test(`${path}/`)) {
    // As SAELens does: the decoder's bias is in the embeddings' own units already.
    const root = Math.sqrt(read.weights.hiddenWidth);
    scale(read.weights.encoder_FD, 1 / root);
    scale(read.weights.decoder_FD, root);
    notes.push('Trained on embeddings as the model scales them: √D is folded into encoder and decoder.');
  }
  return { ...read, modelName: modelOf(path), hookName: hookOf(path) };
}

export async function readGemmaScope2(
  place: Place,
  options: ImportOptions,
  name = 'params.safetensors',
): Promise<ReadDictionary> {
  const source = await openSafetensors(await place.open(name));
  const config = (await place.configIfThere('config.json')) ?? Config.empty(source.file);
  const architecture = config.text('architecture') ?? 'jump_relu';
  if (architecture !== 'jump_relu') throw config.refuse('architecture', 'jump_relu', architecture);
  const hookIn = config.text('hf_hook_point_in');
  const hookOut = config.text('hf_hook_point_out');
  const isTranscoder = hookIn !== undefined && hookOut !== undefined && hookIn !== hookOut;
  if (isTranscoder || source.tensors.has('affine_skip_connection')) throw transcoder(source.file);
  const read = await read5(source, config.number('l0') ?? NaN, 'gemma-scope-2', [], options);
  return { ...read, modelName: config.text('model_name') ?? null, hookName: hookIn ?? null };
}

async function read5(
  source: TensorFile,
  l0: number,
  format: ImportFormat,
  notes: string[],
  options: ImportOptions,
): Promise<ReadDictionary> {
  const isLower = source.tensors.has('w_enc');
  const raw = await readWeights(
    source,
    {
      encoder: [isLower ? 'w_enc' : 'W_enc', 'DF'],
      decoder: [isLower ? 'w_dec' : 'W_dec', 'FD'],
      encoderBias: 'b_enc',
      decoderBias: 'b_dec',
    },
    options,
  );
  const threshold_F = aboveZero(await readVector(source, 'threshold', raw.width));
  const advertised = Number.isFinite(l0) ? { l0 } : {};
  return {
    weights: {
      kind: 'jumprelu',
      ...raw,
      k: storedActs(raw.width, advertised.l0, options, notes),
      selection: { by: 'threshold', threshold_F },
      centred: false,
      normalisation: 'none',
    },
    format,
    modelName: null,
    hookName: null,
    contextLength: CONTEXT_LENGTH,
    prependBos: true,
    advertised,
    notes,
  };
}

function transcoder(file: string): ImportError {
  return new ImportError(
    file,
    'a dictionary',
    'a transcoder',
    'It writes at another place than it reads: no import.',
  );
}

/** gemma-scope-2b-pt-res -> gemma-2-2b */
function modelOf(path: string): string | null {
  const [, size, tuning] = /gemma-scope-(2b|9b|27b)-(pt|it)/.exec(path) ?? [];
  return size === undefined ? null : `google/gemma-2-${size}${tuning === 'it' ? '-it' : ''}`;
}

function hookOf(path: string): string | null {
  if (/\/embedding\//.test(`${path}/`)) return 'hook_embed';
  const layer = /layer_(\d+)/.exec(path)?.[1];
  const site = /gemma-scope-\w+-\w+-(res|mlp|att)/.exec(path)?.[1];
  if (layer === undefined || site === undefined) return null;
  return `blocks.${layer}.${{ res: 'hook_resid_post', mlp: 'hook_mlp_out', att: 'attn.hook_z' }[site]}`;
}
