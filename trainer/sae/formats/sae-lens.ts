/**
 * SAELens directories: cfg.json and sae_weights.safetensors, of version 6 and older, finished dictionaries and training
 * checkpoints. W_enc [D, F], W_dec [F, D]. What SAELens does to acts is folded until one threshold or one k is left.
 */
import type { RowNormalisation, Selection } from '../dictionary.ts';
import type { DictionaryKind } from '../kinds.ts';
import { aboveZero, foldDecoderNorms, foldGate, foldInputScale, scale } from './fold.ts';
import { ImportError } from './import-error.ts';
import type { ImportOptions, ReadDictionary } from './imported-dictionary.ts';
import type { Place } from './place.ts';
import {
  type RawWeights,
  expectK,
  expectTensor,
  readVector,
  readWeights,
  storedActs,
} from './read-weights.ts';
import { type SaeLensConfig, readSaeLensConfig } from './sae-lens-config.ts';
import { type TensorFile, openSafetensors } from './safetensors-file.ts';
import { readNumber } from './stored-tensor.ts';

export async function readSaeLens(place: Place, options: ImportOptions): Promise<ReadDictionary> {
  const config = readSaeLensConfig(await place.config('cfg.json'));
  const source = await openSafetensors(await place.open('sae_weights.safetensors'));
  const notes: string[] = config.isOlder ? ['Settings of a SAELens before 6: its defaults are assumed.'] : [];
  if (source.tensors.has('W_skip')) {
    throw new ImportError(
      source.file,
      'a dictionary',
      'W_skip of a transcoder',
      'Transcoders cannot be imported.',
    );
  }
  const isGated = config.architecture === 'gated';
  const raw = await readWeights(
    source,
    {
      encoder: ['W_enc', 'DF'],
      decoder: ['W_dec', 'FD'],
      encoderBias: isGated ? undefined : 'b_enc',
      decoderBias: 'b_dec',
      perFeature: isGated ? 'b_gate' : undefined,
    },
    options,
  );
  const selection = await readSelection(config, source, raw, notes, options);
  await foldFinetuned(config, source, raw, notes);
  const normalisation = await foldNormalisation(config, place, raw, notes, options);
  if (config.reshapes !== 'none')
    notes.push('It reads all heads of an attention layer side by side (hook_z).');
  const l0 = config.l0;
  const k = config.k ?? l0;
  const stored =
    selection.by === 'threshold' ? storedActs(raw.width, l0 ?? config.k, options, notes) : selection.k;
  return {
    weights: {
      kind: kindOf(config),
      ...raw,
      k: stored,
      selection,
      centred: config.centred,
      normalisation,
      ...groupsOf(config, raw),
    },
    format: 'sae-lens',
    modelName: config.modelName,
    hookName: config.hookName,
    contextLength: config.contextLength,
    prependBos: config.prependBos,
    advertised: { ...(l0 !== undefined && { l0 }), ...(k !== undefined && config.k !== undefined && { k }) },
    notes,
  };
}

async function readSelection(
  config: SaeLensConfig,
  source: TensorFile,
  raw: RawWeights,
  notes: string[],
  options: ImportOptions,
): Promise<Selection> {
  const F = raw.width;
  switch (config.architecture) {
    case 'standard':
      return { by: 'threshold', threshold_F: new Float32Array(F) };
    case 'gated': {
      notes.push('The gate is folded: a threshold for each feature, its magnitude in the encoder.');
      const gate = {
        gateBias_F: await readVector(source, 'b_gate', F),
        magnitudeBias_F: await readVector(source, 'b_mag', F),
        logMagnitude_F: await readVector(source, 'r_mag', F),
      };
      return { by: 'threshold', threshold_F: foldGate(raw, gate) };
    }
    case 'jumprelu':
      return { by: 'threshold', threshold_F: await readThreshold(source, F, notes) };
    case 'topk':
      foldNorms(config, raw, notes);
      return { by: 'topk', k: expectK(options.k ?? config.k, F, config.file) };
    default: {
      // Checkpoints of batchtopk and matryoshka_batchtopk training.
      foldNorms(config, raw, notes);
      const threshold = await readNumber(expectTensor(source, 'topk_threshold'));
      notes.push(`A training checkpoint: its running threshold ${threshold} stands for batch-wide top-k.`);
      return { by: 'threshold', threshold_F: new Float32Array(F).fill(Math.max(0, threshold)) };
    }
  }
}

function foldNorms(config: SaeLensConfig, raw: RawWeights, notes: string[]): void {
  if (!config.rescalesByDecoderNorm) return;
  const zeroRows = foldDecoderNorms(raw);
  notes.push('Decoder norms are folded into the encoder.');
  if (zeroRows > 0) notes.push(`${zeroRows} decoder rows are zero: those features never act.`);
}

async function readThreshold(source: TensorFile, F: number, notes: string[]): Promise<Float32Array> {
  if (source.tensors.has('threshold')) return aboveZero(await readVector(source, 'threshold', F));
  notes.push('The threshold is kept as a logarithm.');
  return (await readVector(source, 'log_threshold', F)).map(Math.exp);
}

/** An old habit: a factor for each act, put on before decoding. All ones mostly. */
async function foldFinetuned(
  config: SaeLensConfig,
  source: TensorFile,
  raw: RawWeights,
  notes: string[],
): Promise<void> {
  if (!source.tensors.has('scaling_factor')) return;
  const { width: F, hiddenWidth: D } = raw;
  const factor_F = await readVector(source, 'scaling_factor', F);
  if (factor_F.every((factor) => Math.abs(factor - 1) <= 1e-5)) return;
  if (!config.hasFinetunedScale) {
    const advice = 'Set finetuning_scaling_factor in cfg.json if the factors belong to it.';
    throw new ImportError(source.file, 'scaling_factor of ones', 'other factors', advice);
  }
  factor_F.forEach((factor, f) => scale(raw.decoder_FD.subarray(f * D, f * D + D), factor));
  notes.push('Fine-tuned factors of the acts are folded into the decoder.');
}

async function foldNormalisation(
  config: SaeLensConfig,
  place: Place,
  raw: RawWeights,
  notes: string[],
  options: ImportOptions,
): Promise<RowNormalisation> {
  switch (config.normalizeActivations) {
    case 'none':
      return 'none';
    case 'layer_norm':
      return 'layer-norm';
    case 'constant_norm_rescale':
      return 'constant-norm';
    case 'expected_average_only_in': {
      const beside = await place.configIfThere('activation_scaler.json');
      const inputScale = options.inputScale ?? beside?.number('scaling_factor');
      if (inputScale === undefined) {
        notes.push(
          'It was trained on scaled inputs and does not say the factor: give inputScale if EV is low.',
        );
        return 'none';
      }
      if (!(inputScale > 0))
        throw new ImportError(config.file, 'a factor above 0', `${inputScale}`, 'Look it up.');
      foldInputScale(raw, inputScale);
      notes.push(`The input's factor ${inputScale} is folded into the weights.`);
      return 'none';
    }
    default: {
      const known = 'none, layer_norm, constant_norm_rescale or expected_average_only_in';
      const advice = 'Fold it in SAELens and save again.';
      throw new ImportError(
        config.file,
        `normalize_activations ${known}`,
        config.normalizeActivations,
        advice,
      );
    }
  }
}

function kindOf({ architecture, trainedAs }: SaeLensConfig): DictionaryKind {
  const was = architecture === 'jumprelu' ? (trainedAs ?? architecture) : architecture;
  if (was === 'batchtopk') return 'batch-topk';
  if (was === 'matryoshka_batchtopk') return 'matryoshka-batch-topk';
  if (was === 'topk') return trainedAs === 'hierarchical_topk' ? 'hierarchical-topk' : 'topk';
  return was === 'standard' ? 'relu' : 'jumprelu';
}

/** SAELens adds the width as the last group where it is missing. */
function groupsOf(config: SaeLensConfig, { width }: RawWeights): { groupEnds?: readonly number[] } {
  if (kindOf(config) !== 'matryoshka-batch-topk' || config.groupEnds === undefined) return {};
  const ends = config.groupEnds.at(-1) === width ? config.groupEnds : [...config.groupEnds, width];
  if (ends.every((end, i) => end > (ends[i - 1] ?? 0) && end <= width)) return { groupEnds: ends };
  throw new ImportError(
    config.file,
    `widths rising to ${width}`,
    config.groupEnds.join(', '),
    'Look at cfg.json.',
  );
}
