/**
 * Fits that begin at given weights: a loaded dictionary tuned further, or one with rows appended (settings.frozenFeatures
 * keeps the old ones). Adam's moments start at 0. Nothing about how rows are chosen is known here.
 */
import type { Kernels } from '../compute/kernels.ts';
import type { DictionaryWeights, Selection } from './dictionary.ts';
import { firstThreshold } from './init.ts';
import { KINDS } from './kinds.ts';
import type { StartTraining } from './open-fit.ts';
import { checkSettings, type FitSettings, formOf } from './settings.ts';
import { freshState, restoreTraining } from './training.ts';
import { enterUnits, findUnits } from './units.ts';

/** For openFit's and fitMany's `start`. */
export function startFrom(kernels: Kernels, settings: FitSettings, given: DictionaryWeights): StartTraining {
  checkSettings(settings);
  checkFits(settings, given);
  const { decoderRows = 'unit' } = settings;
  const weights = decoderRows === 'unit' ? toUnitRows(given) : given;
  return (sample) => {
    const form = formOf(settings);
    const { units } = findUnits(sample, settings.hiddenWidth, form);
    const { threshold_F, ...rows } = enterUnits(weights, units, form);
    if (form.decoderBias === 'none') rows.decoderBias_D.fill(0);
    if (!KINDS[settings.kind].trainsThreshold)
      return restoreTraining(kernels, freshState(settings, units, rows));
    const ready = threshold_F ?? firstThreshold(kernels, settings, sample, units, rows);
    return restoreTraining(kernels, freshState(settings, units, { ...rows, threshold_F: ready }));
  };
}

/** Features added after those there are. */
export interface NewRows {
  readonly encoder_ND: Float32Array;
  readonly encoderBias_N: Float32Array;
  readonly decoder_ND: Float32Array;
}

/** Where thresholds choose, the new features get the mean of the old ones' thresholds. */
export function appendRows(weights: DictionaryWeights, rows: NewRows): DictionaryWeights {
  const { selection, groupEnds } = weights;
  const added = rows.encoderBias_N.length;
  const width = weights.width + added;
  return {
    ...weights,
    width,
    encoder_FD: join(weights.encoder_FD, rows.encoder_ND),
    encoderBias_F: join(weights.encoderBias_F, rows.encoderBias_N),
    decoder_FD: join(weights.decoder_FD, rows.decoder_ND),
    selection: extendSelection(selection, added),
    ...(groupEnds && { groupEnds: [...groupEnds.slice(0, -1), width] }),
  };
}

function extendSelection(selection: Selection, added: number): Selection {
  if (selection.by !== 'threshold') return selection;
  const { threshold_F } = selection;
  const mean = threshold_F.reduce((sum, value) => sum + value, 0) / threshold_F.length;
  return { by: 'threshold', threshold_F: join(threshold_F, new Float32Array(added).fill(mean)) };
}

function join(first: Float32Array, second: Float32Array): Float32Array {
  const joined = new Float32Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

const UNIT_TOLERANCE = 1e-3;

/** Decoder rows of norm 1, acts longer by what was taken: the same function where thresholds choose. */
function toUnitRows(weights: DictionaryWeights): DictionaryWeights {
  const { hiddenWidth: D, width: F, selection } = weights;
  const norm_F = Float64Array.from({ length: F }, (_, f) => {
    let squares = 0;
    for (let d = 0; d < D; d++) squares += weights.decoder_FD[f * D + d] ** 2;
    return Math.sqrt(squares) || 1; // a row of zeros stays one
  });
  if (norm_F.every((norm) => Math.abs(norm - 1) < UNIT_TOLERANCE)) return weights;
  if (selection.by !== 'threshold') {
    throw new Error(
      `decoder_FD: expected rows of norm 1, got other norms: with them a top-k would choose otherwise. ` +
        `Set decoderRows to 'free', which keeps their norms.`,
    );
  }
  return {
    ...weights,
    encoder_FD: weights.encoder_FD.map((value, i) => value * norm_F[Math.floor(i / D)]),
    encoderBias_F: weights.encoderBias_F.map((value, f) => value * norm_F[f]),
    decoder_FD: weights.decoder_FD.map((value, i) => value / norm_F[Math.floor(i / D)]),
    selection: { by: 'threshold', threshold_F: selection.threshold_F.map((value, f) => value * norm_F[f]) },
  };
}

function checkFits(
  settings: FitSettings,
  { width, hiddenWidth, normalisation, selection }: DictionaryWeights,
): void {
  if (width !== settings.width || hiddenWidth !== settings.hiddenWidth) {
    throw new Error(
      `weights: expected ${settings.width} features of ${settings.hiddenWidth}, got ${width} of ${hiddenWidth}. ` +
        'Give the settings the width of the weights.',
    );
  }
  if (normalisation === 'none' && selection.by !== 'group-max') return;
  throw new Error(
    `weights: expected rows taken as they are and acts by top-k or threshold, got ${normalisation} and ${selection.by}: ` +
      'such dictionaries are read and boosted, not tuned.',
  );
}
