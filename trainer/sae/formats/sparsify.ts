/**
 * EleutherAI's sparsify: {hookpoint}/cfg.json and sae.safetensors, the run's config.json one folder up. TopK or groupmax
 * after ReLU; encoder.weight and W_dec both [F, D].
 */
import path from 'node:path';
import { ImportError } from './import-error.ts';
import type { ImportOptions, ReadDictionary } from './imported-dictionary.ts';
import type { Place } from './place.ts';
import { expectK, readWeights } from './read-weights.ts';
import { openSafetensors } from './safetensors-file.ts';

export async function readSparsify(place: Place, options: ImportOptions): Promise<ReadDictionary> {
  const config = await place.config('cfg.json');
  const run = await place.configIfThere('../config.json');
  if (config.flag('transcode') || config.flag('skip_connection')) {
    throw new ImportError(config.file, 'a dictionary', 'a transcoder', 'It cannot be imported.');
  }
  if (config.flag('signed')) {
    throw new ImportError(
      config.file,
      'acts above 0',
      'signed ones',
      'Signed dictionaries cannot be imported.',
    );
  }
  const activation = config.text('activation') ?? 'topk';
  if (activation !== 'topk' && activation !== 'groupmax') {
    throw config.refuse('activation', 'topk or groupmax', activation);
  }
  const source = await openSafetensors(await place.open('sae.safetensors'));
  if (source.tensors.has('W_skip')) {
    throw new ImportError(source.file, 'a dictionary', 'W_skip of a transcoder', 'It cannot be imported.');
  }
  const raw = await readWeights(
    source,
    {
      encoder: ['encoder.weight', 'FD'],
      decoder: ['W_dec', 'FD'],
      encoderBias: 'encoder.bias',
      decoderBias: 'b_dec',
    },
    options,
  );
  const k = expectK(
    activation === 'topk' ? (options.k ?? config.number('k')) : config.number('k'),
    raw.width,
    config.file,
  );
  if (activation === 'groupmax' && raw.width % k !== 0) {
    throw config.refuse('k', `k groups of ${raw.width} features`, k);
  }
  return {
    weights: {
      kind: 'topk',
      ...raw,
      k,
      selection: activation === 'topk' ? { by: 'topk', k } : { by: 'group-max', k },
      centred: true,
      normalisation: 'none',
    },
    format: 'sparsify',
    modelName: run?.text('model') ?? null,
    hookName: path.basename(path.resolve(place.folder)),
    contextLength: run?.count('ctx_len') ?? null,
    prependBos: null,
    advertised: { k },
    notes: run ? [] : ['No config.json of the run beside the folder: the model is not known.'],
  };
}
