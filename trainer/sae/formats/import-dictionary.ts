/**
 * A dictionary from anywhere: what lies at the path says which format it is, that format's reader does the rest. Everything
 * read is checked and finite, or an ImportError says what is wrong; nothing in a file is ever run.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { readDictionaryLearning } from './dictionary-learning.ts';
import { readGemmaScope, readGemmaScope2 } from './gemma-scope.ts';
import { mapHookpoint } from './hookpoint.ts';
import { ImportError } from './import-error.ts';
import type { ImportedDictionary, ImportOptions, ReadDictionary } from './imported-dictionary.ts';
import { readLlamaScope, readLlamaScopeR1 } from './llama-scope.ts';
import { readOpenAi } from './openai.ts';
import { type Place, openPlace } from './place.ts';
import { readSaeLens } from './sae-lens.ts';
import { readSparsify } from './sparsify.ts';
import { findNotFinite } from './stored-tensor.ts';
import { openTorch } from './torch-file.ts';

/** `where` is a dictionary's folder, or one of its files. */
export async function importDictionary(
  where: string,
  options: ImportOptions = {},
): Promise<ImportedDictionary> {
  const found = await stat(where).catch(() => undefined);
  if (!found)
    throw new ImportError(where, 'a dictionary', 'nothing there', 'Give the path of a folder or file.');
  const isFolder = found.isDirectory();
  const file = isFolder ? undefined : path.basename(where);
  const place = await openPlace(folderOf(where, file));
  try {
    const read = await detect(place, file)(place, options);
    const hookName = options.hookName ?? read.hookName;
    const described = {
      ...read,
      modelName: options.modelName ?? read.modelName,
      hookName,
      hookpoint: hookName === null ? null : mapHookpoint(hookName),
    };
    checkFinite(described, where);
    return { ...described, files: await place.files() };
  } finally {
    await place.close();
  }
}

/** Llama Scope's weights lie one folder deeper than its settings. */
function folderOf(where: string, file: string | undefined): string {
  if (file === undefined) return where;
  const folder = path.dirname(where);
  return file === 'final.safetensors' ? path.dirname(folder) : folder;
}

type Reader = (place: Place, options: ImportOptions) => Promise<ReadDictionary>;

function detect(place: Place, file: string | undefined): Reader {
  if (file !== undefined && /\.pth?$/.test(file)) return torchReader(file);
  if (file?.endsWith('.npz')) return (at, options) => readGemmaScope(at, options, file);
  const has = (name: string) => place.names.has(name);
  if (has('cfg.json') && has('sae_weights.safetensors')) return readSaeLens;
  if (has('cfg.json') && has('sae.safetensors')) return readSparsify;
  if (has('hyperparams.json') && has('checkpoints')) return readLlamaScope;
  if (has('config.json') && has('sae_weights.safetensors')) return readLlamaScopeR1;
  if (has('params.npz')) return (at, options) => readGemmaScope(at, options);
  if (has('params.safetensors')) return (at, options) => readGemmaScope2(at, options);
  const torchFiles = [...place.names].filter((name) => /\.pth?$/.test(name));
  if (has('ae.pt')) return torchReader('ae.pt');
  if (torchFiles.length === 1) return torchReader(torchFiles[0]);
  throw unknown(place, torchFiles);
}

function torchReader(name: string): Reader {
  return async (place, options) => {
    const torch = await openTorch(await place.open(name));
    const isOpenAi = torch.root.entries.has('latent_bias') && torch.root.entries.has('pre_bias');
    return isOpenAi ? readOpenAi(torch, options) : readDictionaryLearning(place, torch, options);
  };
}

function unknown(place: Place, torchFiles: readonly string[]): ImportError {
  const advice =
    torchFiles.length > 1
      ? `Give one of its files: ${torchFiles.slice(0, 8).join(', ')}.`
      : 'Give the folder of one dictionary, not of several.';
  return new ImportError(
    place.folder,
    'cfg.json with sae_weights.safetensors or sae.safetensors, params.npz, params.safetensors, ae.pt, ' +
      'hyperparams.json with checkpoints, or one .pt',
    [...place.names].slice(0, 8).join(', ') || 'an empty folder',
    advice,
  );
}

/** Tensors were finite as they were read; a factor may have made them otherwise. */
function checkFinite({ weights }: { weights: ReadDictionary['weights'] }, where: string): void {
  const { encoder_FD, encoderBias_F, decoder_FD, decoderBias_D, selection } = weights;
  const threshold_F = selection.by === 'threshold' ? selection.threshold_F : new Float32Array(0);
  const arrays = { encoder_FD, encoderBias_F, decoder_FD, decoderBias_D, threshold_F };
  for (const [name, values] of Object.entries(arrays)) {
    const at = findNotFinite(values);
    if (at < 0) continue;
    const advice = 'A factor in its settings is too large: compare them with the original.';
    throw new ImportError(where, `finite ${name} after folding`, `${values[at]} at element ${at}`, advice);
  }
}
